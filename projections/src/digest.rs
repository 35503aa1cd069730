//! What two files of tables must have in common to be the same: every row of every table, in key order.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use eventlog::{Log, Position};
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::follower::catch_up;
use crate::store::{self, Store};

/// Each table and its rows in key order. `no` is left out: it is how rows are kept, not what they say.
const TABLES: [(&str, &str); 30] = [
    ("users", "SELECT id, member_since, email, found, fields, import FROM users ORDER BY id"),
    (
        "user_stats",
        "SELECT id, revision, last_active_at, challenges_completed, digital_assets, perks_used, active_hour FROM user_stats ORDER BY id",
    ),
    ("email_claims", "SELECT * FROM email_claims ORDER BY id"),
    ("user_emails", "SELECT * FROM user_emails ORDER BY owner, address"),
    ("released_emails", "SELECT * FROM released_emails ORDER BY id"),
    ("external_ids", "SELECT * FROM external_ids ORDER BY external_id, user_id, since"),
    ("user_badges", "SELECT * FROM user_badges ORDER BY user_id, badge_id"),
    ("user_segments", "SELECT * FROM user_segments ORDER BY user_id, segment_id"),
    ("rules", "SELECT * FROM rules ORDER BY sort, id"),
    ("user_challenges", "SELECT * FROM user_challenges ORDER BY user_id, challenge_id"),
    ("user_perks", "SELECT * FROM user_perks ORDER BY user_id, perk_id"),
    ("user_digital_assets", "SELECT * FROM user_digital_assets ORDER BY user_id, digital_asset_id"),
    ("user_apps", "SELECT * FROM user_apps ORDER BY user_id, app_id"),
    ("user_lists", "SELECT * FROM user_lists ORDER BY user_id, list_id"),
    ("member_counts", "SELECT * FROM member_counts ORDER BY sort, id"),
    (
        "participant_counts",
        "SELECT * FROM participant_counts ORDER BY challenge_id, steps, rewards, completed",
    ),
    ("lists", "SELECT * FROM lists ORDER BY id"),
    ("properties", "SELECT * FROM properties ORDER BY id"),
    ("fields", "SELECT * FROM fields ORDER BY id"),
    ("views", "SELECT * FROM views ORDER BY id"),
    ("displayed", "SELECT * FROM displayed ORDER BY token_id"),
    ("imports", "SELECT * FROM imports ORDER BY id"),
    ("bulk_actions", "SELECT * FROM bulk_actions ORDER BY id"),
    ("exports", "SELECT * FROM exports ORDER BY id"),
    ("tokens", "SELECT * FROM tokens ORDER BY id"),
    ("team_members", "SELECT * FROM team_members ORDER BY id"),
    ("quarters", "SELECT * FROM quarters ORDER BY week, measure, id, part"),
    ("names", "SELECT * FROM names ORDER BY name"),
    ("happened", "SELECT * FROM happened ORDER BY place"),
    ("kind_counts", "SELECT * FROM kind_counts ORDER BY kind"),
];

/// Rows and digest of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDigest {
    /// Its name.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// Equal for equal content. Not cryptographic: it finds accidents, not attacks.
    pub digest: u64,
}

impl Store {
    /// Digests of all tables and the position they are at, from one moment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn digests(&self) -> Result<(Position, Vec<TableDigest>), ProjectionError> {
        let connection = self.open_reader()?;
        connection.execute_batch("BEGIN")?;
        let mut digests = Vec::with_capacity(TABLES.len());
        for (table, sql) in TABLES {
            let (mut hasher, mut count) = (DefaultHasher::new(), 0);
            let mut statement = connection.prepare(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    match row.get_ref(column)? {
                        ValueRef::Null => 0u8.hash(&mut hasher),
                        ValueRef::Integer(number) => number.hash(&mut hasher),
                        ValueRef::Real(number) => number.to_bits().hash(&mut hasher),
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(&mut hasher),
                    }
                }
                count += 1;
            }
            digests.push(TableDigest { table, rows: count, digest: hasher.finish() });
        }
        Ok((store::checkpoint(&connection)?, digests))
    }
}

/// Replays the log into a fresh file in `scratch` and compares: answers the position compared at, and for each table
/// what serves and what the replay made.
///
/// # Errors
/// [`ProjectionError`].
pub fn compare_with_replay(
    log: &Log,
    log_id: Uuid,
    serving: &Store,
    scratch: &Path,
    progress: &mut dyn FnMut(Position, Position),
) -> Result<(Position, Vec<(TableDigest, TableDigest)>), ProjectionError> {
    let (at, digests) = serving.digests()?;
    let replayed = Store::create_next(scratch, log_id)?;
    let replay = || -> Result<_, ProjectionError> {
        catch_up(log, &replayed, at, &mut |done| progress(done, at))?;
        Ok(digests.into_iter().zip(replayed.digests()?.1).collect())
    };
    let compared = replay();
    replayed.retire();
    Ok((at, compared?))
}
