//! How facts about exports are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{
    ExportCompleted, ExportContent, ExportDownloaded, ExportEnd, ExportFailed, ExportFileRemoved,
    ExportRemoval, ExportSlice, ExportStarted, ExportWritten, PastMoment, ResolvedExport, TextForm,
};

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

fn content(name: &str) -> Read<ExportContent> {
    ExportContent::ALL
        .into_iter()
        .find(|known| known.name() == name)
        .ok_or_else(|| "an export content this version does not know".to_owned())
}

pub(super) fn read_export_started_v1(
    data: &[u8],
    personal_part: Option<&[u8]>,
) -> Read<ExportStarted> {
    let ExportStartedV1 { export_id, content: name, format, position, personal } = read(data)?;
    let ExportStartedPersonalV1 { query } = read_personal(personal_part)?;
    let content = content(&name)?;
    Ok(ExportStarted { export_id, content, format, position, personal, query, resolved: None })
}

#[derive(Serialize, Deserialize)]
struct ExportStartedV2 {
    export_id: Uuid,
    content: String,
    format: String,
    position: String,
    personal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<StoredV2>,
}

#[derive(Serialize, Deserialize)]
struct StoredV2 {
    name: String,
    seen: String,
    rows: u64,
    service: String,
    zone: String,
    zone_data: String,
    safe: bool,
    bom: bool,
    delimiter: Option<char>,
    gzip: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slice: Option<SliceV2>,
}

#[derive(Serialize, Deserialize)]
struct SliceV2 {
    types: Vec<String>,
    basis: String,
    from: Option<i64>,
    to: Option<i64>,
    after: String,
}

#[derive(Default, Serialize, Deserialize)]
struct ExportStartedPersonalV2 {
    query: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<SliceV2> for ExportSlice {
    fn from(SliceV2 { types, basis, from, to, after }: SliceV2) -> Self {
        ExportSlice { types, basis, from, to, after }
    }
}

pub(super) fn read_export_started_v2(
    data: &[u8],
    personal_part: Option<&[u8]>,
) -> Read<ExportStarted> {
    let ExportStartedV2 { export_id, content: name, format, position, personal, stored } =
        read(data)?;
    let ExportStartedPersonalV2 { query, reason } = read_personal(personal_part)?;
    let resolved = stored.map(|stored| {
        let StoredV2 { name, seen, rows, service, zone, zone_data, slice, .. } = stored;
        let StoredV2 { safe, bom, delimiter, gzip, .. } = stored;
        let (text, slice) = (TextForm { safe, bom, delimiter, gzip }, slice.map(ExportSlice::from));
        let (kept, rows, as_of) = (true, Some(rows), None);
        Box::new(ResolvedExport {
            kept,
            name,
            seen,
            rows,
            service,
            zone,
            zone_data,
            text,
            slice,
            as_of,
            reason,
        })
    });
    let content = content(&name)?;
    Ok(ExportStarted { export_id, content, format, position, personal, query, resolved })
}

#[derive(Serialize, Deserialize)]
struct ExportStartedV3 {
    export_id: Uuid,
    content: String,
    format: String,
    position: String,
    personal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolved: Option<ResolvedV3>,
}

#[derive(Serialize, Deserialize)]
struct ResolvedV3 {
    kept: bool,
    name: String,
    seen: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    service: String,
    zone: String,
    zone_data: String,
    safe: bool,
    bom: bool,
    delimiter: Option<char>,
    gzip: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slice: Option<SliceV2>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<PastMomentV3>,
}

#[derive(Serialize, Deserialize)]
struct PastMomentV3 {
    asked: String,
    position: String,
    at: i64,
}

impl From<ResolvedExport> for ResolvedV3 {
    fn from(resolved: ResolvedExport) -> Self {
        let ResolvedExport { kept, name, seen, rows, service, zone, zone_data, text, .. } =
            resolved;
        let TextForm { safe, bom, delimiter, gzip } = text;
        let slice = resolved.slice.map(|ExportSlice { types, basis, from, to, after }| SliceV2 {
            types,
            basis,
            from,
            to,
            after,
        });
        let moment = |PastMoment { asked, position, at }| PastMomentV3 { asked, position, at };
        ResolvedV3 {
            kept,
            name,
            seen,
            rows,
            service,
            zone,
            zone_data,
            safe,
            bom,
            delimiter,
            gzip,
            slice,
            as_of: resolved.as_of.map(moment),
        }
    }
}

impl ResolvedV3 {
    fn read(self, reason: Option<String>) -> ResolvedExport {
        let ResolvedV3 { kept, name, seen, rows, service, zone, zone_data, .. } = self;
        let ResolvedV3 { safe, bom, delimiter, gzip, slice, as_of, .. } = self;
        let moment = |PastMomentV3 { asked, position, at }| PastMoment { asked, position, at };
        ResolvedExport {
            kept,
            name,
            seen,
            rows,
            service,
            zone,
            zone_data,
            text: TextForm { safe, bom, delimiter, gzip },
            slice: slice.map(ExportSlice::from),
            as_of: as_of.map(moment),
            reason,
        }
    }
}

pub(super) fn write_export_started(fact: &ExportStarted) -> Parts {
    let ExportStarted { export_id, content, format, position, personal, query, resolved } =
        fact.clone();
    let reason = resolved.as_ref().and_then(|resolved| resolved.reason.clone());
    let data = ExportStartedV3 {
        export_id,
        content: content.name().to_owned(),
        format,
        position,
        personal,
        resolved: resolved.map(|resolved| ResolvedV3::from(*resolved)),
    };
    let said = query.is_some() || reason.is_some();
    (write(&data), said.then(|| write(&ExportStartedPersonalV2 { query, reason })))
}

pub(super) fn read_export_started(
    data: &[u8],
    personal_part: Option<&[u8]>,
) -> Read<ExportStarted> {
    let ExportStartedV3 { export_id, content: name, format, position, personal, resolved } =
        read(data)?;
    let ExportStartedPersonalV2 { query, reason } = read_personal(personal_part)?;
    let (content, resolved) = (content(&name)?, resolved.map(|it| Box::new(it.read(reason))));
    Ok(ExportStarted { export_id, content, format, position, personal, query, resolved })
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

#[derive(Serialize, Deserialize)]
struct ExportCompletedV3 {
    export_id: Uuid,
    rows: u64,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<WrittenV3>,
}

#[derive(Serialize, Deserialize)]
struct WrittenV3 {
    position: String,
    columns: Vec<String>,
    types: BTreeMap<String, u64>,
    ends: Option<[EndV3; 2]>,
}

#[derive(Serialize, Deserialize)]
struct EndV3 {
    position: String,
    recorded_at: i64,
}

pub(super) fn write_export_completed(fact: &ExportCompleted) -> Parts {
    let ExportCompleted { export_id, rows, bytes, sha256, written } = fact.clone();
    let end = |ExportEnd { position, recorded_at }| EndV3 { position, recorded_at };
    let written = written.map(|ExportWritten { position, columns, types, ends }| WrittenV3 {
        position,
        columns,
        types,
        ends: ends.map(|ends| ends.map(end)),
    });
    (write(&ExportCompletedV3 { export_id, rows, bytes, sha256, written }), None)
}

pub(super) fn read_export_completed_v1(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV1 { export_id, rows, bytes } = read(data)?;
    Ok(ExportCompleted { export_id, rows, bytes, sha256: None, written: None })
}

pub(super) fn read_export_completed_v2(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV2 { export_id, rows, bytes, sha256 } = read(data)?;
    Ok(ExportCompleted { export_id, rows, bytes, sha256, written: None })
}

pub(super) fn read_export_completed(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV3 { export_id, rows, bytes, sha256, written } = read(data)?;
    let end = |EndV3 { position, recorded_at }| ExportEnd { position, recorded_at };
    let written = written.map(|WrittenV3 { position, columns, types, ends }| ExportWritten {
        position,
        columns,
        types,
        ends: ends.map(|ends| ends.map(end)),
    });
    Ok(ExportCompleted { export_id, rows, bytes, sha256, written })
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

#[derive(Serialize, Deserialize)]
struct ExportDownloadedV1 {
    export_id: Uuid,
    first_byte: u64,
    bytes: u64,
}

pub(super) fn write_export_downloaded(fact: &ExportDownloaded) -> Parts {
    let ExportDownloaded { export_id, first_byte, bytes } = fact.clone();
    (write(&ExportDownloadedV1 { export_id, first_byte, bytes }), None)
}

pub(super) fn read_export_downloaded(data: &[u8]) -> Read<ExportDownloaded> {
    let ExportDownloadedV1 { export_id, first_byte, bytes } = read(data)?;
    Ok(ExportDownloaded { export_id, first_byte, bytes })
}

#[derive(Serialize, Deserialize)]
struct ExportFileRemovedV1 {
    export_id: Uuid,
    because: String,
}

pub(super) fn write_export_file_removed(fact: &ExportFileRemoved) -> Parts {
    let ExportFileRemoved { export_id, because } = fact.clone();
    (write(&ExportFileRemovedV1 { export_id, because: because.name().to_owned() }), None)
}

pub(super) fn read_export_file_removed(data: &[u8]) -> Read<ExportFileRemoved> {
    let ExportFileRemovedV1 { export_id, because } = read(data)?;
    let because = ExportRemoval::ALL.into_iter().find(|known| known.name() == because);
    let because = because.ok_or_else(|| "a reason this version does not know".to_owned())?;
    Ok(ExportFileRemoved { export_id, because })
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
                resolved: None,
            };
            let (data, personal) = write_export_started(&started);
            assert_eq!(read_export_started(&data, personal.as_deref()), Ok(started));
        }
    }
}
