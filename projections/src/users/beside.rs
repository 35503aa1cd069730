//! What a walk over all users shows of each beside the table's line, where it is asked for.

use rusqlite::Row;
use uuid::Uuid;

/// Something that is not in the table's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// The ids of the badges held.
    Badges,
    /// The ids of the lists the user is on.
    Lists,
    /// The ids of the segments the user is in.
    Segments,
    /// The import that made the user.
    Import,
}

/// What was found of it; nothing of what was not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Ids of badges, sorted.
    pub badges: Vec<String>,
    /// Ids of lists, sorted.
    pub lists: Vec<String>,
    /// Ids of segments, sorted.
    pub segments: Vec<String>,
    /// The import that made the user; none where one was made by hand.
    pub import: Option<Uuid>,
}

/// Parts ids in one text: none holds it.
const BETWEEN: char = ';';

/// In the order of [`found`].
const ALL: [Beside; 4] = [Beside::Badges, Beside::Lists, Beside::Segments, Beside::Import];

/// The columns of a query over users `u`: always as many, null where nothing is asked for.
pub(super) fn columns(asked: &[Beside]) -> String {
    let column = |beside: Beside| {
        let ids = |table: &str, id: &str| {
            format!("(SELECT group_concat({id}, '{BETWEEN}') FROM {table} WHERE user_id = u.id)")
        };
        match beside {
            _ if !asked.contains(&beside) => "NULL".to_owned(),
            Beside::Badges => ids("user_badges", "badge_id"),
            Beside::Lists => ids("user_lists", "list_id"),
            Beside::Segments => ids("user_segments", "segment_id"),
            Beside::Import => "u.import".to_owned(),
        }
    };
    ALL.map(column).join(", ")
}

/// Reads those columns, the first of which has this number.
pub(super) fn found(row: &Row<'_>, first: usize) -> rusqlite::Result<Found> {
    let ids = |column| {
        let joined: Option<String> = row.get(column)?;
        let ids = joined.iter().flat_map(|joined| joined.split(BETWEEN));
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort_unstable();
        Ok::<_, rusqlite::Error>(ids)
    };
    Ok(Found {
        badges: ids(first)?,
        lists: ids(first + 1)?,
        segments: ids(first + 2)?,
        import: row.get::<_, Option<[u8; 16]>>(first + 3)?.map(Uuid::from_bytes),
    })
}
