//! A file to import: chosen, dropped or pasted.

use std::pin::pin;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::extract::multipart::{Field, MultipartError};
use axum::response::{IntoResponse, Redirect};
use domain::scope::Scope;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::known::size;
use super::upload::Upload;
use crate::import::spool::STALL_MAX;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, html, refused_html, with_query};
use crate::problem::{Problem, ProblemKind};

/// Pieces of a file that wait to be written.
const PIECES_WAITING: usize = 4;

#[derive(Deserialize)]
struct Limits {
    bytes_max: u64,
    rows_max: u64,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Template)]
#[template(path = "imports/new.html")]
struct NewPage {
    t: Texts,
    frame: Frame,
    form: Form,
    limits: Limits,
    size: String,
}

async fn page(viewer: &Viewer, form: Form) -> Result<NewPage, Refused> {
    let limits: Limits = viewer.ask().get("/v1/imports/limits").await?;
    let (frame, size) = (Frame::new(viewer, "/imports"), size(limits.bytes_max));
    Ok(NewPage { t: Texts, frame, form, limits, size })
}

/// Where a file is chosen.
///
/// # Errors
/// The API's no.
pub async fn new(viewer: Viewer) -> Page {
    html(&page(&viewer, Form::default()).await?)
}

/// Takes the file, or what was pasted, and leads to its import.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, request: Request) -> Page {
    viewer.needs(Scope::ImportsWrite)?; // before anything of the body is read
    let upload = Upload::of(request).await.map_err(|no| unreadable(no.body_text()))?;
    match sent(&viewer, upload).await {
        Ok(made) => Ok(Redirect::to(&at("/imports/{}", &[&made.id])).into_response()),
        Err(refused) => {
            let form = Form::default().refused(&refused);
            refused_html(&refused, &page(&viewer, form).await?)
        }
    }
}

async fn sent(viewer: &Viewer, mut upload: Upload) -> Result<Made, Refused> {
    let before = upload.before();
    let cut = |error: MultipartError| match before.is_too_much() {
        true => unreadable("more than 64 KiB come before the file".to_owned()),
        false => unreadable(error.body_text()),
    };
    let stalled = |_| Refused::from(Problem::new(ProblemKind::UploadStalled, "no form came"));
    while let Some(field) =
        timeout(STALL_MAX, upload.next_field()).await.map_err(stalled)?.map_err(cut)?
    {
        let (path, kind) = match field.name() {
            Some("file") => {
                let name = field.file_name().unwrap_or_default();
                (with_query("/v1/imports", &[("filename", name)]), "text/csv")
            }
            Some("csv") => ("/v1/imports".to_owned(), "text/plain"),
            Some(_) | None => continue,
        };
        before.ends();
        return handed_on(viewer, &path, kind, field).await;
    }
    Err(unreadable("the form holds no file".to_owned()))
}

/// Hands a field on as it comes: it is never held whole.
async fn handed_on(
    viewer: &Viewer,
    path: &str,
    kind: &str,
    mut field: Field<'_>,
) -> Result<Made, Refused> {
    let (pieces, coming) = mpsc::channel::<Result<Bytes, MultipartError>>(PIECES_WAITING);
    let body = Body::from_stream(stream::unfold(coming, |mut coming| async move {
        coming.recv().await.map(|piece| (piece, coming))
    }));
    let hand_on = async move {
        while let Some(piece) = field.chunk().await.transpose() {
            let cut = piece.is_err();
            if pieces.send(piece).await.is_err() || cut {
                break;
            }
        }
    };
    let uploaded = viewer.ask().upload(path, kind, body);
    let (mut uploaded, mut hand_on) = (pin!(uploaded), pin!(hand_on));
    // The API may be done with a file that still comes, or does not come any more.
    tokio::select! {
        made = &mut uploaded => made,
        () = &mut hand_on => uploaded.await,
    }
}

fn unreadable(why: String) -> Refused {
    Problem::new(ProblemKind::BodyInvalid, why).into()
}
