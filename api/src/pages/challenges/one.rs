//! One challenge: what it asks and gives, how far everybody is, and what publishing, ending or putting it away would do.

use askama::Template;
use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::funnel::{Counts, Funnel};
use super::{Audience, Audiences, Challenge, PATH, Text};
use crate::pages::follows::address;
use crate::pages::when::When;
use crate::pages::{
    Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html, with_query,
};
use crate::params::Params;
use crate::problem::ProblemKind;
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "challenges/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    challenge: &'a Challenge,
    audience: String,
    counts: Counts,
    funnel: Funnel,
    texts: Vec<(&'a String, &'a Text)>,
    made: When,
    changed: When,
    /// Who takes part, in the table of users.
    users: String,
    form: &'a Form,
    may_define: bool,
    may_join: MayJoin,
}

/// How many could join it once it is published.
enum MayJoin {
    /// So many.
    Users(u64),
    /// Its segment is still looking at everybody.
    NotYetKnown,
    /// Its list or segment was taken away: it cannot be published.
    Gone,
}

#[derive(Deserialize)]
struct Counted {
    users: Option<u64>,
}

impl MayJoin {
    /// Asked only of what can be published by who looks.
    async fn ask(viewer: &Viewer, challenge: &Challenge) -> Result<MayJoin, Refused> {
        if !can_be_published(viewer.may(Scope::DefinitionsWrite), challenge) {
            return Ok(MayJoin::NotYetKnown);
        }
        let path = match &challenge.audience {
            Some(Audience { list: Some(list), .. }) => at("/v1/lists/{}", &[list]),
            Some(Audience { segment: Some(segment), .. }) => at("/v1/segments/{}", &[segment]),
            Some(_) | None => "/v1/totals".to_owned(),
        };
        let gone = [ProblemKind::ListUnknown, ProblemKind::SegmentUnknown].map(ProblemKind::code);
        match viewer.ask().get::<Counted>(&path).await {
            Ok(Counted { users: Some(users) }) => Ok(MayJoin::Users(users)),
            Ok(Counted { users: None }) => Ok(MayJoin::NotYetKnown),
            Err(refused) if gone.contains(&refused.code.as_str()) => Ok(MayJoin::Gone),
            Err(refused) => Err(refused),
        }
    }

    /// In words.
    fn said(&self) -> String {
        match self {
            MayJoin::Users(users) => Texts.one("challenge-may-join", "count", users),
            MayJoin::NotYetKnown => Texts.say("challenge-may-join-unknown"),
            MayJoin::Gone => Texts.say("challenge-may-join-gone"),
        }
    }
}

fn can_be_published(may_define: bool, challenge: &Challenge) -> bool {
    may_define && matches!(challenge.state.as_str(), "draft" | "ended")
}

impl OnePage<'_> {
    fn can_be_published(&self) -> bool {
        can_be_published(self.may_define, self.challenge)
    }

    fn can_be_ended(&self) -> bool {
        self.may_define && self.challenge.state == "published"
    }

    fn can_be_changed(&self) -> bool {
        self.may_define && !self.challenge.is_archived()
    }

    /// Users who joined and have not completed it.
    fn underway(&self) -> u64 {
        self.counts.joined.saturating_sub(self.counts.completed)
    }
}

async fn page(viewer: &Viewer, id: &str, form: &Form) -> Page {
    let challenge = Challenge::find(viewer, id).await?;
    let path = at("/v1/challenges/{}/funnel", &[id]);
    let (counts, audiences, may_join) = tokio::try_join!(
        viewer.ask().get::<Counts>(&path),
        Audiences::ask(viewer),
        MayJoin::ask(viewer, &challenge),
    )?;
    let page = OnePage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        audience: audiences.said(challenge.audience.as_ref()),
        funnel: Funnel::new(&counts, &challenge.steps),
        counts,
        texts: challenge.texts.iter().collect(),
        made: viewer.when(&challenge.created_at),
        changed: viewer.when(&challenge.changed_at),
        users: with_query("/users", &[("challenge", id)]),
        form,
        may_define: viewer.may(Scope::DefinitionsWrite),
        may_join,
        challenge: &challenge,
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// All there is to know of one.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    page(&viewer, &id, &Form::default()).await
}

/// The version that a form was shown with, as `If-Match` takes it; empty where it says none.
pub fn seen(form: &Form) -> String {
    form.text("version").map(|version| format!("\"{version}\"")).unwrap_or_default()
}

async fn act(viewer: &Viewer, id: &str, form: Form, (deed, done): (&str, &str)) -> Page {
    let path = at("/v1/challenges/{}/{}", &[id, deed]);
    match viewer.ask().act_on::<Value>(Method::POST, &path, None, &seen(&form)).await {
        Ok(_) => back(&address(PATH, id), done, 0),
        Err(refused) => page(viewer, id, &form.refused(&refused)).await,
    }
}

/// From now on its audience joins it.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn publish(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    act(&viewer, &id, form, ("publish", "challenge-published")).await
}

/// Nobody joins it or goes on with it any more.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn end(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    act(&viewer, &id, form, ("end", "challenge-ended")).await
}

/// Puts it away, for good.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn archive(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    act(&viewer, &id, form, ("archive", "challenge-archived")).await
}
