//! One badge: its state, its holders, whom it follows, what users read, and what would come of publishing or archiving it.

use std::collections::BTreeMap;

use askama::Template;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::PATH;
use super::form::{Text, texts};
use crate::pages::follows::{Follower, Followers, address};
use crate::pages::users::filters::Filters;
use crate::pages::{Form, Frame, Refused, Texts, Viewer, at, with_query};

/// A badge as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Badge {
    /// Names it for ever.
    pub id: String,
    /// As the team reads it.
    pub name: String,
    /// `draft`, `published` or `archived`.
    pub state: String,
    /// Whose members hold it.
    pub audience: Option<BTreeMap<String, String>>,
    /// Who learns that it exists.
    pub visibility: String,
    /// What users read, by language.
    pub texts: BTreeMap<String, Value>,
    /// Where its picture is.
    pub visual: Option<String>,
    /// Which of its definitions this is.
    pub version: u64,
    /// Users that hold it.
    pub users: u64,
    /// Whether everybody who gains or loses it by its definition has.
    pub settled: bool,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub changed_at: String,
    /// Its version, for the API.
    pub revision: u64,
}

impl Badge {
    /// Whom it follows, as the form says it: `list:spring`; nothing: nobody.
    pub fn audience_said(&self) -> String {
        let said = self.audience.iter().flatten().next();
        said.map(|(sort, id)| format!("{sort}:{id}")).unwrap_or_default()
    }

    /// How many hold it; none while that is being counted. Nobody is looked at for a draft.
    pub fn holders(&self) -> Option<u64> {
        (self.settled || self.state == "draft").then_some(self.users)
    }
}

/// Whom a badge follows, in words.
pub fn followed(said: &str, known: &Filters) -> String {
    match said.split_once(':') {
        Some((sort, id)) => {
            let name = known.name_of(sort, id);
            format!("{}: {name}", Texts.named("follows", sort))
        }
        None => Texts.say("badge-by-hand"),
    }
}

/// Asks for one.
///
/// # Errors
/// The API's no.
pub async fn find(viewer: &Viewer, id: &str) -> Result<Badge, Refused> {
    viewer.ask().get(&at("/v1/badges/{}", &[id])).await
}

#[derive(Deserialize)]
struct Members {
    users: Option<u64>,
}

/// Who is in a list or segment now; none where that is not known.
async fn members(viewer: &Viewer, said: &str) -> Option<u64> {
    let (sort, id) = said.split_once(':')?;
    let path = at(&format!("/v1/{sort}s/{{}}"), &[id]);
    viewer.ask().get::<Members>(&path).await.ok()?.users
}

/// What the page shows beside what was typed.
#[derive(Debug, Default)]
pub struct Told {
    /// Another language is added.
    pub more: bool,
    /// Why it was not published or archived.
    pub kept: Option<Refused>,
    /// Whom it would follow, where its holders change by that and nobody has seen it yet.
    pub sure: Option<String>,
}

#[derive(Template)]
#[template(path = "badges/one.html")]
pub(super) struct OnePage<'a> {
    t: Texts,
    viewer: &'a Viewer,
    frame: Frame,
    /// None: one is being made.
    badge: Option<&'a Badge>,
    action: String,
    holders: String,
    history: Option<String>,
    form: &'a Form,
    texts: Vec<Text>,
    audiences: Vec<(String, Vec<(String, String)>)>,
    follows: String,
    /// Who would hold it by what the form says; none: awarded by hand, or not known.
    would: Option<u64>,
    followers: Vec<Follower>,
    told: Told,
    may_define: bool,
}

impl<'a> OnePage<'a> {
    /// The page with what was typed.
    ///
    /// # Errors
    /// The API's no.
    pub(super) async fn new(
        viewer: &'a Viewer,
        badge: Option<&'a Badge>,
        form: &'a Form,
        told: Told,
    ) -> Result<OnePage<'a>, Refused> {
        let id = badge.map_or("", |badge| badge.id.as_str());
        let known = Filters::ask(viewer).await?;
        let saved = badge.map(Badge::audience_said).unwrap_or_default();
        let looked = told.sure.as_deref().unwrap_or(&saved);
        let mut texts = texts(form);
        if told.more || texts.is_empty() {
            texts.push(Text::default());
        }
        let may_look = viewer.may(Scope::ExportsCreate) && viewer.may(Scope::EventsRead);
        let history = [("content", "user_events"), ("badge", id)];
        Ok(OnePage {
            t: Texts,
            viewer,
            frame: Frame::new(viewer, PATH),
            badge,
            action: if badge.is_some() { address(PATH, id) } else { format!("{PATH}/new") },
            holders: with_query("/users", &[("badge", id)]),
            history: may_look.then(|| with_query("/exports/new", &history)),
            form,
            texts,
            audiences: audiences(form, &known),
            follows: followed(looked, &known),
            would: members(viewer, looked).await,
            followers: Followers::ask(viewer).await?.of("badge", id),
            told,
            may_define: viewer.may(Scope::DefinitionsWrite),
        })
    }

    fn is(&self, state: &str) -> bool {
        self.badge.is_some_and(|badge| badge.state == state)
    }

    /// Whether it follows nobody, or would.
    fn is_by_hand(&self) -> bool {
        let saved = self.badge.map(Badge::audience_said).unwrap_or_default();
        self.told.sure.as_deref().unwrap_or(&saved).is_empty()
    }

    /// Why what was typed in a language was refused: its title, say, or the language itself (`lang`).
    fn fault(&self, text: &Text, name: &str) -> Option<&str> {
        let said = Some(text).filter(|text| !text.is_blank())?;
        self.form.fault_of_text(said.get("lang"), name)
    }

    /// The version that was typed on; the one there is, once it was said that there is another.
    fn seen(&self) -> String {
        let stale = |refused: &Refused| refused.code == "version_conflict";
        let typed = self.form.text("revision").filter(|_| !self.form.refusal().is_some_and(stale));
        let now = || self.badge.map(|badge| badge.revision.to_string()).unwrap_or_default();
        typed.map_or_else(now, str::to_owned)
    }
}

/// Whom it can follow; what is chosen stays, though it may be gone.
fn audiences(form: &Form, known: &Filters) -> Vec<(String, Vec<(String, String)>)> {
    let sorts = [("list", "follows-lists"), ("segment", "follows-segments")];
    let chosen = form.value("audience");
    let groups = sorts.map(|(sort, label)| {
        let all = known.all(sort).iter();
        let mut offered: Vec<(String, String)> =
            all.map(|one| (format!("{sort}:{}", one.id), one.name.clone())).collect();
        let gone = chosen.strip_prefix(sort).and_then(|rest| rest.strip_prefix(':'));
        if let Some(id) = gone.filter(|_| offered.iter().all(|(said, _)| said != chosen)) {
            offered.push((chosen.to_owned(), id.to_owned()));
        }
        (Texts.say(label), offered)
    });
    groups.into_iter().filter(|(_, offered)| !offered.is_empty()).collect()
}
