//! What badges and challenges have in common: an audience, and what users read.

use domain::language::is_language_tag;
use domain::segment::Membership;
use eventlog::{Position, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id;
use crate::app::App;
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

/// Whether everybody was looked at since something was defined as it is, by the stream of its definitions; `looked`: how far
/// everybody was, read before what is shown of it.
///
/// # Errors
/// What the log says.
pub fn is_settled(app: &App, of: &Stream, looked: Position) -> Result<bool, Problem> {
    let last = app.log.read_stream(of, None, 1)?;
    Ok(last.iter().all(|fact| fact.position <= looked))
}

/// The refusal of texts in what is no language.
fn language_invalid(said: &str) -> Problem {
    let detail = match said {
        "" => "the language is missing; use a code such as en or pt-BR".to_owned(),
        said => format!("{said:?} is no code of a language; use a code such as en or pt-BR"),
    };
    Problem::new(ProblemKind::LanguageInvalid, detail).with("language", said)
}

/// Whether texts by language, each with its title first, and the place of a picture can be kept.
///
/// # Errors
/// `language_invalid`, `body_invalid`.
pub fn suits_texts<'t>(
    texts: impl ExactSizeIterator<Item = (&'t String, [Option<&'t String>; 3])>,
    visual: Option<&String>,
) -> Result<(), Problem> {
    let fits = |text: &String| text.chars().count() <= TEXT_CHARS_MAX;
    let mut sound = texts.len() <= LANGUAGES_MAX && visual.is_none_or(fits);
    for (lang, texts) in texts {
        if !is_language_tag(lang) {
            return Err(language_invalid(lang));
        }
        let titled = texts[0].is_some_and(|title| !title.is_empty());
        sound &= titled && texts.into_iter().flatten().all(fits);
    }
    if sound {
        return Ok(());
    }
    let detail = format!(
        "texts are by language (fr, pt-BR), at most {LANGUAGES_MAX} of them, each text of at most {TEXT_CHARS_MAX} characters, with a title"
    );
    Err(Problem::new(ProblemKind::BodyInvalid, detail))
}
