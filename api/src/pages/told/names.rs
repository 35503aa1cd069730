//! What things are called that facts name by their ids: properties, and the lists and segments that badges follow.

use std::collections::BTreeMap;

use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::{Detail, Fact};
use crate::pages::follows::address;
use crate::pages::users::filters::Filters;
use crate::pages::{Refused, Texts, Viewer};

/// What badges can follow, and facts be about.
const AUDIENCES: [&str; 2] = ["list", "segment"];

/// What properties are called, and which of them say yes or no; what lists, segments and badges are called now.
#[derive(Debug, Default)]
pub struct Names {
    pub(super) properties: BTreeMap<String, Property>,
    /// By sort and id.
    pub(super) things: BTreeMap<(&'static str, String), String>,
    /// Which list or segment each badge follows.
    pub(super) follows: BTreeMap<String, (&'static str, String)>,
}

#[derive(Deserialize)]
struct Properties {
    items: Vec<Property>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Property {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

impl Names {
    /// Asks for properties, where the viewer may know.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Names, Refused> {
        if !viewer.may(Scope::UsersRead) {
            return Ok(Names::default());
        }
        let known: Properties = viewer.ask().get("/v1/properties").await?;
        let properties = known.items.into_iter().map(|known| (known.id.clone(), known)).collect();
        Ok(Names { properties, ..Names::default() })
    }

    /// The same, with what the lists, segments and badges are called that some facts name, where they name any.
    ///
    /// # Errors
    /// The API's no.
    pub async fn of_facts(self, viewer: &Viewer, facts: &[Fact]) -> Result<Names, Refused> {
        let names_any =
            |fact: &Fact| ["audience_id", "badge_id"].iter().any(|it| fact.data[it].is_string());
        if !viewer.may(Scope::UsersRead) || !facts.iter().any(names_any) {
            return Ok(self);
        }
        Ok(self.with(&Filters::ask(viewer).await?))
    }

    /// The same, with what lists, segments and badges are called.
    #[must_use]
    pub fn with(mut self, known: &Filters) -> Names {
        for sort in ["list", "segment", "badge"] {
            for one in known.all(sort) {
                self.things.insert((sort, one.id.clone()), one.name.clone());
            }
        }
        for badge in known.all("badge") {
            let Some(audience) = &badge.audience else { continue };
            let followed =
                AUDIENCES.into_iter().find_map(|sort| Some((sort, audience[sort].as_str()?)));
            let followed = followed.map(|(sort, id)| (sort, id.to_owned()));
            self.follows.extend(followed.map(|followed| (badge.id.clone(), followed)));
        }
        self
    }

    /// What one of the properties is called; what every user has, in the words of the catalogue.
    pub(super) fn of(&self, id: &str) -> String {
        self.properties
            .get(id)
            .map_or_else(|| Texts.named("column", id), |known| known.name.clone())
    }

    /// Whether its values are `true` and `false`.
    pub(super) fn is_boolean(&self, id: &str) -> bool {
        self.properties.get(id).is_some_and(|known| known.kind == "boolean")
    }

    fn is_there(&self, sort: &'static str, id: &str) -> bool {
        self.things.contains_key(&(sort, id.to_owned()))
    }

    /// A list, segment or badge by what the fact calls it, else by what it is called now, else by its id; with its page
    /// while it is there.
    pub(super) fn thing(&self, sort: &'static str, id: &str, name: Option<String>) -> Detail {
        let known = self.things.get(&(sort, id.to_owned()));
        let page = known.map(|_| address(&format!("/{sort}s"), id));
        let value = name.or_else(|| known.cloned()).unwrap_or_else(|| id.to_owned());
        Detail { name: Texts.named("thing", sort), value, page }
    }

    /// The list or segment that a fact of this kind is about. A fact about a badge does not say which of both: the badge
    /// does while it follows the same, else there may be only one of that id.
    pub(super) fn audience(&self, kind: &str, data: &Value) -> Option<Detail> {
        let id = data["audience_id"].as_str()?;
        let name = data["audience_name"].as_str().map(str::to_owned);
        let of_kind =
            AUDIENCES.into_iter().find(|sort| kind.starts_with(&format!("cohort.{sort}.")));
        let followed = || {
            let badge = data["badge_id"].as_str()?;
            self.follows.get(badge).filter(|(_, of)| of == id).map(|(sort, _)| *sort)
        };
        let only = || match AUDIENCES.map(|sort| self.is_there(sort, id)) {
            [true, false] => Some("list"),
            [false, true] => Some("segment"),
            [true, true] | [false, false] => None,
        };
        Some(match of_kind.or_else(followed).or_else(only) {
            Some(sort) => self.thing(sort, id, name),
            None => {
                let value = name.unwrap_or_else(|| id.to_owned());
                Detail::new(Texts.named("thing", "audience"), value)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(things: &[(&'static str, &str, &str)]) -> Names {
        let thing = |(sort, id, name): &(&'static str, &str, &str)| {
            ((*sort, (*id).to_owned()), (*name).to_owned())
        };
        Names { things: things.iter().map(thing).collect(), ..Names::default() }
    }

    fn told(names: &Names, kind: &str, data: &Value) -> (String, String, Option<String>) {
        let Detail { name, value, page } = names.audience(kind, data).unwrap();
        (name, value, page)
    }

    #[test]
    fn an_audience_is_told_by_its_name_and_leads_to_its_page() {
        let gained = json!({ "badge_id": "vip", "audience_id": "lyon" });
        let kind = "cohort.badge.gained";
        let text = |name: &str, value: &str, page: Option<&str>| {
            (name.to_owned(), value.to_owned(), page.map(str::to_owned))
        };
        let nobody = Names::default();
        assert_eq!(told(&nobody, kind, &gained), text("audience", "lyon", None));
        let mut names = known(&[("segment", "lyon", "In Lyon")]);
        assert_eq!(told(&names, kind, &gained), text("segment", "In Lyon", Some("/segments/lyon")));
        // Two of one id: the badge says which.
        names.things.insert(("list", "lyon".to_owned()), "Lyonnais".to_owned());
        assert_eq!(told(&names, kind, &gained), text("audience", "lyon", None));
        names.follows.insert("vip".to_owned(), ("list", "lyon".to_owned()));
        assert_eq!(told(&names, kind, &gained), text("list", "Lyonnais", Some("/lists/lyon")));
        // What the fact says itself goes before what it is called now.
        let entered = json!({ "audience_id": "lyon", "audience_name": "Then" });
        let said = told(&names, "cohort.segment.entered", &entered);
        assert_eq!(said, text("segment", "Then", Some("/segments/lyon")));
    }
}
