//! Which row is taken and which is refused, with a name for every reason.

use crate::csv_record::Cells;
use crate::email::{Email, EmailFault};
use crate::event::{BadCells, Column, Target};
use crate::import::Taken;
use crate::value::ValueFault;

/// Longest cell taken, in bytes of UTF-8.
pub const CELL_BYTES_MAX: usize = 65_536;

/// Why a row is refused. Nothing of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// More or fewer cells than the header names.
    #[error(
        "the row has {found} cells, the header names {expected}; a cell that holds the delimiter needs quotes"
    )]
    ColumnCountMismatch {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// The address is missing or none.
    #[error(transparent)]
    Email(EmailFault),
    /// A cell is longer than [`CELL_BYTES_MAX`].
    #[error("the cell has {bytes} bytes; at most {CELL_BYTES_MAX} are kept")]
    ValueTooLong {
        /// Index of the column.
        column: usize,
        /// Its length.
        bytes: usize,
    },
    /// A cell holds NUL, which no text has.
    #[error("the cell holds a NUL character; remove it")]
    ControlCharacter {
        /// Index of the column.
        column: usize,
    },
    /// A cell is no value of its column's type.
    #[error("{fault}")]
    Value {
        /// Index of the column.
        column: usize,
        /// Why not.
        fault: ValueFault,
    },
    /// Nobody has been a member since tomorrow.
    #[error("this day is in the future; a user can be a member since today or a day before")]
    DateInFuture {
        /// Index of the column.
        column: usize,
    },
}

impl RowFault {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            RowFault::ColumnCountMismatch { .. } => "column_count_mismatch",
            RowFault::Email(EmailFault::Missing) => "email_missing",
            RowFault::Email(EmailFault::Invalid | EmailFault::TooLong) => "email_invalid",
            RowFault::ValueTooLong { .. } => "value_too_long",
            RowFault::ControlCharacter { .. } => "control_character",
            RowFault::Value { fault, .. } => fault.code(),
            RowFault::DateInFuture { .. } => "date_in_future",
        }
    }

    /// The header of the column at fault, where one cell is.
    pub fn column<'a>(&self, columns: &'a [Column]) -> Option<&'a str> {
        let column = match self {
            RowFault::ColumnCountMismatch { .. } => None,
            RowFault::Email(_) => columns.iter().find(|column| column.target == Target::Email),
            RowFault::ValueTooLong { column, .. }
            | RowFault::ControlCharacter { column }
            | RowFault::Value { column, .. }
            | RowFault::DateInFuture { column } => columns.get(*column),
        };
        column.map(|column| column.header.as_str())
    }
}

/// What rows are read by.
#[derive(Debug, Clone, Copy)]
pub struct RowRules<'a> {
    /// Where each column goes and how it is read.
    pub columns: &'a [Column],
    /// What becomes of cells that cannot be read.
    pub bad_cells: BadCells,
    /// The moment after which everything is the future, in microseconds since 1970.
    pub now: i64,
}

/// What a row says.
#[derive(Debug, Default)]
pub struct TakenRow<'a> {
    /// Every cell that says something, in column order.
    pub cells: Vec<Taken<'a>>,
    /// When the user became a member, in microseconds since 1970.
    pub member_since: Option<i64>,
    /// Why cells were left out.
    pub dropped: Vec<RowFault>,
}

/// Reads a row: the address, and what else it says into `taken`.
///
/// Text is kept exactly as it stands; only the address and what is not text are trimmed.
///
/// # Errors
/// See [`RowFault`]; the first fault in column order is told. With [`BadCells::DropCell`] only what is wrong with the
/// row or its address.
pub fn read_row<'a>(
    rules: RowRules<'a>,
    cells: &'a Cells,
    taken: &mut TakenRow<'a>,
) -> Result<Email, RowFault> {
    let RowRules { columns, bad_cells, now } = rules;
    taken.cells.clear();
    taken.dropped.clear();
    taken.member_since = None;
    if cells.len() != columns.len() {
        return Err(RowFault::ColumnCountMismatch { expected: columns.len(), found: cells.len() });
    }
    let mut email = Err(EmailFault::Missing);
    for (index, (column, cell)) in columns.iter().zip(cells.iter()).enumerate() {
        let cell = column.rule.unguarded(cell);
        let read = match &column.target {
            Target::Ignored => continue,
            Target::Email => {
                sound(index, cell)?;
                email = Email::parse(cell);
                continue;
            }
            Target::Field(field) if column.rule.clears(cell) => {
                taken.cells.push((field, None));
                continue;
            }
            Target::Field(_) | Target::MemberSince if cell.is_empty() => continue,
            Target::Field(field) => field_value(index, column, field, cell, taken),
            Target::MemberSince => member_since(index, column, cell, now, taken),
        };
        match (read, bad_cells) {
            (Ok(()), _) => {}
            (Err(fault), BadCells::RejectRow) => return Err(fault),
            (Err(fault), BadCells::DropCell) => taken.dropped.push(fault),
        }
    }
    email.map_err(RowFault::Email)
}

fn field_value<'a>(
    index: usize,
    column: &'a Column,
    field: &'a str,
    cell: &'a str,
    taken: &mut TakenRow<'a>,
) -> Result<(), RowFault> {
    sound(index, cell)?;
    let value = column.rule.read(cell).map_err(|fault| RowFault::Value { column: index, fault })?;
    taken.cells.push((field, Some(value)));
    Ok(())
}

fn member_since(
    index: usize,
    column: &Column,
    cell: &str,
    now: i64,
    taken: &mut TakenRow<'_>,
) -> Result<(), RowFault> {
    let read = column.rule.read_moment(cell);
    let moment = read.map_err(|fault| RowFault::Value { column: index, fault })?;
    if moment > now {
        return Err(RowFault::DateInFuture { column: index });
    }
    taken.member_since = Some(moment);
    Ok(())
}

/// Neither too long nor with what no text has.
fn sound(column: usize, cell: &str) -> Result<(), RowFault> {
    if cell.len() > CELL_BYTES_MAX {
        return Err(RowFault::ValueTooLong { column, bytes: cell.len() });
    }
    if memchr::memchr(0, cell.as_bytes()).is_some() {
        return Err(RowFault::ControlCharacter { column });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_header::map_columns;

    use crate::event::Column;
    use crate::value::{CellRule, DateOrder, ValueType};

    /// Address and cells; or code and column.
    type Told = Result<(String, Vec<(String, Option<String>)>), (&'static str, Option<String>)>;

    fn told(columns: &[Column], bad_cells: BadCells, record: &str) -> (Told, Vec<&'static str>) {
        let mut cells = Cells::new(b',');
        cells.decode(record.as_bytes()).unwrap();
        let mut taken = TakenRow::default();
        let read = read_row(RowRules { columns, bad_cells, now: 0 }, &cells, &mut taken);
        let dropped = taken.dropped.iter().map(RowFault::code).collect();
        let told = match read {
            Ok(email) => {
                let value = |(field, value): &Taken<'_>| {
                    ((*field).to_owned(), value.as_deref().map(str::to_owned))
                };
                Ok((email.spelling().to_owned(), taken.cells.iter().map(value).collect()))
            }
            Err(fault) => Err((fault.code(), fault.column(columns).map(str::to_owned))),
        };
        (told, dropped)
    }

    fn read(record: &str) -> Told {
        let columns = map_columns(&["Email", "City", "Notes"], None, &[]).unwrap();
        told(&columns, BadCells::RejectRow, record).0
    }

    /// An address, a number that empty cells clear, a day with the day first.
    fn typed() -> Vec<Column> {
        let field = |name: &str, rule| Column {
            header: name.to_owned(),
            target: Target::Field(name.to_owned()),
            rule,
        };
        let clearing = CellRule { empty_clears: true, ..CellRule::of(ValueType::Number) };
        let day =
            CellRule { date_order: Some(DateOrder::DayMonthYear), ..CellRule::of(ValueType::Date) };
        let since = Column {
            header: "since".to_owned(),
            target: Target::MemberSince,
            rule: CellRule::default(),
        };
        vec![
            Column::text("Email", Target::Email),
            field("points", clearing),
            field("born", day),
            since,
        ]
    }

    #[test]
    fn cells_are_read_by_the_type_of_their_column() {
        let read = |record| told(&typed(), BadCells::RejectRow, record).0;
        let cell = |field: &str, value: Option<&str>| (field.to_owned(), value.map(str::to_owned));
        let (_, cells) = read("a@b.org,+07.50,03/04/1990,1969-01-01").unwrap();
        assert_eq!(cells, [cell("points", Some("7.5")), cell("born", Some("1990-04-03"))]);
        assert_eq!(read("a@b.org,,,").unwrap().1, [cell("points", None)]);
        let fault = |code, column: &str| Err((code, Some(column.to_owned())));
        assert_eq!(read("a@b.org,much,,"), fault("number_invalid", "points"));
        assert_eq!(read("a@b.org,1,1990-13-01,"), fault("date_invalid", "born"));
        assert_eq!(read("a@b.org,1,,1971-01-01"), fault("date_in_future", "since"));
    }

    #[test]
    fn a_bad_cell_can_be_left_out_alone_but_not_the_address() {
        let drop = |record| told(&typed(), BadCells::DropCell, record);
        let (row, dropped) = drop("a@b.org,much,03/04/1990,soon");
        assert_eq!(row.unwrap().1, [("born".to_owned(), Some("1990-04-03".to_owned()))]);
        assert_eq!(dropped, ["number_invalid", "date_invalid"]);
        assert_eq!(drop("nobody,1,,").0, Err(("email_invalid", Some("Email".to_owned()))));
    }

    #[test]
    fn text_is_kept_exactly_and_empty_cells_are_skipped() {
        let (email, taken) = read(" a@b.org , 007 ,").unwrap();
        assert_eq!(email, "a@b.org");
        assert_eq!(taken, [("city".to_owned(), Some(" 007 ".to_owned()))]);
    }

    #[test]
    fn every_refusal_names_its_column() {
        let email = Some("Email".to_owned());
        assert_eq!(read("a@b.org,Lyon"), Err(("column_count_mismatch", None)));
        assert_eq!(read("a@b.org,Lyon,x,y"), Err(("column_count_mismatch", None)));
        assert_eq!(read(",Lyon,x"), Err(("email_missing", email.clone())));
        assert_eq!(read("nobody,Lyon,x"), Err(("email_invalid", email)));
        assert_eq!(read("a@b.org,Ly\0on,x"), Err(("control_character", Some("City".to_owned()))));
        let long = format!("a@b.org,Lyon,{}", "x".repeat(CELL_BYTES_MAX + 1));
        assert_eq!(read(&long), Err(("value_too_long", Some("Notes".to_owned()))));
    }
}
