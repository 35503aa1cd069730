//! Query parameters: every one is known or refused, none is ignored.

use std::collections::HashSet;
use std::str::FromStr;

use axum::extract::Query;
use axum::http::Uri;
use serde_json::Value;

use crate::problem::{Problem, ProblemKind};

/// Refuses names that are not among the known ones; one that ends in `*` stands for all that begin so.
fn all_known<'a>(
    mut names: impl Iterator<Item = &'a String>,
    known: &[&str],
) -> Result<(), Problem> {
    let is = |name: &str, known: &str| match known.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == known,
    };
    let Some(unknown) = names.find(|name| !known.iter().any(|known| is(name, known))) else {
        return Ok(());
    };
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let detail = format!("there is no parameter {unknown:?} here; known are: {list}");
    Err(Problem::new(ProblemKind::ParameterUnknown, detail)
        .with("parameter", unknown.as_str())
        .with("known", known.to_vec()))
}

/// The parameters of a request.
#[derive(Debug, Clone)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads the query of `uri`, which may hold these names only; one that ends in `*` stands for all that begin so.
    ///
    /// # Errors
    /// `parameter_unknown`, naming it and the known ones.
    pub fn read(uri: &Uri, known: &[&str]) -> Result<Params, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| {
            Problem::new(
                ProblemKind::ParameterInvalid,
                "the query is not correctly percent-encoded",
            )
        })?;
        Params::of(pairs, known)
    }

    /// Reads the text of a query that was known once.
    pub fn of_text(query: &str) -> Params {
        let uri = format!("/?{query}").parse::<Uri>().ok();
        let pairs = uri.and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        Params { pairs: pairs.map(|Query(pairs)| pairs).unwrap_or_default() }
    }

    /// Reads them from an object of texts, numbers, truths, or lists of those with something in them, each as the query
    /// would hold it.
    ///
    /// # Errors
    /// `body_invalid`, `parameter_unknown`.
    pub fn of_object(object: &Value, known: &[&str]) -> Result<Params, Problem> {
        let wrong = |what: &str| Problem::new(ProblemKind::BodyInvalid, what.to_owned());
        let members = object.as_object();
        let members = members
            .ok_or_else(|| wrong("filter is an object of the parameters of the users table"))?;
        all_known(members.keys(), known)?;
        let mut pairs = Vec::new();
        for (name, said) in members {
            let many = said.as_array().map_or(std::slice::from_ref(said), Vec::as_slice);
            if many.is_empty() {
                // As of an unset variable: it must not mean everything.
                return Err(wrong(&format!(
                    "{name} is an empty list; leave it out to filter by nothing"
                )));
            }
            let mut texts = Vec::with_capacity(many.len());
            for one in many {
                let text = match one {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Bool(truth) => truth.to_string(),
                    Value::Null | Value::Array(_) | Value::Object(_) => {
                        let what = format!("{name} is a text, a number, true or false, or a list");
                        return Err(wrong(&what));
                    }
                };
                texts.push(text);
            }
            if said.is_array() && takes_several(name) {
                texts = vec![texts.iter().map(|text| behind(text)).collect::<Vec<_>>().join(",")];
            }
            pairs.extend(texts.into_iter().map(|text| (name.clone(), text)));
        }
        Params::of(pairs, known)
    }

    /// Takes parameters, which may have these names only.
    ///
    /// # Errors
    /// `parameter_unknown`, naming it and the known ones.
    pub fn of(pairs: Vec<(String, String)>, known: &[&str]) -> Result<Params, Problem> {
        all_known(pairs.iter().map(|(name, _)| name), known)?;
        Ok(Params { pairs })
    }

    /// As the text of a query; none where there are no parameters.
    pub fn to_text(&self) -> Option<String> {
        let url = reqwest::Url::parse_with_params("http://localhost/", &self.pairs).ok()?;
        url.query().filter(|query| !query.is_empty()).map(str::to_owned)
    }

    /// The same without one of them.
    pub fn without(&self, name: &str) -> Params {
        Params { pairs: self.pairs.iter().filter(|(known, _)| known != name).cloned().collect() }
    }

    /// One more of them, which is known.
    pub fn add(&mut self, name: &str, value: String) {
        self.pairs.push((name.to_owned(), value));
    }

    /// Every parameter and its value, in the order given.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that may be given once.
    ///
    /// # Errors
    /// `parameter_invalid` where it is repeated.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Problem::parameter(name, "one value; it was given more than once")),
        }
    }

    /// One of the values that are known by these names; `takes` says them in words.
    ///
    /// # Errors
    /// `parameter_invalid`.
    pub fn choice<T: Copy>(
        &self,
        name: &str,
        known: &[(&str, T)],
        takes: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(asked) = self.one(name)? else { return Ok(None) };
        let found = known.iter().find(|(value, _)| *value == asked);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| Problem::parameter(name, takes))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// `parameter_invalid`.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.one(name)? {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(Problem::parameter(name, "true or false")),
        }
    }

    /// Names, repeated or separated by commas; none where the parameter is not given.
    ///
    /// # Errors
    /// `parameter_invalid` for an empty choice, as of an unset variable: it must not mean everything.
    pub fn names(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let list =
            self.all(name).flat_map(|list| list.split(',')).map(|name| name.trim().to_owned());
        let list: Vec<String> = list.filter(|name| !name.is_empty()).collect();
        match (self.all(name).next().is_some(), list.is_empty()) {
            (false, _) => Ok(None),
            (true, false) => Ok(Some(list)),
            (true, true) => Err(Problem::parameter(name, "at least one name")),
        }
    }

    /// The columns that were chosen for an export.
    ///
    /// # Errors
    /// `parameter_invalid` as of [`Params::names`], and for a name that is there twice: two columns of one name are none.
    pub fn columns(&self) -> Result<Option<Vec<String>>, Problem> {
        let columns = self.names("columns")?;
        let mut seen = HashSet::new();
        match columns.iter().flatten().find(|name| !seen.insert(name.as_str())) {
            None => Ok(columns),
            Some(twice) => Err(Problem::parameter("columns", &format!("{twice} only once"))),
        }
    }

    /// A page size from 1 to `max`.
    ///
    /// # Errors
    /// `parameter_invalid`.
    pub fn limit(&self, default: usize, max: usize) -> Result<usize, Problem> {
        match self.one("limit")? {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
                _ => Err(Problem::parameter("limit", &format!("a number from 1 to {max}"))),
            },
        }
    }

    /// A value that is read from text.
    ///
    /// # Errors
    /// `parameter_invalid`.
    pub fn parsed<T: FromStr>(&self, name: &str, takes: &str) -> Result<Option<T>, Problem> {
        let text = self.one(name)?;
        text.map(|text| text.parse().map_err(|_| Problem::parameter(name, takes))).transpose()
    }
}

/// Whether one value of a filter holds several, between commas: then a list is one value, not several filters.
pub fn takes_several(name: &str) -> bool {
    [".is_one_of", ".between", ".between_days"].iter().any(|operator| name.ends_with(operator))
}

/// A text as it stands among others: its commas behind a backslash.
fn behind(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}
