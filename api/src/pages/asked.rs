//! What the address of a page with a table says: the whole state is there, so that it can be kept and sent.

use std::collections::BTreeSet;

use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

use super::ask::{Refused, with_query};
use crate::params::Params;

/// Entries on a page of a table.
const PAGE: &str = "50";
/// Pages that the way back remembers; from further on it leads to the first.
const WAY_BACK: usize = 20;
/// The form that adds a condition on a property; the address then holds the condition itself.
const ADDED: [&str; 3] = ["add_property", "add_operator", "add_value"];
/// What is of the page and not of what it shows.
const OF_THE_PAGE: [&str; 2] = ["cursor", "before"];

/// The state of the table.
#[derive(Debug, Clone)]
pub struct Asked {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// Reads the address. What is not known here goes on to the API, which knows it or refuses it.
    ///
    /// # Errors
    /// What is no query.
    pub fn read(uri: &Uri) -> Result<Asked, Refused> {
        let params = Params::read(uri, &["*"])?;
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Asked { path: uri.path().to_owned(), pairs: params.pairs().map(pair).collect() })
    }

    fn of(&self, pairs: impl IntoIterator<Item = (String, String)>) -> Asked {
        Asked { path: self.path.clone(), pairs: pairs.into_iter().collect() }
    }

    /// The better address of the same, where there is one: without fields that were left empty, and with the condition that
    /// was typed into the form.
    pub fn settled(&self) -> Option<Response> {
        let loose = |(name, value): &(String, String)| {
            ADDED.contains(&name.as_str()) || value.is_empty() && !name.starts_with("property.")
        };
        if !self.pairs.iter().any(loose) {
            return None;
        }
        let mut pairs: Vec<_> = self.pairs.iter().filter(|pair| !loose(pair)).cloned().collect();
        let [property, operator, value] = ADDED.map(|name| self.one(name).unwrap_or_default());
        if !property.is_empty() && !operator.is_empty() {
            let plain = matches!(operator, "is_set" | "is_not_set" | "is_true" | "is_false");
            let value = if plain { "true" } else { value };
            pairs.push((format!("property.{property}.{operator}"), value.to_owned()));
        }
        Some(Redirect::to(&self.of(pairs).address()).into_response())
    }

    /// The first value of a parameter.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What filters the users, each with its place here.
    pub fn filters(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let pairs = self.pairs.iter().enumerate();
        let filters = pairs.filter(|(_, (name, _))| {
            !OF_THE_PAGE.contains(&name.as_str()) && !matches!(name.as_str(), "sort" | "limit")
        });
        filters.map(|(place, (name, value))| (place, name.as_str(), value.as_str()))
    }

    /// Imports that filters name, by id.
    pub fn imports(&self) -> BTreeSet<String> {
        let named = self.filters().filter(|(_, name, _)| *name == "import");
        named.map(|(_, _, id)| id.to_owned()).collect()
    }

    /// What a form keeps as it is, beside its own fields.
    pub fn kept(&self, own: &[&str]) -> Vec<(String, String)> {
        let kept = self.pairs.iter().filter(|(name, _)| {
            !OF_THE_PAGE.contains(&name.as_str()) && !own.contains(&name.as_str())
        });
        kept.cloned().collect()
    }

    /// The address of this page.
    pub fn address(&self) -> String {
        with_query_kept(&self.path, &self.pairs)
    }

    /// Another address, that leads back here: this one is its `to`.
    pub fn carried(&self, path: &str) -> String {
        with_query(path, &[("to", self.address())])
    }

    /// Another address, about the same users: of an export, say.
    pub fn filters_at(&self, path: &str, more: &[(&str, &str)]) -> String {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let filters = self.filters().map(|(_, name, value)| (name.to_owned(), value.to_owned()));
        with_query_kept(path, &more.chain(filters).collect::<Vec<_>>())
    }

    /// Without the parameter at a place: the first page of what is left.
    pub fn without(&self, place: usize) -> String {
        let left =
            self.pairs.iter().enumerate().filter(|(index, (name, _))| {
                *index != place && !OF_THE_PAGE.contains(&name.as_str())
            });
        self.of(left.map(|(_, pair)| pair.clone())).address()
    }

    /// The same table by these filters and in this order.
    pub fn in_full(&self, filters: &[(String, String)], sort: &str) -> String {
        let sort = [("sort".to_owned(), sort.to_owned())];
        self.of(filters.iter().cloned().chain(sort)).address()
    }

    /// As a saved view shows it, and nothing else.
    pub fn viewed(&self, view: &str) -> String {
        self.of([("view".to_owned(), view.to_owned())]).address()
    }

    /// Without any filter.
    pub fn without_filters(&self) -> String {
        self.of(self.one("sort").map(|sort| ("sort".to_owned(), sort.to_owned()))).address()
    }

    /// In another order, from its first page on.
    pub fn sorted(&self, sort: &str) -> String {
        let mut pairs = self.kept(&["sort"]);
        pairs.push(("sort".to_owned(), sort.to_owned()));
        self.of(pairs).address()
    }

    /// The page that begins at `cursor`.
    pub fn next(&self, cursor: &str) -> String {
        let mut pairs = self.kept(&[]);
        let way: Vec<_> =
            self.way().into_iter().chain([self.one("cursor").unwrap_or("-")]).collect();
        let from = way.len().saturating_sub(WAY_BACK);
        let way = way[from..].iter().map(|cursor| ("before".to_owned(), (*cursor).to_owned()));
        pairs.extend(way);
        pairs.push(("cursor".to_owned(), cursor.to_owned()));
        self.of(pairs).address()
    }

    /// The page before this, where this is not the first.
    pub fn previous(&self) -> Option<String> {
        self.one("cursor")?;
        let mut way = self.way();
        let last = way.pop().filter(|cursor| *cursor != "-");
        let mut pairs = self.kept(&[]);
        pairs.extend(way.into_iter().map(|cursor| ("before".to_owned(), cursor.to_owned())));
        pairs.extend(last.map(|cursor| ("cursor".to_owned(), cursor.to_owned())));
        Some(self.of(pairs).address())
    }

    /// Where the pages before this begin; `-` is the first.
    fn way(&self) -> Vec<&str> {
        let before = self.pairs.iter().filter(|(name, _)| name == "before");
        before.map(|(_, cursor)| cursor.as_str()).collect()
    }

    /// What the API is asked for this page, at a path of its own.
    pub fn at_api(&self, path: &str) -> String {
        let mut pairs: Vec<_> =
            self.pairs.iter().filter(|(name, _)| name != "before").cloned().collect();
        if self.one("limit").is_none() {
            pairs.push(("limit".to_owned(), PAGE.to_owned()));
        }
        with_query_kept(path, &pairs)
    }
}

/// As [`with_query`], with what is empty too: an empty condition is the API's to refuse.
fn with_query_kept(path: &str, pairs: &[(String, String)]) -> String {
    match Params::of(pairs.to_vec(), &["*"]).ok().and_then(|params| params.to_text()) {
        Some(query) => format!("{path}?{query}"),
        None => with_query::<&str, &str>(path, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(&format!("/users?{query}").parse().unwrap()).unwrap()
    }

    fn leads_to(query: &str) -> String {
        let answer = asked(query).settled().unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_way_back_is_the_way_forth() {
        let first = asked("sort=email");
        assert_eq!(first.previous(), None);
        assert_eq!(first.next("a"), "/users?sort=email&before=-&cursor=a");
        let second = asked("sort=email&before=-&cursor=a");
        assert_eq!(second.previous().unwrap(), "/users?sort=email");
        assert_eq!(second.next("b"), "/users?sort=email&before=-&before=a&cursor=b");
        let third = asked("sort=email&before=-&before=a&cursor=b");
        assert_eq!(third.previous().unwrap(), "/users?sort=email&before=-&cursor=a");
        let far = asked(&format!("{}cursor=z", "before=x&".repeat(WAY_BACK)));
        assert_eq!(far.next("y").matches("before=").count(), WAY_BACK);
    }

    #[test]
    fn an_order_and_a_filter_begin_at_the_first_page() {
        let there = asked("search=an&list=vip&before=-&cursor=a");
        assert_eq!(there.sorted("-email"), "/users?search=an&list=vip&sort=-email");
        assert_eq!(there.without(1), "/users?search=an");
        assert_eq!(there.at_api("/v1/users"), "/v1/users?search=an&list=vip&cursor=a&limit=50");
    }

    #[test]
    fn what_is_typed_becomes_part_of_the_address() {
        assert_eq!(leads_to("search=&sort=email"), "/users?sort=email");
        let typed = "add_property=city&add_operator=is&add_value=Aix%2C+Provence&search=a";
        assert_eq!(leads_to(typed), "/users?search=a&property.city.is=Aix%2C+Provence");
        let plain = "add_property=vip&add_operator=is_true&add_value=7";
        assert_eq!(leads_to(plain), "/users?property.vip.is_true=true");
        assert!(asked("search=a&property.city.is=").settled().is_none());
    }
}
