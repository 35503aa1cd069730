//! An import that waits: how its file is read, where its columns go, what would come of it, on one page.

use askama::Template;
use axum::response::Response;
use domain::scope::Scope;

use super::columns::{Choice, ColumnRow, rows};
use super::found::{Found, Looked, found};
use super::known::{Import, Preview, size};
use super::mapping::{Known, NEW, differs, filled, seen};
use crate::pages::when::When;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, html, refused_html};
use crate::problem::ProblemKind;

/// Encodings offered; a file that is in another can be sent with that said.
const ENCODINGS: [&str; 13] = [
    "utf-8",
    "windows-1252",
    "iso-8859-15",
    "macintosh",
    "cp850",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "shift_jis",
    "gbk",
    "big5",
    "euc-kr",
];
/// Names of the bytes between cells.
const DELIMITERS: [(&str, &str); 4] =
    [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")];

/// By what rows find their users.
const MATCH_BY: [&str; 3] = ["email", "external_id", "user_id"];
/// Which users an import may touch.
const MODES: [&str; 3] = ["both", "create_only", "update_only"];
/// What becomes of a row with a cell that cannot be read.
const BAD_CELLS: [&str; 2] = ["reject_row", "drop_cell"];

/// How the file is read.
struct Reading {
    said: String,
    encodings: Vec<Choice>,
    delimiters: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "imports/draft.html")]
struct DraftPage<'a> {
    t: Texts,
    frame: Frame,
    import: &'a Import,
    name: String,
    size: String,
    uploaded: When,
    href: String,
    personal: bool,
    reading: Reading,
    preview: Preview,
    rows: Vec<ColumnRow>,
    match_bys: Vec<Choice>,
    modes: Vec<Choice>,
    bad_cells: Vec<Choice>,
    lists: Vec<Choice>,
    list_is_new: bool,
    list_name: String,
    found: Option<Found>,
    told: String,
    start: String,
    nothing: bool,
    check_now: bool,
    refused: Option<&'a Refused>,
    changed: bool,
}

/// The page of a draft as it stands; with `all`, as it would be if every column were taken.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: &Viewer, import: &Import, all: bool, looked: &Looked) -> Page {
    let (known, preview) = tokio::try_join!(Known::ask(viewer), preview(viewer, &import.id))?;
    let form = filled(import, &preview, &known, all);
    html(&page(viewer, import, (known, preview), (&form, None), looked).await?)
}

/// The page of a draft with what was chosen and why that was refused. What is no draft any more has the refusal alone.
///
/// # Errors
/// The refusal, or another.
pub async fn again(
    viewer: &Viewer,
    id: &str,
    form: Option<Form>,
    refused: &Refused,
) -> Result<Response, Refused> {
    let import = Import::ask(viewer, id).await?;
    if !import.is_open() || refused.is_fault() {
        return Err(refused.clone());
    }
    let (known, preview) = tokio::try_join!(Known::ask(viewer), preview(viewer, id))?;
    let form = form.unwrap_or_else(|| filled(&import, &preview, &known, false));
    let shown = (&form, Some(refused));
    let page = page(viewer, &import, (known, preview), shown, &Looked::default()).await?;
    refused_html(refused, &page)
}

/// What the file looks like, where that may be seen.
async fn preview(viewer: &Viewer, id: &str) -> Result<Preview, Refused> {
    seen(viewer.ask().get(&at("/v1/imports/{}/preview", &[id])).await)
}

async fn page<'a>(
    viewer: &Viewer,
    import: &'a Import,
    (known, preview): (Known, Preview),
    (form, refused): (&Form, Option<&'a Refused>),
    looked: &Looked,
) -> Result<DraftPage<'a>, Refused> {
    let stands = import.state == "checked" && !differs(form, import, &known);
    let found = if stands { Some(found(viewer, &import.id, looked).await?) } else { None };
    let (told, start) = outcome(import, stands);
    let taken =
        import.check.as_ref().map(|check| import.rows.saturating_sub(check.counts.rejected));
    let personal = viewer.may(Scope::PersonalRead);
    let is = |kind: ProblemKind| refused.is_some_and(|refused| refused.code == kind.code());
    Ok(DraftPage {
        t: Texts,
        frame: Frame::new(viewer, "/imports"),
        name: import.name(personal),
        size: size(import.bytes),
        uploaded: viewer.when(&import.uploaded_at),
        href: at("/imports/{}", &[&import.id]),
        personal,
        reading: reading(import, &preview),
        rows: rows(form, import, &preview, &known),
        match_bys: Choice::all(&MATCH_BY, form.value("match_by"), |by| Texts.named("column", by)),
        modes: Choice::all(&MODES, form.value("mode"), |mode| Texts.named("mode", mode)),
        bad_cells: Choice::all(&BAD_CELLS, form.value("bad_cells"), |bad| Texts.named("bad", bad)),
        lists: lists(&known, form.value("list")),
        list_is_new: form.value("list") == NEW,
        list_name: form.value("list_name").to_owned(),
        nothing: stands && taken == Some(0),
        check_now: !stands && refused.is_none(),
        changed: is(ProblemKind::ImportChangedSinceCheck),
        import,
        preview,
        found,
        told,
        start,
        refused,
    })
}

/// What would come of it, in a sentence, and what the button that begins it says.
fn outcome(import: &Import, stands: bool) -> (String, String) {
    let Some(check) = import.check.as_ref().filter(|_| stands) else {
        let start = Texts.one("import-start", "count", import.rows);
        return (Texts.say("import-unchecked"), start);
    };
    let counts = &check.counts;
    let told = Texts.with(
        "import-would",
        &[
            ("created", &counts.created),
            ("updated", &counts.updated),
            ("unchanged", &counts.unchanged),
            ("rejected", &counts.rejected),
        ],
    );
    let taken = import.rows.saturating_sub(counts.rejected);
    let start = match counts.rejected {
        0 => Texts.one("import-start", "count", taken),
        skipped => Texts.two("import-start-skip", "count", taken, "skipped", skipped),
    };
    (told, start)
}

fn lists(known: &Known, chosen: &str) -> Vec<Choice> {
    let choice = |list: &crate::pages::users::filters::Named| Choice {
        value: list.id.clone(),
        text: list.name.clone(),
        kind: String::new(),
        chosen: list.id == chosen,
    };
    known.lists.iter().map(choice).collect()
}

fn reading(import: &Import, preview: &Preview) -> Reading {
    let fits = preview.readings.iter().map(|reading| reading.encoding.as_str());
    let mut encodings: Vec<&str> = vec![&import.encoding];
    for encoding in fits.chain(ENCODINGS) {
        if !encodings.contains(&encoding) {
            encodings.push(encoding);
        }
    }
    let known = DELIMITERS.iter().find(|(byte, _)| *byte == import.delimiter);
    let delimiter = known.map_or("comma", |(_, name)| *name);
    let names = DELIMITERS.map(|(_, name)| name);
    let header = if import.header { "import-read-header" } else { "import-read-no-header" };
    let (encoding, between) = (&import.encoding, Texts.named("delimiter", delimiter));
    let said = Texts.two("import-read-as", "encoding", encoding, "delimiter", between);
    Reading {
        said: format!("{said} {}", Texts.say(header)),
        encodings: Choice::all(&encodings, &import.encoding, str::to_owned),
        delimiters: Choice::all(&names, delimiter, |name| Texts.named("delimiter", name)),
    }
}
