//! Rows that are taken, and a name for each that is not.

use super::*;
use crate::csv_header::map_columns;

use crate::event::Column;
use crate::property::Properties;
use crate::value::{CellRule, DateOrder, ValueType};

/// Address and cells; or code and column.
type Told = Result<(String, Vec<(String, Option<String>)>), (&'static str, Option<String>)>;

fn told(columns: &[Column], bad_cells: BadCells, record: &str) -> (Told, Vec<&'static str>) {
    let rules = RowRules { columns, match_by: MatchBy::Email, bad_cells, now: 0 };
    told_by(rules, record)
}

fn told_by(rules: RowRules<'_>, record: &str) -> (Told, Vec<&'static str>) {
    let mut cells = Cells::new(b',');
    cells.decode(record.as_bytes()).unwrap();
    let mut taken = TakenRow::default();
    let read = read_row(rules, &cells, &mut taken);
    let dropped = taken.dropped.iter().map(RowFault::code).collect();
    let told = match read {
        Ok(key) => {
            let key = match key {
                RowKey::Email(email) => email.spelling().to_owned(),
                RowKey::UserId(id) => id.to_string(),
                RowKey::ExternalId(id) => id,
            };
            let address = taken.email.as_ref().map(|email| format!("{key} {}", email.key()));
            let value = |(field, value): &Taken<'_>| {
                ((*field).to_owned(), value.as_deref().map(str::to_owned))
            };
            Ok((address.unwrap_or(key), taken.cells.iter().map(value).collect()))
        }
        Err(fault) => Err((fault.code(), fault.column(rules.columns).map(str::to_owned))),
    };
    (told, dropped)
}

fn read(record: &str) -> Told {
    let columns =
        map_columns(&["Email", "City", "Notes"], None, MatchBy::Email, &Properties::default())
            .unwrap();
    told(&columns, BadCells::RejectRow, record).0
}

/// An address, a number that empty cells clear, a day with the day first.
fn typed() -> Vec<Column> {
    let field = |name: &str, rule| Column {
        header: name.to_owned(),
        target: Target::Field(name.to_owned()),
        rule,
        reference_id: None,
    };
    let clearing = CellRule { empty_clears: true, ..CellRule::of(ValueType::Number) };
    let day =
        CellRule { date_order: Some(DateOrder::DayMonthYear), ..CellRule::of(ValueType::Date) };
    let since = Column {
        header: "since".to_owned(),
        target: Target::MemberSince,
        rule: CellRule::default(),
        reference_id: None,
    };
    vec![Column::text("Email", Target::Email), field("points", clearing), field("born", day), since]
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
fn an_id_can_say_who_a_row_is_about_and_the_address_is_what_it_says_then() {
    let id = "0b5a9f0e-0000-8000-8000-000000000001";
    let columns = [
        Column::text("Id", Target::UserId),
        Column::text("Ref", Target::Field(EXTERNAL_ID.to_owned())),
        Column::text("Email", Target::Email),
    ];
    let by = |match_by, bad_cells, record: &str| {
        told_by(RowRules { columns: &columns, match_by, bad_cells, now: 0 }, record)
    };
    let read = |match_by, record: &str| by(match_by, BadCells::RejectRow, record).0;
    let row = |key: &str, cell: Option<&str>| {
        let cell = cell.map(|cell| (EXTERNAL_ID.to_owned(), Some(cell.to_owned())));
        Ok((key.to_owned(), cell.into_iter().collect()))
    };
    let fault = |code, column: &str| Err((code, Some(column.to_owned())));
    let (user, external) = (MatchBy::UserId, MatchBy::ExternalId);
    assert_eq!(
        read(user, &format!(" {id} , C-1 ,A@b.org")),
        row(&format!("{id} a@b.org"), Some("C-1"))
    );
    assert_eq!(read(user, &format!("{id},,")), row(id, None));
    assert_eq!(read(user, ",C-1,a@b.org"), fault("user_id_missing", "Id"));
    assert_eq!(read(user, "12,C-1,a@b.org"), fault("user_id_invalid", "Id"));
    assert_eq!(read(external, ", C-1 ,"), row("C-1", Some("C-1")));
    assert_eq!(read(external, ", ,a@b.org"), fault("external_id_missing", "Ref"));
    assert_eq!(read(external, ",C-1,nobody"), fault("email_invalid", "Email"));
    let (dropped, faults) = by(external, BadCells::DropCell, ",C-1,nobody");
    assert_eq!((dropped, faults), (row("C-1", Some("C-1")), vec!["email_invalid"]));
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
