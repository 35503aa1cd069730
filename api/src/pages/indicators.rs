//! Indicators: how many users there are, what happens, who holds badges, how far challenges are gone; by days, drawn and in
//! numbers.

pub mod ask;
pub mod panels;
pub mod range;

use askama::Template;
use axum::http::Uri;

use self::ask::{Gathered, gather};
use self::panels::{EventRow, Funnel, Panel};
use self::range::{PRESETS, Range};
use super::{Form, Frame, Page, Refused, Texts, Viewer, html, refused_html};

const PATH: &str = "/indicators";

/// A range that is a click away.
struct Preset {
    days: u64,
    current: bool,
}

#[derive(Template)]
#[template(path = "indicators/page.html")]
struct IndicatorsPage<'a> {
    t: Texts,
    frame: Frame,
    presets: Vec<Preset>,
    form: Form,
    refused: Option<&'a Refused>,
    zone: String,
    users: Option<Panel>,
    events: Vec<EventRow>,
    badges: Vec<Panel>,
    challenges: Vec<Funnel>,
}

/// All of them, in a range of days. A range that the API refuses is told, and can be mended there.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn show(viewer: Viewer, uri: Uri) -> Page {
    let range = Range::read(&uri)?;
    let gathered = gather(&viewer, &range).await;
    let refused = gathered.as_ref().err().cloned();
    let Gathered { zone, from, through, users, events, badges, challenges } =
        gathered.unwrap_or_default();
    let typed = match &refused {
        None => [("from", from), ("through", through)],
        Some(_) => range.typed(),
    };
    let preset = |days| Preset { days, current: range.is_preset(days) };
    let page = IndicatorsPage {
        t: Texts,
        frame: Frame::new(&viewer, PATH),
        presets: PRESETS.map(preset).into(),
        form: Form::filled(typed),
        refused: refused.as_ref(),
        zone,
        users,
        events,
        badges,
        challenges,
    };
    match &refused {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}
