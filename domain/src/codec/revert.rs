//! How facts about imports taken back are written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, write};
use crate::event::{
    ImportRevertProgressed, ImportRevertStarted, ImportReverted, Kept, RevertCounts,
};
use crate::id::UserId;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ImportRevertStartedV1 {
    import_id: Uuid,
}

pub(super) fn write_started(fact: &ImportRevertStarted) -> Parts {
    (write(&ImportRevertStartedV1 { import_id: fact.import_id }), None)
}

pub(super) fn read_started(data: &[u8]) -> Read<ImportRevertStarted> {
    let ImportRevertStartedV1 { import_id } = read(data)?;
    Ok(ImportRevertStarted { import_id })
}

#[derive(Serialize, Deserialize)]
struct RevertCountsV1 {
    removed: u64,
    restored: u64,
    left: u64,
    kept: u64,
}

impl From<RevertCounts> for RevertCountsV1 {
    fn from(RevertCounts { removed, restored, left, kept }: RevertCounts) -> Self {
        RevertCountsV1 { removed, restored, left, kept }
    }
}

impl From<RevertCountsV1> for RevertCounts {
    fn from(RevertCountsV1 { removed, restored, left, kept }: RevertCountsV1) -> Self {
        RevertCounts { removed, restored, left, kept }
    }
}

#[derive(Serialize, Deserialize)]
struct ImportRevertProgressedV1 {
    import_id: Uuid,
    position: String,
    row: u64,
    counts: RevertCountsV1,
}

pub(super) fn write_progressed(fact: &ImportRevertProgressed) -> Parts {
    let ImportRevertProgressed { import_id, position, row, counts } = fact.clone();
    (write(&ImportRevertProgressedV1 { import_id, position, row, counts: counts.into() }), None)
}

pub(super) fn read_progressed(data: &[u8]) -> Read<ImportRevertProgressed> {
    let ImportRevertProgressedV1 { import_id, position, row, counts } = read(data)?;
    Ok(ImportRevertProgressed { import_id, position, row, counts: counts.into() })
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptV1 {
    user_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: String,
}

impl From<Kept> for KeptV1 {
    fn from(Kept { user_id, field, code }: Kept) -> Self {
        KeptV1 { user_id: user_id.0, field, code }
    }
}

impl From<KeptV1> for Kept {
    fn from(KeptV1 { user_id, field, code }: KeptV1) -> Self {
        Kept { user_id: UserId(user_id), field, code }
    }
}

#[derive(Serialize, Deserialize)]
struct ImportRevertedV1 {
    import_id: Uuid,
    counts: RevertCountsV1,
    kept: Vec<KeptV1>,
}

pub(super) fn write_reverted(fact: &ImportReverted) -> Parts {
    let ImportReverted { import_id, counts, kept: first } = fact.clone();
    let kept = first.into_iter().map(KeptV1::from).collect();
    (write(&ImportRevertedV1 { import_id, counts: counts.into(), kept }), None)
}

pub(super) fn read_reverted(data: &[u8]) -> Read<ImportReverted> {
    let ImportRevertedV1 { import_id, counts, kept } = read(data)?;
    Ok(ImportReverted {
        import_id,
        counts: counts.into(),
        kept: kept.into_iter().map(Kept::from).collect(),
    })
}
