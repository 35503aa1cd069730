//! How facts about exports are written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{ExportCompleted, ExportContent, ExportFailed, ExportStarted};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ExportStartedV1 {
    export_id: Uuid,
    content: String,
    format: String,
    position: String,
    personal: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct ExportStartedPersonalV1 {
    query: Option<String>,
}

pub(super) fn write_export_started(fact: &ExportStarted) -> Parts {
    let ExportStarted { export_id, content, format, position, personal, query } = fact.clone();
    let data = ExportStartedV1 {
        export_id,
        content: content.name().to_owned(),
        format,
        position,
        personal,
    };
    (write(&data), query.map(|query| write(&ExportStartedPersonalV1 { query: Some(query) })))
}

pub(super) fn read_export_started(
    data: &[u8],
    personal_part: Option<&[u8]>,
) -> Read<ExportStarted> {
    let ExportStartedV1 { export_id, content, format, position, personal } = read(data)?;
    let ExportStartedPersonalV1 { query } = read_personal(personal_part)?;
    let content = ExportContent::ALL
        .into_iter()
        .find(|known| known.name() == content)
        .ok_or_else(|| "an export content this version does not know".to_owned())?;
    Ok(ExportStarted { export_id, content, format, position, personal, query })
}

#[derive(Serialize, Deserialize)]
struct ExportCompletedV1 {
    export_id: Uuid,
    rows: u64,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct ExportCompletedV2 {
    export_id: Uuid,
    rows: u64,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

pub(super) fn write_export_completed(fact: &ExportCompleted) -> Parts {
    let ExportCompleted { export_id, rows, bytes, sha256 } = fact.clone();
    (write(&ExportCompletedV2 { export_id, rows, bytes, sha256 }), None)
}

pub(super) fn read_export_completed_v1(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV1 { export_id, rows, bytes } = read(data)?;
    Ok(ExportCompleted { export_id, rows, bytes, sha256: None })
}

pub(super) fn read_export_completed(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV2 { export_id, rows, bytes, sha256 } = read(data)?;
    Ok(ExportCompleted { export_id, rows, bytes, sha256 })
}

#[derive(Serialize, Deserialize)]
struct ExportFailedV1 {
    export_id: Uuid,
    code: String,
    rows: u64,
}

pub(super) fn write_export_failed(fact: &ExportFailed) -> Parts {
    let ExportFailed { export_id, code, rows } = fact.clone();
    (write(&ExportFailedV1 { export_id, code, rows }), None)
}

pub(super) fn read_export_failed(data: &[u8]) -> Read<ExportFailed> {
    let ExportFailedV1 { export_id, code, rows } = read(data)?;
    Ok(ExportFailed { export_id, code, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_of_an_export_is_read_as_written() {
        for content in ExportContent::ALL {
            let started = ExportStarted {
                export_id: Uuid::nil(),
                content,
                format: "zip".to_owned(),
                position: "cursor".to_owned(),
                personal: true,
                query: Some("user=nobody".to_owned()),
            };
            let (data, personal) = write_export_started(&started);
            assert_eq!(read_export_started(&data, personal.as_deref()), Ok(started));
        }
    }
}
