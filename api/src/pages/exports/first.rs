//! What the form holds when it is first shown: what the address says, and what is best where it says nothing.

use axum::http::Uri;

use super::asked::ABOUT;
use crate::pages::{Form, Refused, Viewer};
use crate::params::Params;

/// Names that are fields of the form, whatever is exported.
const FIELDS: [&str; 5] = ["zone", "basis", "safe", "bom", "delimiter"];

/// Reads the address: `content`, `format`, and the parameters of that export by the API's names. What has no field of its own
/// stands among the filters, so that nothing is dropped unseen.
///
/// # Errors
/// What is no query.
pub fn form(uri: &Uri, viewer: &Viewer) -> Result<Form, Refused> {
    let params = Params::read(uri, &["*"])?;
    let said = |name: &str| params.all(name).next();
    let content = said("content").unwrap_or("users").to_owned();
    let events = content == "user_events";
    let mut typed = Vec::new();
    for (name, value) in params.pairs() {
        let field = match name {
            "content" | "format" => continue,
            "from" | "through" => events && is_day(value),
            "as_of" => !events && is_day(value),
            "type" => events,
            "sort" => !events,
            name if ABOUT.contains(&name) => events,
            name => FIELDS.contains(&name),
        };
        if name == "sort" && field {
            typed.push(("offered.sort".to_owned(), value.to_owned()));
        }
        if field {
            typed.push((name.to_owned(), value.to_owned()));
            continue;
        }
        let pair = Params::of(vec![(name.to_owned(), value.to_owned())], &["*"])?;
        let pair = pair.to_text().unwrap_or_default();
        typed.push((format!("filter.{content}"), pair.clone()));
        typed.push((format!("offered.{content}"), pair));
    }
    let typed_one = |name: &str| typed.iter().any(|(known, _)| known == name);
    let custom = typed_one("from") || typed_one("through");
    let mut rest = vec![
        ("which", if typed_one("type") { "some" } else { "all" }),
        ("when", if custom { "custom" } else { "any" }),
        ("zone", viewer.zone().name()),
        ("basis", "recorded"),
        ("delimiter", "comma"),
        ("format", said("format").unwrap_or("csv")),
    ];
    if said("format").is_none() {
        rest.extend([("safe", "true"), ("bom", "true")]);
    }
    let rest = rest.into_iter().filter(|(name, _)| !typed_one(name));
    let rest: Vec<_> = rest.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    typed.push(("content".to_owned(), content));
    Ok(Form::filled(typed.into_iter().chain(rest)))
}

/// Whether it is a day as a field of days holds it.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok()
}
