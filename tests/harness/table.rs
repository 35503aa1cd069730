//! A CSV answer as rows by column name.

use std::collections::BTreeMap;

/// A parsed CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Rows, each by column name.
    pub rows: Vec<BTreeMap<String, String>>,
}

impl Table {
    /// Reads comma-separated text with the domain's own splitter, which is tested against another implementation.
    pub fn read(text: &str) -> Table {
        Table::read_delimited(text, b',')
    }

    /// The same with another delimiter.
    pub fn read_delimited(text: &str, delimiter: u8) -> Table {
        use domain::csv_record::{Cells, Found, find_record};
        let (mut at, mut cells, mut records) = (0, Cells::new(delimiter), Vec::new());
        while at < text.len() {
            let Found::Record { content, total, .. } =
                find_record(&text.as_bytes()[at..], delimiter, true)
            else {
                panic!("the answer is no CSV: {text}");
            };
            cells.decode(&text.as_bytes()[at..at + content]).expect("the answer is UTF-8");
            records.push(cells.iter().map(str::to_owned).collect::<Vec<_>>());
            at += total;
        }
        let mut records = records.into_iter();
        let columns = records.next().expect("an export always has a header");
        let row = |cells: Vec<String>| {
            assert_eq!(
                cells.len(),
                columns.len(),
                "a row has another number of cells than the header"
            );
            columns.iter().cloned().zip(cells).collect()
        };
        Table { rows: records.map(row).collect(), columns }
    }

    /// The cells of one column.
    pub fn column(&self, name: &str) -> Vec<&str> {
        assert!(
            self.columns.iter().any(|column| column == name),
            "no column {name} among {:?}",
            self.columns
        );
        self.rows.iter().map(|row| row[name].as_str()).collect()
    }
}
