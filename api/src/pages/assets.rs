//! Style, modules and pictures: part of the program, under an address that changes with them, so browsers keep them.

use std::io::Write as _;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::routes;

/// How long browsers keep what they once had: its address never shows anything else.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const STYLE: &str = "text/css; charset=utf-8";
const MODULE: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! assets {
    ($($name:literal $kind:ident;)*) => {
        /// Name, type and content.
        const ASSETS: &[(&str, &str, &[u8])] =
            &[$(($name, $kind, include_bytes!(concat!("../../assets/", $name)))),*];
    };
}

assets! {
    "app.css" STYLE;
    "app.js" MODULE;
    "again.js" MODULE;
    "audience.css" STYLE;
    "challenges.css" STYLE;
    "copy.js" MODULE;
    "deed.js" MODULE;
    "find.js" MODULE;
    "order.js" MODULE;
    "segment.js" MODULE;
    "overlay.js" MODULE;
    "ticks.js" MODULE;
    "filter.js" MODULE;
    "unsaved.js" MODULE;
    "types.js" MODULE;
    "watch.js" MODULE;
    "export-dialog.js" MODULE;
    "export-form.js" MODULE;
    "export-watch.js" MODULE;
    "icon.svg" PICTURE;
    "indicators.css" STYLE;
    "import-check.js" MODULE;
    "import-progress.js" MODULE;
    "import-upload.js" MODULE;
}

/// All of them, packed once; and what their addresses begin with.
struct Packed {
    version: String,
    files: Vec<Option<Vec<u8>>>,
}

fn packed() -> &'static Packed {
    static PACKED: OnceLock<Packed> = OnceLock::new();
    PACKED.get_or_init(|| {
        let mut hash = Sha256::new();
        for (name, _, content) in ASSETS {
            hash.update(name.as_bytes());
            hash.update(content);
        }
        let version = hex::encode(&hash.finalize()[..8]);
        Packed { version, files: ASSETS.iter().map(|(_, _, content)| pack(content).ok()).collect() }
    })
}

fn pack(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    packing.write_all(content)?;
    packing.finish()
}

/// Where one is. All have one version, so that a module finds another beside it.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", packed().version)
}

/// One of them.
///
/// # Errors
/// `route_unknown`.
pub async fn asset(
    Path((version, name)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(place) = ASSETS.iter().position(|(known, _, _)| *known == name) else {
        return Err(routes::not_found(uri).await);
    };
    let (_, kind, content) = ASSETS[place];
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzip = accepted.is_some_and(|accepted| accepted.contains("gzip"));
    let small = packed().files[place].as_deref().filter(|_| gzip);
    let mut response = small.unwrap_or(content).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if small.is_some() {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // A page from before an update asks for what was: it gets what is, and keeps it for no other page.
    if version == packed().version {
        answer.insert(header::CACHE_CONTROL, KEPT);
    }
    Ok(response)
}
