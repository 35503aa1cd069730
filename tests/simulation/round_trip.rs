//! Any text survives the way out as CSV and back in, read by an implementation that is not ours.

use api::export::cells::{Dialect, ROW_END};
use proptest::prelude::*;

fn written(cells: &[String], dialect: Dialect) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(dialect.delimiter);
        }
        dialect.text(&mut out, cell.as_bytes());
    }
    out.extend_from_slice(ROW_END);
    out
}

proptest! {
    #[test]
    fn any_cells_are_read_back_as_they_were(
        cells in proptest::collection::vec("[=+\\-@'\t\r\n\",; aé＝０😀]{0,6}", 2..6),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        safe: bool,
    ) {
        let text = written(&cells, Dialect { delimiter, safe });
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(&text[..]);
        let record = reader.records().next().expect("one record").expect("it is read");
        let read: Vec<&str> = record.iter().collect();
        // With the guard, exactly one quote taken off where there is one gives back what was there.
        let unguarded = |cell: &&str| if safe { cell.strip_prefix('\'').unwrap_or(cell).to_owned() } else { (*cell).to_owned() };
        prop_assert_eq!(read.iter().map(unguarded).collect::<Vec<_>>(), cells.clone());
        if safe {
            let begins = |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
            prop_assert!(!read.iter().any(begins), "a formula got through: {:?}", read);
        }
    }
}
