//! What there is of a person now, and where it came from: `user.json`.

use domain::UserId;
use domain::event::EXTERNAL_ID;
use domain::property::Properties;
use domain::value::ValueType;
use projections::ProjectionError;
use projections::users::{Fields, UserDetails};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::gathered::{Address, Gathered, Touched};
use crate::app::App;
use crate::routes::shown;

/// See the module.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    id: String,
    /// `there`, or `deleted` where only past facts are left.
    state: &'static str,
    deleted_at: Option<String>,
    first_fact_at: String,
    last_fact_at: String,
    events: u64,
    email: Option<String>,
    external_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    lang: Option<String>,
    member_since: Option<String>,
    last_active_at: Option<String>,
    revision: Option<u64>,
    challenges_completed: u64,
    digital_assets_received: u64,
    perks_used: u64,
    properties: Vec<PropertyNow>,
    lists: Vec<Since>,
    segments: Vec<Since>,
    badges: Vec<Since>,
    challenges: Vec<ChallengeNow>,
    perks: Vec<PerkNow>,
    digital_assets: Vec<Since>,
    apps: Vec<Since>,
    addresses: Vec<Address>,
    imports: Vec<ImportOf>,
}

#[derive(Debug, Serialize)]
struct PropertyNow {
    id: String,
    reference_id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Value,
}

#[derive(Debug, Serialize)]
struct Since {
    id: String,
    name: Option<String>,
    since: String,
}

#[derive(Debug, Serialize)]
struct Called {
    id: String,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct ChallengeNow {
    id: String,
    name: Option<String>,
    joined_at: String,
    completed_at: Option<String>,
    steps: Vec<Called>,
    rewards: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PerkNow {
    id: String,
    name: Option<String>,
    received: u64,
    used: u64,
    received_at: Option<String>,
    used_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ImportOf {
    import_id: Uuid,
    filename: Option<String>,
    uploaded_at: Option<String>,
    rows: Vec<u64>,
    taken_back: bool,
}

impl Overview {
    pub(super) fn new(
        app: &App,
        user: UserId,
        details: Option<UserDetails>,
        known: &Properties,
        gathered: &Gathered,
    ) -> Result<Overview, ProjectionError> {
        let line = details.as_ref().map(|details| &details.line);
        let field = |id: &str| line.and_then(|line| line.fields.get(id).cloned());
        let since = |kind: &'static str, of: fn(&UserDetails) -> &Vec<(String, i64)>| {
            let held = details.iter().flat_map(of);
            held.map(|(id, at)| Since {
                id: id.clone(),
                name: gathered.name(kind, id),
                since: shown(*at),
            })
            .collect()
        };
        Ok(Overview {
            id: user.to_string(),
            state: if line.is_some() { "there" } else { "deleted" },
            deleted_at: gathered.deleted_at.map(shown),
            first_fact_at: shown(gathered.first_at),
            last_fact_at: shown(gathered.last_at),
            events: gathered.events,
            email: line.map(|line| line.email.clone()),
            external_id: field(EXTERNAL_ID),
            first_name: field("first_name"),
            last_name: field("last_name"),
            lang: field("lang"),
            member_since: line.map(|line| shown(line.member_since)),
            last_active_at: line.and_then(|line| line.last_active_at).map(shown),
            revision: line.map(|line| line.revision),
            challenges_completed: line.map_or(0, |line| line.challenges_completed),
            digital_assets_received: line.map_or(0, |line| line.digital_assets),
            perks_used: line.map_or(0, |line| line.perks_used),
            properties: line.map(|line| properties(&line.fields, known)).unwrap_or_default(),
            lists: since("audience_id", |details| &details.lists),
            segments: since("audience_id", |details| &details.segments),
            badges: since("badge_id", |details| &details.badges),
            challenges: challenges(details.as_ref(), gathered),
            perks: perks(details.as_ref(), gathered),
            digital_assets: since("digital_asset_id", |details| &details.digital_assets),
            apps: since("app_id", |details| &details.apps),
            addresses: gathered.addresses.clone(),
            imports: imports(app, gathered)?,
        })
    }
}

/// The values of properties that are there, in the order in which those were made.
fn properties(fields: &Fields, known: &Properties) -> Vec<PropertyNow> {
    let now = |property: &domain::property::Property| {
        let text = fields.get(&property.id)?;
        let value = match property.kind {
            // In the form they are kept in, both are JSON already.
            ValueType::Number | ValueType::Boolean => serde_json::from_str(text).ok(),
            ValueType::Text | ValueType::Date => None,
        };
        Some(PropertyNow {
            id: property.id.clone(),
            reference_id: property.reference_id.clone(),
            name: property.name.clone(),
            kind: property.kind.name(),
            value: value.unwrap_or_else(|| text.as_str().into()),
        })
    };
    known.iter().filter_map(now).collect()
}

fn challenges(details: Option<&UserDetails>, gathered: &Gathered) -> Vec<ChallengeNow> {
    let called = |id: &String| Called { id: id.clone(), name: gathered.name("step_id", id) };
    let lines = details.into_iter().flat_map(|details| &details.challenges);
    lines
        .map(|line| ChallengeNow {
            id: line.challenge_id.clone(),
            name: gathered.name("challenge_id", &line.challenge_id),
            joined_at: shown(line.joined_at),
            completed_at: line.completed_at.map(shown),
            steps: line.steps.iter().map(called).collect(),
            rewards: line.rewards.clone(),
        })
        .collect()
}

fn perks(details: Option<&UserDetails>, gathered: &Gathered) -> Vec<PerkNow> {
    let lines = details.into_iter().flat_map(|details| &details.perks);
    lines
        .map(|line| PerkNow {
            id: line.perk_id.clone(),
            name: gathered.name("perk_id", &line.perk_id),
            received: line.received,
            used: line.used,
            received_at: line.received_at.map(shown),
            used_at: line.used_at.map(shown),
        })
        .collect()
}

fn imports(app: &App, gathered: &Gathered) -> Result<Vec<ImportOf>, ProjectionError> {
    let store = app.follower.store();
    let import = |(id, touched): (&Uuid, &Touched)| {
        let line = store.import(*id)?;
        Ok(ImportOf {
            import_id: *id,
            filename: line.as_ref().and_then(|line| line.plan.filename.clone()),
            uploaded_at: line.map(|line| shown(line.uploaded_at)),
            rows: touched.rows.iter().copied().collect(),
            taken_back: touched.taken_back,
        })
    };
    gathered.imports.iter().map(import).collect()
}
