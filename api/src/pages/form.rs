//! Forms: what was typed, and what was refused of it, so that both can be shown again.

use axum::extract::{FromRequest, Request};
use reqwest::Url;

use super::ask::Refused;
use crate::body::pointer;
use crate::problem::{Problem, ProblemKind};
use crate::routes::SmallBody;

/// What was typed into a form, and why it was refused, if it was. As an extractor it reads a POST; a page that shows a form
/// for the first time takes `Form::default()` or [`Form::filled`].
#[derive(Debug, Clone, Default)]
pub struct Form {
    typed: Vec<(String, String)>,
    refused: Option<Refused>,
}

impl Form {
    /// A form that already holds something.
    pub fn filled<N: Into<String>, V: Into<String>>(
        typed: impl IntoIterator<Item = (N, V)>,
    ) -> Form {
        let typed = typed.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Form { typed, refused: None }
    }

    /// The same form, with the no that it got.
    #[must_use]
    pub fn refused(mut self, refused: &Refused) -> Form {
        self.refused = Some(refused.clone());
        self
    }

    /// The no that it got; `part::refusal` shows it above the fields.
    pub fn refusal(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }

    /// What was typed into a field; empty where nothing was.
    pub fn value(&self, name: &str) -> &str {
        self.values(name).next().unwrap_or_default()
    }

    /// What was typed, without the spaces around it; none where nothing was.
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(self.value(name).trim()).filter(|text| !text.is_empty())
    }

    /// The revision that it was shown with, as `If-Match` takes it; empty where it says none.
    pub fn seen(&self) -> String {
        self.text("revision").map(|revision| format!("\"{revision}\"")).unwrap_or_default()
    }

    /// Everything that was typed or ticked under one name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.typed.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field whose name begins so, without that beginning.
    pub fn beginning<'a>(&'a self, begin: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.typed.iter().filter_map(move |(name, value)| {
            name.strip_prefix(begin).map(|name| (name, value.as_str()))
        })
    }

    /// Whether a box or option is ticked.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|ticked| ticked == value)
    }

    /// Why a field was refused, where that was it: fields are called as the API calls them.
    pub fn fault(&self, name: &str) -> Option<&str> {
        let refused = self.refused.as_ref()?;
        let field = refused.field.as_deref()?;
        let last = |path: &str| path.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
        (field == name || last(field) == last(name)).then_some(refused.detail.as_str())
    }

    /// The same of what is said in one language: of a text, or of the language itself (`lang`).
    pub fn fault_of_text(&self, lang: &str, name: &str) -> Option<&str> {
        let refused = self.refused.as_ref()?;
        let whole = ["texts", lang.trim(), name];
        let place = pointer(if name == "lang" { &whole[..2] } else { &whole });
        (refused.field.as_deref() == Some(place.as_str())).then_some(refused.detail.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Form, Refused> {
        let SmallBody(body) = SmallBody::from_request(request, state).await?;
        let unreadable = || Problem::new(ProblemKind::BodyInvalid, "the body is no form");
        let text = std::str::from_utf8(&body).map_err(|_| unreadable())?;
        let mut url = Url::parse("http://localhost/").map_err(Refused::internal)?;
        url.set_query(Some(text));
        Ok(Form::filled(url.query_pairs()))
    }
}
