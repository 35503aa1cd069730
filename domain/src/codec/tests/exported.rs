//! What the golden files of exports say.

use std::collections::BTreeMap;

use super::IMPORT;
use crate::event::*;

pub(super) fn exported() -> [Event; 5] {
    [
        Event::ExportStarted(ExportStarted {
            export_id: IMPORT,
            content: ExportContent::UserEvents,
            format: "csv".to_owned(),
            position: "c1".to_owned(),
            personal: true,
            query: Some("type=BadgeGained".to_owned()),
            resolved: None,
        }),
        Event::ExportCompleted(ExportCompleted {
            export_id: IMPORT,
            rows: 10,
            bytes: 999,
            sha256: None,
            written: None,
        }),
        Event::ExportFailed(ExportFailed {
            export_id: IMPORT,
            code: "client_gone".to_owned(),
            rows: 3,
        }),
        Event::ExportDownloaded(ExportDownloaded {
            export_id: IMPORT,
            first_byte: 500,
            bytes: 499,
        }),
        Event::ExportFileRemoved(ExportFileRemoved {
            export_id: IMPORT,
            because: ExportRemoval::Revoked,
        }),
    ]
}

pub(super) fn exported_later() -> [(u16, Event); 4] {
    let completed = ExportCompleted {
        export_id: IMPORT,
        rows: 10,
        bytes: 999,
        sha256: Some("ef".repeat(32)),
        written: None,
    };
    let end =
        |position: &str, recorded_at| ExportEnd { position: position.to_owned(), recorded_at };
    let written = ExportWritten {
        position: "c1".to_owned(),
        columns: vec!["time".to_owned(), "user_email".to_owned()],
        types: BTreeMap::from([("BadgeGained".to_owned(), 10)]),
        ends: Some([end("c2", 1_775_000_000_000_000), end("c3", 1_775_000_000_000_001)]),
    };
    let resolved = ResolvedExport {
        kept: true,
        name: "user-events_2026-07-01_2026-09-30_Europe-Paris_0190b3c4.csv".to_owned(),
        seen: "c4".to_owned(),
        rows: Some(10),
        service: "0.1.0".to_owned(),
        zone: "Europe/Paris".to_owned(),
        zone_data: "2025b".to_owned(),
        text: TextForm { safe: true, bom: true, delimiter: Some(';'), gzip: false },
        slice: Some(ExportSlice {
            types: vec!["BadgeGained".to_owned()],
            basis: "recorded".to_owned(),
            from: Some(1_775_000_000_000_000),
            to: None,
            after: "c0".to_owned(),
        }),
        as_of: None,
        reason: Some("Anna asked".to_owned()),
    };
    let started = ExportStarted {
        export_id: IMPORT,
        content: ExportContent::UserEvents,
        format: "csv".to_owned(),
        position: "c1".to_owned(),
        personal: true,
        query: Some("type=BadgeGained".to_owned()),
        resolved: Some(Box::new(resolved.clone())),
    };
    let then = PastMoment {
        asked: "2026-03-31".to_owned(),
        position: "c5".to_owned(),
        at: 1_774_994_399_999_999,
    };
    let past =
        ResolvedExport { kept: false, rows: None, slice: None, as_of: Some(then), ..resolved };
    let past = ExportStarted {
        content: ExportContent::Users,
        query: Some("as_of=2026-03-31".to_owned()),
        resolved: Some(Box::new(past)),
        ..started.clone()
    };
    [
        (2, Event::ExportCompleted(completed.clone())),
        (2, Event::ExportStarted(started)),
        (3, Event::ExportStarted(past)),
        (3, Event::ExportCompleted(ExportCompleted { written: Some(written), ..completed })),
    ]
}
