//! What badges and challenges have in common: an audience, and what users read.

use domain::language::is_language_tag;
use domain::segment::Membership;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id;
use crate::app::App;
use crate::body::pointer;
use crate::problem::{Problem, ProblemKind};
use crate::segments::exists;

/// Languages of one definition.
const LANGUAGES_MAX: usize = 50;
/// Longest text of a definition, in characters.
const TEXT_CHARS_MAX: usize = 4_000;

/// The list or segment whose members are meant: exactly one of the two.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceForm {
    /// Id of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Id of a segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

/// An audience as it is shown.
pub fn audience_form(audience: Membership) -> AudienceForm {
    match audience {
        Membership::List(id) | Membership::Badge(id) | Membership::App(id) => {
            AudienceForm { list: Some(id.to_string()), segment: None }
        }
        Membership::Segment(id) => AudienceForm { list: None, segment: Some(id.to_string()) },
    }
}

/// An audience as somebody said it.
///
/// # Errors
/// `body_invalid`, `list_unknown`, `segment_unknown`.
pub fn read_audience(app: &App, said: Option<AudienceForm>) -> Result<Option<Membership>, Problem> {
    let audience = match said {
        None => return Ok(None),
        Some(AudienceForm { list: Some(list), segment: None }) => Membership::List(id(&list)?),
        Some(AudienceForm { list: None, segment: Some(segment) }) => {
            Membership::Segment(id(&segment)?)
        }
        Some(_) => {
            let detail = "audience names one list or one segment";
            return Err(Problem::new(ProblemKind::BodyInvalid, detail));
        }
    };
    exists(&app.follower.store(), &audience)?;
    Ok(Some(audience))
}

/// Refuses to publish what follows a list or segment that was taken away since: nobody could be in it.
///
/// # Errors
/// `audience_gone`, naming it.
pub fn audience_is_there(app: &App, audience: Option<&Membership>) -> Result<(), Problem> {
    let Some(audience) = audience else { return Ok(()) };
    let gone = |sort: &str, id: &str| {
        let detail = format!("the {sort} {id:?} is gone; give it another audience, or none, first");
        Problem::new(ProblemKind::AudienceGone, detail).with(sort, id)
    };
    match (exists(&app.follower.store(), audience), audience) {
        (Ok(()), _) => Ok(()),
        (Err(problem), _) if problem.kind() == ProblemKind::Internal => Err(problem),
        (Err(_), Membership::Segment(id)) => Err(gone("segment", id.as_str())),
        (Err(_), Membership::List(id) | Membership::Badge(id) | Membership::App(id)) => {
            Err(gone("list", id.as_str()))
        }
    }
}

/// The refusal of texts in what is no language.
fn language_invalid(said: &str) -> Problem {
    let detail = match said {
        "" => "the language is missing; use a code such as en or pt-BR".to_owned(),
        said => format!("{said:?} is no code of a language; use a code such as en or pt-BR"),
    };
    let problem = Problem::new(ProblemKind::LanguageInvalid, detail).with("language", said);
    problem.with("pointer", pointer(&["texts", said]))
}

/// A text in one language, by what the API calls it.
pub type Said<'t> = (&'static str, Option<&'t String>);

/// Whether texts by language, each with its title, and the place of a picture can be kept.
///
/// # Errors
/// `language_invalid`, `body_invalid`, each with the place of the text.
pub fn suits_texts<'t>(
    texts: impl ExactSizeIterator<Item = (&'t String, [Said<'t>; 3])>,
    visual: Option<&String>,
) -> Result<(), Problem> {
    if texts.len() > LANGUAGES_MAX {
        let detail = format!("there are texts in at most {LANGUAGES_MAX} languages");
        return Err(invalid(&["texts"], detail));
    }
    for (lang, said) in texts {
        if !is_language_tag(lang) {
            return Err(language_invalid(lang));
        }
        for (name, text) in said {
            suits(text, (name, lang)).map_err(|detail| invalid(&["texts", lang, name], detail))?;
        }
    }
    if visual.is_some_and(|visual| !fits(visual)) {
        let detail = format!("the address of a picture has at most {TEXT_CHARS_MAX} characters");
        return Err(invalid(&["visual"], detail));
    }
    Ok(())
}

fn invalid(place: &[&str], detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail).with("pointer", pointer(place))
}

fn fits(text: &str) -> bool {
    text.chars().count() <= TEXT_CHARS_MAX
}

/// Says in words what is wrong with a text, where something is.
fn suits(text: Option<&String>, (name, lang): (&str, &str)) -> Result<(), String> {
    let called = name.replace('_', " ");
    match text {
        Some(text) if !fits(text) => {
            Err(format!("the {called} in {lang:?} has more than {TEXT_CHARS_MAX} characters"))
        }
        text if name == "title" && text.is_none_or(String::is_empty) => {
            Err(format!("the {called} in {lang:?} is missing"))
        }
        Some(_) | None => Ok(()),
    }
}
