//! An import as it is shown.

use std::collections::BTreeMap;

use domain::event::{
    Column, ImportPlan, ImportRevertProgressed, ImportReverted, Kept, Named, RevertCounts,
    RowCounts, RowNote, Target,
};
use domain::property::Properties;
use domain::value::DateOrder;
use projections::imports::ImportLine;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::import::definitions::is_new;
use crate::import::text::Confidence;
use crate::routes::actors::{ActorView, Actors};
use crate::routes::shown;

/// Where a column goes. Columns can be sent back as a mapping as they are shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// Which column, from 1.
    pub column: usize,
    /// As the first line has it.
    pub header: String,
    /// `email`, `user_id`, `field`, `member_since` or `ignored`.
    pub target: &'static str,
    /// The field's reference id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// Type of the field's values: `text`, `number`, `boolean` or `date`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Whether the property would be made by the import.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
    /// Order of day, month and year: `dmy`, `mdy` or `ymd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<&'static str>,
    /// IANA zone of date-times that name no offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<&'static str>,
    /// Decimals stand behind a comma.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub decimal_comma: bool,
    /// Digits may stand in groups of three.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub grouped: bool,
    /// What an empty cell does: `clear`; left out: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<&'static str>,
    /// A cell of exactly this text clears the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_token: Option<String>,
    /// One `'` at the beginning of a cell is taken off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
}

impl ColumnView {
    /// Each column of a file, as shown.
    pub(super) fn all(columns: Vec<Column>, known: &Properties) -> Vec<ColumnView> {
        let view = |(index, column)| ColumnView::new(index + 1, column, known);
        columns.into_iter().enumerate().map(view).collect()
    }

    fn new(
        number: usize,
        Column { header, target, rule, reference_id }: Column,
        known: &Properties,
    ) -> ColumnView {
        let new = is_new(known, &target);
        let (target, id) = match target {
            Target::Email => ("email", None),
            Target::UserId => ("user_id", None),
            Target::Field(id) => ("field", Some(id)),
            Target::MemberSince => ("member_since", None),
            Target::Ignored => ("ignored", None),
        };
        let reference_id = id.map(|id| match known.by_id(&id) {
            Some(property) => property.reference_id.clone(),
            None => reference_id.unwrap_or(id),
        });
        ColumnView {
            column: number,
            header,
            target,
            kind: reference_id.is_some().then(|| rule.kind.name()),
            reference_id,
            new,
            date_order: rule.date_order.map(DateOrder::name),
            zone: rule.zone.map(|zone| zone.name()),
            decimal_comma: rule.decimal_comma,
            grouped: rule.grouped,
            empty: rule.empty_clears.then_some("clear"),
            clear_token: rule.clear_token,
            guarded: rule.guarded,
        }
    }
}

/// A refused row, or one with a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Physical line where the record starts; the header is line 1.
    pub line: u64,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Header of the cell at fault.
    pub column: Option<String>,
    /// Stable name of the reason.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

impl From<RowNote> for RowView {
    fn from(RowNote { line, row, column, code, reason }: RowNote) -> RowView {
        RowView { line, row, column, code, reason }
    }
}

/// What became of rows, or would.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountsView {
    /// Rows that made a user.
    pub created: u64,
    /// Rows that changed a user.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows refused with a reason.
    pub rejected: u64,
    /// Warnings; their rows are counted above as well.
    pub warnings: u64,
    /// Rows that put their user on the import's list.
    pub joined: u64,
}

impl From<RowCounts> for CountsView {
    fn from(counts: RowCounts) -> Self {
        let RowCounts { created, updated, unchanged, rejected, warnings, joined } = counts;
        CountsView { created, updated, unchanged, rejected, warnings, joined }
    }
}

/// A file and how it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// `,` `;` `|` or a tab.
    pub delimiter: String,
    /// The encoding it was read in, by its name in the WHATWG Encoding Standard.
    pub encoding: String,
    /// `certain`: said by the caller or a byte order mark, or every byte agrees. `likely`: what such bytes mostly are.
    pub encoding_confidence: &'static str,
    /// Whether its first row named the columns.
    pub header: bool,
}

impl FileView {
    pub(super) fn new(plan: &ImportPlan) -> FileView {
        let confidence =
            if plan.encoding_guessed { Confidence::Likely } else { Confidence::Certain };
        FileView {
            bytes: plan.bytes,
            sha256: plan.sha256.clone(),
            delimiter: char::from(plan.delimiter).to_string(),
            encoding: plan.encoding.clone(),
            encoding_confidence: confidence.name(),
            header: plan.header,
        }
    }
}

/// The list that an import's users join.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportListView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

impl From<Named> for ImportListView {
    fn from(Named { id, name }: Named) -> ImportListView {
        ImportListView { id: id.to_string(), name }
    }
}

/// What the last check said of an import that has not started.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedView {
    /// Users were looked at as of this cursor.
    pub position: String,
    /// What would become of the rows.
    #[serde(flatten)]
    pub counts: CountsView,
    /// Users that would be made or changed.
    pub users: u64,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
}

/// Something an import did that stays when it is taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptView {
    /// Whose.
    pub user_id: Uuid,
    /// The field that keeps its value, `email` for the address; null: the user stays, or the list.
    pub field: Option<String>,
    /// `user_has_history`, `value_changed`, `external_id_taken`, `list_changed` or `user_gone`.
    pub code: String,
}

impl KeptView {
    /// Each, with its field as that is called now; as its id where it is gone.
    pub(super) fn all(kept: Vec<Kept>, known: &Properties) -> Vec<KeptView> {
        let view = |Kept { user_id, field, code }| {
            let field = field.map(|id| known.name_of(&id).unwrap_or(&id).to_owned());
            KeptView { user_id: user_id.0, field, code }
        };
        kept.into_iter().map(view).collect()
    }
}

/// What taking an import back does, or did.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct RevertCountsView {
    /// Users that are gone: nothing but imports that were taken back had made or changed them.
    pub removed: u64,
    /// Users that have values from before.
    pub restored: u64,
    /// Users that left the list they had joined by it.
    pub left: u64,
    /// Users and values that stay as they are.
    pub kept: u64,
}

impl From<RevertCounts> for RevertCountsView {
    fn from(RevertCounts { removed, restored, left, kept }: RevertCounts) -> RevertCountsView {
        RevertCountsView { removed, restored, left, kept }
    }
}

/// What taking an import back does, or did, and the first of what stays.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevertView {
    /// How many of what.
    #[serde(flatten)]
    pub counts: RevertCountsView,
    /// Rows of the import whose users are done, while it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The first 100 of what stays, once it is done; `kept.csv` has all.
    pub kept_first: Vec<KeptView>,
}

/// An import. `created + updated + unchanged + rejected` = rows read so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Its id.
    pub id: Uuid,
    /// `draft`, `mapped`, `checked`, `queued`, `running`, `completed`, `cancelled`, `failed`, `reverting` or `reverted`.
    pub state: &'static str,
    /// Rows of the file.
    pub rows: u64,
    /// What became of those read.
    #[serde(flatten)]
    pub counts: CountsView,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
    /// The first 100 refused rows.
    pub rejects: Vec<RowView>,
    /// The first 100 warnings.
    pub warned: Vec<RowView>,
    /// Where each column goes.
    pub columns: Vec<ColumnView>,
    /// By what rows find their users: `email`, `user_id` or `external_id`.
    pub match_by: &'static str,
    /// Which users it may touch: `both`, `create_only` or `update_only`.
    pub mode: &'static str,
    /// What becomes of a row with a cell that cannot be read: `reject_row` or `drop_cell`.
    pub bad_cells: &'static str,
    /// The list its users join.
    pub list: Option<ImportListView>,
    /// What the last check said, while it is not started.
    pub check: Option<CheckedView>,
    /// What taking it back does, or did.
    pub revert: Option<RevertView>,
    /// The import whose file and mapping it took over.
    pub again_of: Option<Uuid>,
    /// Name of the file, where one was given. Withheld without `personal:read`.
    pub filename: Option<String>,
    /// What was read.
    #[serde(flatten)]
    pub file: FileView,
    /// Whether the file is still there.
    pub file_kept: bool,
    /// Who uploaded, mapped or started it last.
    pub by: ActorView,
    /// When its file came.
    pub uploaded_at: String,
    /// When it was accepted.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Seconds from one to the other.
    pub seconds: Option<f64>,
    /// When it was taken back.
    pub reverted_at: Option<String>,
    /// Why it failed.
    pub code: Option<String>,
}

impl ImportView {
    pub(super) fn new(
        line: ImportLine,
        (known, actors): (&Properties, &Actors),
        personal: bool,
    ) -> ImportView {
        let (rejects, warned, codes) = line
            .completed
            .map(|done| (done.rejects, done.warnings, done.codes))
            .unwrap_or_default();
        let checked = line.checked.filter(|_| line.started_at.is_none());
        let seconds = line.finished_at.zip(line.started_at).map(|(end, start)| end - start);
        ImportView {
            id: line.plan.import_id,
            state: line.state.name(),
            rows: line.plan.rows,
            counts: line.counts.into(),
            codes,
            rejects: rejects.into_iter().map(RowView::from).collect(),
            warned: warned.into_iter().map(RowView::from).collect(),
            file: FileView::new(&line.plan),
            columns: ColumnView::all(line.plan.columns, known),
            match_by: line.plan.match_by.name(),
            mode: line.plan.mode.name(),
            bad_cells: line.plan.bad_cells.name(),
            list: line.plan.list.map(ImportListView::from),
            check: checked.map(|checked| CheckedView {
                position: checked.position,
                counts: checked.counts.into(),
                users: checked.users,
                codes: checked.codes,
            }),
            revert: line
                .reverted
                .map(|reverted| done(reverted, known))
                .or(line.undone.map(on_the_way)),
            again_of: line.plan.again,
            filename: line.plan.filename.filter(|_| personal),
            file_kept: !line.file_gone,
            by: actors.view(&line.actor),
            uploaded_at: shown(line.uploaded_at),
            started_at: line.started_at.map(shown),
            finished_at: line.finished_at.map(shown),
            seconds: seconds.map(|micros| micros as f64 / 1e6),
            reverted_at: line.reverted_at.map(shown),
            code: line.code,
        }
    }
}

fn done(reverted: ImportReverted, known: &Properties) -> RevertView {
    let kept_first = KeptView::all(reverted.kept, known);
    RevertView { counts: reverted.counts.into(), rows: None, kept_first }
}

fn on_the_way(undone: ImportRevertProgressed) -> RevertView {
    RevertView { counts: undone.counts.into(), rows: Some(undone.row), kept_first: Vec::new() }
}
