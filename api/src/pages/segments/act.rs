//! Making, changing and taking away segments. Buttons of the builder lead to the page again; only `save` saves.

use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::PATH;
use super::count::Count;
use super::draft::Draft;
use super::list::may_define;
use super::one::{OnePage, Segment, Told, find};
use super::subjects::Subjects;
use crate::pages::follows::{Followers, address};
use crate::pages::{Form, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::InPath;

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// What was typed: the form, and its conditions.
struct Typed {
    form: Form,
    draft: Draft,
    subjects: Subjects,
    /// Whether it holds a condition that nobody has seen yet.
    unseen: bool,
}

impl Typed {
    async fn read(viewer: &Viewer, form: Form) -> Result<Typed, Refused> {
        let subjects = Subjects::ask(viewer).await?;
        let mut draft = Draft::read(&form);
        let unseen = subjects.suit(&mut draft);
        Ok(Typed { form, draft, subjects, unseen })
    }

    /// Whether it is to be kept as it is.
    fn is_final(&self) -> bool {
        self.form.value("do") == "save" && !self.unseen
    }

    /// Why it is not kept, where conditions are not filled in: left out, they would make it mean something else.
    fn lacking(&self) -> Option<Refused> {
        let lacking = self.draft.lacking();
        if lacking.is_empty() || self.form.value("do") != "save" {
            return None;
        }
        let place = |(group, place): &(usize, usize)| {
            Texts.two("segment-condition", "number", place + 1, "group", group + 1)
        };
        let places: Vec<String> = lacking.iter().map(place).collect();
        let detail = Texts.one("segment-lacking-where", "places", places.join(", "));
        let refused = Refused::from(Problem::new(ProblemKind::ConditionInvalid, detail));
        Some(Refused { title: Texts.one("segment-lacking", "count", lacking.len()), ..refused })
    }

    async fn page<'a>(
        &'a self,
        viewer: &'a Viewer,
        segment: Option<&'a Segment>,
        told: Told,
    ) -> Result<OnePage<'a>, Refused> {
        let typed = (&self.form, &self.draft, &self.subjects);
        OnePage::new(viewer, segment, typed, told).await
    }

    /// Another button than the one that saves.
    async fn step(mut self, viewer: &Viewer, segment: Option<&Segment>) -> Page {
        let button = self.form.value("do");
        let stepped = self.draft.step(button);
        self.subjects.suit(&mut self.draft);
        let count = Count::ask(viewer, &self.draft, segment).await?;
        let mut told = Told { count, ..Told::default() };
        told.lacking = button == "count" || stepped.is_err();
        match stepped {
            Ok(focus) => told.focus = focus,
            Err(refused) => told.refused = Some(refused),
        }
        html(&self.page(viewer, segment, told).await?)
    }

    async fn refused(self, viewer: &Viewer, segment: Option<&Segment>, refused: &Refused) -> Page {
        let typed = Typed { form: self.form.clone().refused(refused), ..self };
        let page = typed.page(viewer, segment, Told::default()).await?;
        refused_html(refused, &page)
    }
}

/// Where one is made.
///
/// # Errors
/// Who may not make any gets the API's no.
pub async fn new(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    viewer.needs(Scope::DefinitionsWrite)?;
    let typed = Typed {
        form: Form::default(),
        draft: Draft::default(),
        subjects: Subjects::ask(&viewer).await?,
        unseen: false,
    };
    html(&typed.page(&viewer, None, Told::default()).await?)
}

/// Makes one, or shows what it would be.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    let typed = Typed::read(&viewer, form).await?;
    if let Some(refused) = typed.lacking() {
        return typed.refused(&viewer, None, &refused).await;
    }
    if !typed.is_final() {
        return typed.step(&viewer, None).await;
    }
    let made = async {
        let mut body =
            json!({ "name": typed.form.value("name"), "conditions": typed.draft.json()? });
        if let Some(id) = typed.form.text("id") {
            body["id"] = json!(id);
        }
        viewer.ask().act::<Made>(Method::POST, "/v1/segments", Some(&body)).await
    };
    match made.await {
        Ok(made) => back(&address(PATH, &made.id), "segment-made", 1),
        Err(refused) => typed.refused(&viewer, None, &refused).await,
    }
}

/// One of them.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let segment = find(&viewer, &id).await?;
    html(&as_it_is(&viewer, &segment).await?.page(&viewer, Some(&segment), Told::default()).await?)
}

async fn as_it_is(viewer: &Viewer, segment: &Segment) -> Result<Typed, Refused> {
    Ok(Typed {
        form: Form::filled([("name", segment.name.as_str())]),
        draft: segment.conditions.as_ref().map(Draft::of).unwrap_or_default(),
        subjects: Subjects::ask(viewer).await?,
        unseen: false,
    })
}

/// Changes one, or shows what it would be. Where other conditions change who holds badges, that is shown first.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    let segment = find(&viewer, &id).await?;
    let typed = Typed::read(&viewer, form).await?;
    if let Some(refused) = typed.lacking() {
        return typed.refused(&viewer, Some(&segment), &refused).await;
    }
    if !typed.is_final() {
        return typed.step(&viewer, Some(&segment)).await;
    }
    let conditions = match typed.draft.json() {
        Ok(conditions) => conditions,
        Err(refused) => return typed.refused(&viewer, Some(&segment), &refused).await,
    };
    if may_define(&viewer)
        && let Some(told) = consequences(&viewer, &segment, &typed, &conditions).await?
    {
        return html(&typed.page(&viewer, Some(&segment), told).await?);
    }
    let body = json!({ "name": typed.form.value("name"), "conditions": conditions });
    let path = at("/v1/segments/{}", &[&id]);
    let changed =
        viewer.ask().act_on::<Value>(Method::PUT, &path, Some(&body), &typed.form.seen()).await;
    match changed {
        Ok(_) => back(&address(PATH, &id), "segment-changed", 1),
        Err(refused) => {
            let segment = find(&viewer, &id).await?;
            typed.refused(&viewer, Some(&segment), &refused).await
        }
    }
}

/// What follows from other conditions, where something does and nobody has seen it yet.
async fn consequences(
    viewer: &Viewer,
    segment: &Segment,
    typed: &Typed,
    conditions: &Value,
) -> Result<Option<Told>, Refused> {
    let said = conditions.to_string();
    let same = segment.conditions.as_ref() == Some(conditions);
    let stale =
        typed.form.text("revision").is_some_and(|seen| seen != segment.revision.to_string());
    if same || stale || typed.form.value("sure") == said {
        return Ok(None);
    }
    let followers = Followers::ask(viewer).await?.of("segment", &segment.id);
    if !followers.iter().any(|follower| follower.is_live()) {
        return Ok(None);
    }
    let count = Count::ask(viewer, &typed.draft, Some(segment)).await?;
    // What cannot be counted is refused when it is saved, and says why there.
    let counted = count.users.is_some();
    Ok(counted.then(|| Told { count, sure: Some(said), ..Told::default() }))
}

/// Takes one away.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let path = at("/v1/segments/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::DELETE, &path, None, &form.seen()).await {
        Ok(_) => back(PATH, "segment-removed", 1),
        Err(refused) => {
            let segment = find(&viewer, &id).await?;
            let typed = as_it_is(&viewer, &segment).await?;
            let told = Told { kept: Some(refused.clone()), ..Told::default() };
            refused_html(&refused, &typed.page(&viewer, Some(&segment), told).await?)
        }
    }
}
