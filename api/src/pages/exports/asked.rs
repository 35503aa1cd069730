//! What the form asks of the API: the same parameters to count and to export.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::spans;
use crate::pages::{Form, Refused};
use crate::params::{Params, takes_several};
use crate::problem::{Problem, ProblemKind};

/// What events may be asked to name.
pub const ABOUT: [&str; 5] = ["list", "segment", "badge", "challenge", "import"];

/// An export as the API is asked for it.
#[derive(Debug)]
pub struct Asked {
    content: String,
    format: String,
    reason: String,
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// Reads what was typed and ticked; `now` tells which days "the last 7 days" are.
    ///
    /// # Errors
    /// `parameter_invalid` where something was chosen and then left empty: it must not mean everything.
    pub fn read(form: &Form, now: DateTime<Utc>) -> Result<Asked, Refused> {
        let text = |name| form.value(name).to_owned();
        let (content, format, reason) = (text("content"), text("format"), text("reason"));
        let mut asked = Asked { content, format, reason, pairs: Vec::new() };
        for filter in form.values(&format!("filter.{}", asked.content)) {
            let filter = Params::of_text(filter);
            asked.pairs.extend(filter.pairs().map(|(name, value)| (name.to_owned(), value.into())));
        }
        if asked.content == "user_events" {
            asked.events(form, now)?;
        } else {
            asked.moment(form);
            asked.push("sort", form.value("sort"));
        }
        if asked.format == "csv" {
            asked.csv(form);
        }
        asked.told_apart()?;
        Ok(asked)
    }

    fn push(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.pairs.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The past moment of the users.
    fn moment(&mut self, form: &Form) {
        let (day, time) = (form.text("as_of").unwrap_or_default(), form.text("as_of_time"));
        let moment = time.map_or_else(|| day.to_owned(), |time| format!("{day}T{time}"));
        if !moment.is_empty() {
            self.push("as_of", &moment);
            self.push("zone", form.text("zone").unwrap_or_default());
        }
    }

    fn events(&mut self, form: &Form, now: DateTime<Utc>) -> Result<(), Refused> {
        if form.has("which", "some") {
            form.values("type").for_each(|kind| self.push("type", kind));
            if form.text("type").is_none() {
                let detail = "choose at least one type of event, or all events";
                return Err(left_empty("type", detail));
            }
        }
        self.time(form, now)?;
        if form.value("basis") != "recorded" {
            self.push("basis", form.value("basis"));
        }
        ABOUT.iter().for_each(|name| self.push(name, form.text(name).unwrap_or_default()));
        Ok(())
    }

    fn time(&mut self, form: &Form, now: DateTime<Utc>) -> Result<(), Refused> {
        let zone = form.text("zone").unwrap_or_default();
        match form.value("when") {
            "" | "any" => return Ok(()),
            "custom" => {
                let [from, through] = ["from", "through"].map(|name| form.text(name));
                if from.is_none() && through.is_none() {
                    let detail = "choose the first day, the last, or both; or any time";
                    return Err(left_empty("from", detail));
                }
                self.push("from", from.unwrap_or_default());
                self.push("through", through.unwrap_or_default());
            }
            name => {
                // A zone that is none is the API's to refuse, whichever days it has.
                let today = now.with_timezone(&zone.parse::<Tz>().unwrap_or_default()).date_naive();
                let days = spans::days(name, today);
                let days = days.ok_or_else(|| {
                    Problem::parameter("when", &format!("any, custom, {}", spans::NAMED.join(", ")))
                });
                let (from, through) = days?;
                self.push("from", &from.to_string());
                self.push("through", &through.to_string());
            }
        }
        self.push("zone", zone);
        Ok(())
    }

    fn csv(&mut self, form: &Form) {
        for flag in ["safe", "bom"] {
            if form.has(flag, "true") {
                self.push(flag, "true");
            }
        }
        if form.value("delimiter") != "comma" {
            self.push("delimiter", form.value("delimiter"));
        }
    }

    /// Two conditions of one name whose values are lists already would be one condition in a body, and another one.
    fn told_apart(&self) -> Result<(), Refused> {
        let mut seen = HashSet::new();
        let several = self.pairs.iter().filter(|(name, _)| takes_several(name));
        for (name, _) in several {
            if !seen.insert(name) {
                let takes = "one condition in an export; take one of the filters off";
                return Err(Problem::parameter(name, takes).into());
            }
        }
        Ok(())
    }

    /// The body of `POST /v1/exports`.
    pub fn body(&self) -> Value {
        let mut body: Map<String, Value> = Map::new();
        for (name, value) in &self.pairs {
            let value = Value::from(value.as_str());
            match body.get_mut(name) {
                Some(Value::Array(values)) => values.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
                None => {
                    body.insert(name.clone(), value);
                }
            }
        }
        for (name, value) in
            [("content", &self.content), ("format", &self.format), ("reason", &self.reason)]
        {
            body.insert(name.to_owned(), Value::from(value.as_str()));
        }
        Value::Object(body)
    }

    /// Where its rows are counted.
    pub fn count_at(&self) -> String {
        let content = if self.content == "user_events" { "user-events" } else { "users" };
        let known = ["csv", "ndjson", "xlsx"];
        let format = known.iter().find(|known| **known == self.format).unwrap_or(&"csv");
        let mut pairs = self.pairs.clone();
        pairs.push(("count".to_owned(), "only".to_owned()));
        let query = Params::of(pairs, &["*"]).ok().and_then(|params| params.to_text());
        format!("/v1/exports/{content}.{format}?{}", query.unwrap_or_default())
    }
}

fn left_empty(name: &str, detail: &str) -> Refused {
    Problem::new(ProblemKind::ParameterInvalid, detail).with("parameter", name).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Asked, Refused> {
        let now = "2026-07-31T22:30:00Z".parse().unwrap();
        Asked::read(&Form::filled(pairs.iter().copied()), now)
    }

    #[test]
    fn what_is_ticked_is_what_is_asked() {
        let users = asked(&[
            ("content", "users"),
            ("format", "csv"),
            ("safe", "true"),
            ("bom", "true"),
            ("delimiter", "comma"),
            ("filter.users", "property.city.is=Aix%2C+Provence"),
            ("filter.users", "list=a"),
            ("filter.users", "list=b"),
            ("sort", "-city"),
            ("when", "today"),
        ]);
        let users = users.unwrap();
        assert_eq!(
            users.body(),
            json!({ "content": "users", "format": "csv", "reason": "", "safe": "true", "bom": "true",
                "property.city.is": "Aix, Provence", "list": ["a", "b"], "sort": "-city" })
        );
        assert_eq!(
            users.count_at(),
            "/v1/exports/users.csv?property.city.is=Aix%2C+Provence&list=a&list=b&sort=-city&safe=true&bom=true&count=only"
        );
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let pairs =
            [("content", "user_events"), ("when", "today"), ("format", "xlsx"), ("safe", "true")];
        let with = |zone| [&pairs[..], &[("zone", zone)]].concat();
        assert_eq!(
            asked(&with("Europe/Paris")).unwrap().count_at(),
            "/v1/exports/user-events.xlsx?from=2026-08-01&through=2026-08-01&zone=Europe%2FParis&count=only"
        );
        assert_eq!(asked(&with("UTC")).unwrap().body()["from"], "2026-07-31");
    }

    #[test]
    fn what_was_left_empty_does_not_mean_everything() {
        let refused = |more: (&str, &str)| {
            let pairs = [("content", "user_events"), ("format", "csv"), more];
            asked(&pairs).unwrap_err().field.unwrap()
        };
        assert_eq!(refused(("which", "some")), "type");
        assert_eq!(refused(("when", "custom")), "from");
        assert_eq!(refused(("when", "yesterday")), "when");
        let name = "property.city.is_one_of";
        let filter = |value| ("filter.users", value);
        let twice = [filter("property.city.is_one_of=a"), filter("property.city.is_one_of=b")];
        let twice = [&twice[..], &[("content", "users")]].concat();
        assert_eq!(asked(&twice).unwrap_err().field.unwrap(), name);
    }
}
