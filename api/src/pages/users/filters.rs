//! The filters of the Users page: those at work, as chips that can be taken away, and what can be added.

mod imports;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::pages::{Asked, Refused, Texts, Viewer};

/// Definitions that a choice offers; who has more filters from the page of the one that is meant.
const OFFERED_MAX: usize = 200;

/// Filters as the API keeps them: each with its values, those that are withheld as none.
pub type Kept = BTreeMap<String, Vec<Option<String>>>;

/// What a filter can name: a list, a segment, a badge, a challenge.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// `draft`, `published`, ... of what has a state.
    #[serde(default)]
    pub state: Option<String>,
    /// Whom it follows, of badges that follow somebody.
    #[serde(default)]
    pub audience: Option<serde_json::Value>,
    /// Of views: whom they show.
    #[serde(default)]
    pub filter: Kept,
}

impl Named {
    /// Something without a state.
    pub fn new(id: String, name: String) -> Named {
        Named { id, name, state: None, audience: None, filter: Kept::new() }
    }
}

#[derive(Deserialize)]
struct NamedPage {
    items: Vec<Named>,
}

/// What is known of users beside their address.
#[derive(Debug, Clone, Deserialize)]
pub struct Property {
    /// Names it in addresses.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
    /// `text`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Deserialize)]
struct Properties {
    items: Vec<Property>,
}

/// One kind of thing that users belong to.
#[derive(Debug)]
pub struct Choice {
    /// The parameter.
    pub parameter: &'static str,
    /// Its name.
    pub label: String,
    /// What can be chosen.
    pub offered: Vec<Named>,
}

/// A filter at work.
#[derive(Debug)]
pub struct Chip {
    /// What it says.
    pub text: String,
    /// What a name in it stands for; empty where there is none.
    pub about: String,
    /// The page without it.
    pub without: String,
}

/// Operators of one type of value.
#[derive(Debug)]
pub struct Operators {
    /// The type: `any`, or as the API calls it.
    pub kind: &'static str,
    /// Its name.
    pub label: String,
    /// Each of them.
    pub operators: Vec<Offered>,
}

/// An operator that is offered.
#[derive(Debug)]
pub struct Offered {
    /// As the API calls it.
    pub name: &'static str,
    /// In words.
    pub text: String,
    /// What is typed beside it: `none`, `date`, `number` or `text`.
    pub takes: &'static str,
}

/// What columns beside properties can be filtered by, and the type of their values.
const OWN: [(&str, &str); 7] = [
    ("email", "text"),
    ("member_since", "date"),
    ("last_active_at", "date"),
    ("first_name", "text"),
    ("last_name", "text"),
    ("lang", "text"),
    ("external_id", "text"),
];

/// Several values are one text, with commas between them.
fn takes(kind: &str, operator: &str) -> &'static str {
    match (kind, operator) {
        ("any" | "boolean", _) => "none",
        ("date", "on" | "before" | "after") => "date",
        (_, "between" | "between_days") => "text",
        ("date" | "number", _) => "number",
        _ => "text",
    }
}

const OPERATORS: [(&str, &[&str]); 5] = [
    ("any", &["is_set", "is_not_set"]),
    (
        "text",
        &["is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with", "is_one_of"],
    ),
    (
        "number",
        &["equals", "does_not_equal", "less_than", "at_most", "more_than", "at_least", "between"],
    ),
    ("boolean", &["is_true", "is_false"]),
    (
        "date",
        &[
            "on",
            "before",
            "after",
            "between_days",
            "in_the_last_days",
            "more_than_days_ago",
            "in_the_next_days",
        ],
    ),
];

/// What can be filtered by.
#[derive(Debug, Default)]
pub struct Filters {
    /// Lists, segments, badges, challenges.
    pub choices: Vec<Choice>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Imports, as far as they were asked for.
    imports: Vec<Named>,
}

impl Filters {
    /// Asks what there is.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Filters, Refused> {
        let ask = viewer.ask();
        let (views, lists, segments, badges, challenges, properties) = tokio::try_join!(
            ask.get::<NamedPage>("/v1/views"),
            ask.get::<NamedPage>("/v1/lists?limit=1000"),
            ask.get::<NamedPage>("/v1/segments"),
            ask.get::<NamedPage>("/v1/badges"),
            ask.get::<NamedPage>("/v1/challenges"),
            ask.get::<Properties>("/v1/properties"),
        )?;
        let choice = |parameter, label: &str, page: NamedPage| Choice {
            parameter,
            label: label.to_owned(),
            offered: page.items,
        };
        let choices = vec![
            choice("view", &Texts.say("filter-view"), views),
            choice("list", &Texts.say("filter-list"), lists),
            choice("segment", &Texts.say("filter-segment"), segments),
            choice("badge", &Texts.say("filter-badge"), badges),
            choice("challenge", &Texts.say("filter-challenge"), challenges),
        ];
        Ok(Filters { choices, properties: properties.items, imports: Vec::new() })
    }

    /// What there is of one kind: of `list`, `segment`, `badge`, `challenge`; what is known of `import`.
    pub fn all(&self, parameter: &str) -> &[Named] {
        if parameter == "import" {
            return &self.imports;
        }
        let choice = self.choices.iter().find(|choice| choice.parameter == parameter);
        choice.map_or(&[], |choice| &choice.offered)
    }

    /// What one of them is called; its id where it is gone.
    pub fn name_of(&self, parameter: &str, id: &str) -> String {
        let known = self.all(parameter).iter().find(|known| known.id == id);
        known.map_or_else(|| id.to_owned(), |known| known.name.clone())
    }

    /// What a column or property is called.
    pub fn column(&self, reference_id: &str) -> String {
        let property = self.properties.iter().find(|known| known.reference_id == reference_id);
        match property {
            Some(property) => property.name.clone(),
            None => Texts.named("column", reference_id),
        }
    }

    /// The type of a column's values.
    pub fn kind(&self, reference_id: &str) -> &str {
        let property = self.properties.iter().find(|known| known.reference_id == reference_id);
        property.map_or("text", |property| &property.kind)
    }

    /// What the form offers: not everything where there is too much.
    pub fn offered(&self) -> impl Iterator<Item = (&Choice, &[Named])> {
        let some = self.choices.iter().filter(|choice| !choice.offered.is_empty());
        some.map(|choice| (choice, &choice.offered[..choice.offered.len().min(OFFERED_MAX)]))
    }

    /// What values can be asked of: columns that every user has, then properties, each with the type of its values.
    pub fn asked_of(&self) -> Vec<(&str, String, &str)> {
        let own = OWN.iter().map(|(name, kind)| (*name, Texts.named("column", name), *kind));
        let said =
            |known: &Property| format!("{} ({})", known.name, Texts.named("type", &known.kind));
        let properties = self.properties.iter();
        let properties =
            properties.map(|it| (it.reference_id.as_str(), said(it), it.kind.as_str()));
        own.chain(properties).collect()
    }

    /// Every operator, by the type of values it is for.
    pub fn operators() -> Vec<Operators> {
        let all = OPERATORS.iter().map(|(kind, operators)| Operators {
            kind,
            label: Texts.named("type", kind),
            operators: operators
                .iter()
                .map(|name| Offered {
                    name,
                    text: Texts.named("operator", name),
                    takes: takes(kind, name),
                })
                .collect(),
        });
        all.collect()
    }

    /// The filters at work.
    pub fn chips(&self, asked: &Asked) -> Vec<Chip> {
        let chip = |(place, name, value): (usize, &str, &str)| Chip {
            text: self.said(name, value),
            about: match name {
                "view" => self.view_said(value),
                _ => String::new(),
            },
            without: asked.without(place),
        };
        asked.filters().map(chip).collect()
    }

    /// What the filters of a view are, in words.
    pub fn view_said(&self, id: &str) -> String {
        let view = self.all("view").iter().find(|view| view.id == id);
        let said = view.map(|view| self.all_said(&view.filter)).unwrap_or_default();
        match said.is_empty() {
            true => Texts.say("view-of-everybody"),
            false => said.join(", "),
        }
    }

    /// Filters that are kept, in words.
    pub fn all_said(&self, kept: &Kept) -> Vec<String> {
        let withheld = Texts.say("withheld");
        let said = |(name, values): (&String, &Vec<Option<String>>)| {
            let said =
                |value: &Option<String>| self.said(name, value.as_ref().unwrap_or(&withheld));
            values.iter().map(said).collect::<Vec<_>>()
        };
        kept.iter().flat_map(said).collect()
    }

    /// A filter in words.
    pub fn said(&self, name: &str, value: &str) -> String {
        if let Some((property, operator)) =
            name.strip_prefix("property.").and_then(|asked| asked.rsplit_once('.'))
        {
            let (property, operator) = (self.column(property), Texts.named("operator", operator));
            let value = if value == "true" { "" } else { value };
            return format!("{property} {operator} {value}").trim_end().to_owned();
        }
        format!("{}: {}", Texts.named("filter", name), self.name_of(name, value))
    }
}
