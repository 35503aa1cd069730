//! One segment: how many are in, what hangs on it, its conditions as a form or in words.

use askama::Template;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::PATH;
use super::count::Count;
use super::draft::{Draft, Focus};
use super::fields::{GroupView, Marks, groups, may_grow};
use super::list::may_define;
use super::subjects::Subjects;
use super::words::words;
use crate::pages::follows::{Follower, Followers, address};
use crate::pages::{Form, Frame, Refused, Texts, Viewer, at, with_query};

/// A segment as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Segment {
    /// Names it for ever.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// Who is in; withheld from some.
    pub conditions: Option<Value>,
    /// Which of its definitions this is.
    pub version: u64,
    /// Users in it; none while everybody is looked at anew.
    pub users: Option<u64>,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub changed_at: String,
    /// Its version, for the API.
    pub revision: u64,
}

/// Asks for one.
///
/// # Errors
/// The API's no.
pub async fn find(viewer: &Viewer, id: &str) -> Result<Segment, Refused> {
    viewer.ask().get(&at("/v1/segments/{}", &[id])).await
}

/// What the page shows beside what was typed.
#[derive(Debug, Default)]
pub struct Told {
    /// How many would be in.
    pub count: Count,
    /// What the next key goes to.
    pub focus: Focus,
    /// Why nothing became of it.
    pub refused: Option<Refused>,
    /// Whether each condition says what it lacks: while one is put together, nobody wants to hear it.
    pub lacking: bool,
    /// Why it was not taken away.
    pub kept: Option<Refused>,
    /// The conditions whose consequences were shown: sent along, they are saved all the same.
    pub sure: Option<String>,
}

#[derive(Template)]
#[template(path = "segments/one.html")]
pub(super) struct OnePage<'a> {
    t: Texts,
    viewer: &'a Viewer,
    frame: Frame,
    /// None: one is being made.
    segment: Option<&'a Segment>,
    action: String,
    members: String,
    form: &'a Form,
    subjects: &'a Subjects,
    json: Option<&'a str>,
    groups: Vec<GroupView>,
    /// As it is now, in words: for who only looks, and where somebody was faster.
    words: Vec<Vec<String>>,
    followers: Vec<Follower>,
    told: Told,
    may_define: bool,
    may_remove: bool,
}

impl<'a> OnePage<'a> {
    /// The page with what is being put together.
    ///
    /// # Errors
    /// The API's no.
    pub(super) async fn new(
        viewer: &'a Viewer,
        segment: Option<&'a Segment>,
        (form, draft, subjects): (&'a Form, &'a Draft, &'a Subjects),
        told: Told,
    ) -> Result<OnePage<'a>, Refused> {
        let id = segment.map_or("", |segment| segment.id.as_str());
        let followers = match segment {
            Some(_) => Followers::ask(viewer).await?.of("segment", id),
            None => Vec::new(),
        };
        let shown = segment.and_then(|segment| segment.conditions.as_ref());
        let marks = Marks {
            focus: told.focus,
            refused: form.refusal().or(told.count.refused.as_ref()),
            lacking: told.lacking || form.refusal().is_some(),
        };
        Ok(OnePage {
            t: Texts,
            viewer,
            frame: Frame::new(viewer, PATH),
            segment,
            action: if segment.is_some() { address(PATH, id) } else { format!("{PATH}/new") },
            members: with_query("/users", &[("segment", id)]),
            form,
            subjects,
            json: if let Draft::Json(text) = draft { Some(text) } else { None },
            groups: groups(draft, subjects, marks),
            words: shown.map(|shown| words(shown, subjects)).unwrap_or_default(),
            followers,
            told,
            may_define: may_define(viewer),
            may_remove: viewer.may(Scope::DefinitionsWrite),
        })
    }

    fn may_grow(&self) -> bool {
        may_grow(&self.groups)
    }

    /// The version that was typed on; the one there is, once it was said that there is another.
    fn seen(&self) -> String {
        let typed = self.form.text("revision").filter(|_| !self.is_stale());
        let now = || self.segment.map(|segment| segment.revision.to_string()).unwrap_or_default();
        typed.map_or_else(now, str::to_owned)
    }

    /// Whether somebody changed it while this was typed.
    fn is_stale(&self) -> bool {
        self.form.refusal().is_some_and(|refused| refused.code == "version_conflict")
    }

    fn live_followers(&self) -> impl Iterator<Item = &Follower> {
        self.followers.iter().filter(|follower| follower.is_live())
    }
}
