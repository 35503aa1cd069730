//! One import: a draft, or how far it is, or what became of it.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;

use super::draft;
use super::found::Looked;
use super::known::{Import, size};
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, at, html, with_query};
use crate::params::Params;
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "imports/report.html")]
struct ReportPage {
    t: Texts,
    frame: Frame,
    import: Import,
    name: String,
    size: String,
    href: String,
    uploaded: When,
    finished: Option<When>,
    reverted: Option<When>,
    done: u64,
    going_on: bool,
    progress: String,
    users: String,
    rejected_csv: Option<String>,
    kept_csv: Option<String>,
    can_be_undone: bool,
}

/// The page of an import, whatever it is at.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    let params = Params::read(&uri, &["of", "cursor", "take"])?;
    let import = Import::ask(&viewer, &id).await?;
    if import.is_open() {
        let text = |name| params.one(name).map(|text| text.unwrap_or_default().to_owned());
        let looked = Looked { of: text("of")?, cursor: text("cursor")? };
        let all = params.one("take")? == Some("all");
        return draft::show(&viewer, &import, all, &looked).await;
    }
    let personal = viewer.may(Scope::PersonalRead);
    let counts = &import.counts;
    let when = |at: &Option<String>| at.as_deref().map(|at| viewer.when(at));
    let there = import.file_kept && personal && counts.rejected > 0;
    let kept = import.revert.as_ref().is_some_and(|revert| revert.kept > 0);
    html(&ReportPage {
        t: Texts,
        frame: Frame::new(&viewer, "/imports"),
        name: import.name(personal),
        size: size(import.bytes),
        href: at("/imports/{}", &[&id]),
        uploaded: viewer.when(&import.uploaded_at),
        finished: when(&import.finished_at),
        reverted: when(&import.reverted_at),
        done: counts.created + counts.updated + counts.unchanged + counts.rejected,
        going_on: import.is_going_on(),
        progress: at("/v1/imports/{}/progress", &[&id]),
        users: with_query("/users", &[("import", &id)]),
        rejected_csv: there.then(|| at("/v1/imports/{}/rejected.csv", &[&id])),
        kept_csv: kept.then(|| at("/v1/imports/{}/kept.csv", &[&id])),
        can_be_undone: import.can_be_undone(),
        import,
    })
}
