//! The table of users as somebody asks for it: filtered, sorted, page by page.

mod cursor;
pub mod filter;
pub mod key;
mod look;
mod named;
mod saved;
pub mod sort;
mod touched;

use projections::users::UserLine;

pub use self::look::{chosen_by, look};
pub use self::saved::conditions_of;
use crate::problem::Problem;
use crate::table::cursor::Cursor;
use crate::table::filter::UserFilter;
use crate::table::sort::Sort;

/// What is asked of the table.
#[derive(Debug)]
pub struct TableQuery {
    /// Who is in it.
    pub filter: UserFilter,
    /// In which order.
    pub sort: Sort,
    /// Users of a page; 0: they are only counted.
    pub limit: usize,
    /// Where the page begins.
    after: Option<Cursor>,
    /// Tells this query from others: its cursors are of no use elsewhere.
    mark: u64,
}

/// A page of the table.
#[derive(Debug)]
pub struct TablePage {
    /// Users, in order.
    pub lines: Vec<UserLine>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

impl TableQuery {
    /// A query, as of a page that `cursor` leads to. Cursors are bound to the log, the order and the filters.
    ///
    /// # Errors
    /// `cursor_invalid`, `cursor_of_another_query`.
    pub fn new(
        log_id: uuid::Uuid,
        filter: UserFilter,
        sort: Sort,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<TableQuery, Problem> {
        let mark =
            domain::matching::short(&format!("{log_id}\0{}\0{}", sort.said(), filter.said()));
        let after = cursor.map(|text| Cursor::read(text, mark)).transpose()?;
        Ok(TableQuery { filter, sort, limit, after, mark })
    }
}
