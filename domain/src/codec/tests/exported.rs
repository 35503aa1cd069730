//! What the golden files of exports say.

use super::IMPORT;
use crate::event::{Event, ExportCompleted, ExportContent, ExportFailed, ExportStarted};

pub(super) fn exported() -> [Event; 3] {
    [
        Event::ExportStarted(ExportStarted {
            export_id: IMPORT,
            content: ExportContent::UserEvents,
            format: "csv".to_owned(),
            position: "c1".to_owned(),
            personal: true,
            query: Some("type=BadgeGained".to_owned()),
        }),
        Event::ExportCompleted(ExportCompleted {
            export_id: IMPORT,
            rows: 10,
            bytes: 999,
            sha256: None,
        }),
        Event::ExportFailed(ExportFailed {
            export_id: IMPORT,
            code: "client_gone".to_owned(),
            rows: 3,
        }),
    ]
}

pub(super) fn exported_v2() -> [Event; 1] {
    [Event::ExportCompleted(ExportCompleted {
        export_id: IMPORT,
        rows: 10,
        bytes: 999,
        sha256: Some("ef".repeat(32)),
    })]
}
