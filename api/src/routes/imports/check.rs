//! What an import would do, as it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use domain::event::{Change, ImportPlan};
use domain::property::Properties;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::consequences::ConsequenceView;
use super::view::{ColumnView, CountsView, FileView, ImportListView, RowView};
use crate::app::App;
use crate::import::check::{Check, Difference, check};
use crate::import::definitions::as_made;
use crate::import::duplicates::Sheet;
use crate::import::forecast::Forecast;
use crate::import::upload::Upload;
use crate::problem::Problem;
use crate::routes::at_position;

/// One field of a user before and after. Values are withheld without `personal:read`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    /// Reference id.
    pub field: String,
    /// As it is; null where there is none.
    pub old: Option<String>,
    /// As it would be.
    pub new: Option<String>,
}

/// A user that would be made or changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DifferenceView {
    /// Who; a user that would be made would have this id.
    pub user_id: Uuid,
    /// The address. Withheld without `personal:read`.
    pub email: Option<String>,
    /// Line of the first row that speaks of it.
    pub line: u64,
    /// Whether the user would be made.
    pub created: bool,
    /// Whether the user would join the import's list.
    pub joins: bool,
    /// What would change, all rows of the address together.
    pub changes: Vec<ChangeView>,
}

/// What an import would do, at a glance. `created + updated + unchanged + rejected` = `rows`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// Users were looked at as of this cursor.
    pub position: String,
    /// Rows of the file.
    pub rows: u64,
    /// What would become of them.
    #[serde(flatten)]
    pub counts: CountsView,
    /// Users that would be made or changed.
    pub users: u64,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
    /// The first 100 of them.
    pub differences: Vec<DifferenceView>,
    /// What would follow by rules: segments entered and left, badges gained and lost; the first 100.
    pub consequences: Vec<ConsequenceView>,
    /// The first 100 rows that would be refused.
    pub rejects: Vec<RowView>,
    /// The first 100 rows with a warning.
    pub warned: Vec<RowView>,
    /// By what rows find their users: `email`, `user_id` or `external_id`.
    pub match_by: &'static str,
    /// The list its users would join.
    pub list: Option<ImportListView>,
    /// Where each column would go.
    pub columns: Vec<ColumnView>,
    /// What was read.
    #[serde(flatten)]
    pub file: FileView,
    /// `full`, or `withheld` without `personal:read`.
    pub state: &'static str,
}

/// Waits until the tables hold what is recorded and, where there are rules, what follows from it: else the import would
/// seem to bring that about.
pub(super) async fn settled(app: &App) -> Result<(), Problem> {
    app.settled(app.log.head()).await?;
    if app.follower.store().rules()?.is_empty() { Ok(()) } else { app.at_rest().await }
}

/// Checks a file that was read whole; then it is gone.
pub(super) async fn answer(
    app: &Arc<App>,
    upload: Upload,
    personal: bool,
) -> Result<Response, Problem> {
    let _turn = app.looks.acquire().await.map_err(Problem::internal)?;
    settled(app).await?;
    let checking = app.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let (plan, now) = (&upload.plan, checking.now());
        let sheet = Sheet { path: upload.text(), plan, now, key: &checking.key };
        let store = checking.follower.store();
        let forecast = Forecast::new(&checking, &store).map_err(Problem::internal)?;
        let check = check(&store, sheet, forecast, &mut |_| Ok(())).map_err(Problem::internal)?;
        Ok::<_, Problem>((check, upload.plan.clone(), store.properties()?))
    });
    let (check, plan, known) = checked.await.map_err(Problem::internal)??;
    let position = app.cursor(check.position);
    let view = CheckView::new(position.clone(), check, plan, &known, personal);
    Ok(at_position(&position, Json(view)))
}

impl CheckView {
    fn new(
        position: String,
        check: Check,
        plan: ImportPlan,
        known: &Properties,
        personal: bool,
    ) -> CheckView {
        let made = as_made(known.clone(), &plan.columns);
        let shown = |difference| DifferenceView::new(difference, personal).named(&made);
        CheckView {
            position,
            rows: plan.rows,
            counts: check.counts.into(),
            users: check.users,
            codes: check.notes.codes,
            differences: check.differences.into_iter().map(shown).collect(),
            consequences: ConsequenceView::first(check.consequences, personal),
            rejects: check.notes.rejects.into_iter().map(RowView::from).collect(),
            warned: check.notes.warnings.into_iter().map(RowView::from).collect(),
            file: FileView::new(&plan),
            match_by: plan.match_by.name(),
            list: plan.list.map(ImportListView::from),
            columns: ColumnView::all(plan.columns, known),
            state: if personal { "full" } else { "withheld" },
        }
    }
}

impl DifferenceView {
    pub(super) fn new(difference: Difference, personal: bool) -> DifferenceView {
        let value = |value: Option<String>| value.filter(|_| personal);
        let change = |Change { field, old, new }: Change| ChangeView {
            field,
            old: value(old),
            new: value(new),
        };
        DifferenceView {
            user_id: difference.user.0,
            email: value(difference.email),
            line: difference.line,
            created: difference.created,
            joins: difference.joins,
            changes: difference.changes.into_iter().map(change).collect(),
        }
    }

    /// With fields as they are called now.
    fn named(mut self, known: &Properties) -> DifferenceView {
        for change in &mut self.changes {
            change.field = known.name_of(&change.field).unwrap_or(&change.field).to_owned();
        }
        self
    }
}
