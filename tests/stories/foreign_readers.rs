//! Files of exports in the programs that people open them with: what those find is what was told to Cohort.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tests::Service;

use crate::by_hand::patch;

const FIELDS: [&str; 6] = ["text", "phone", "code", "points", "vip", "born"];
const COLUMNS: &str = "email,text,phone,code,points,vip,born";

/// Texts that a spreadsheet, or a reader that guesses, takes for something else.
const TEXTS: [&str; 30] = [
    "plain",
    "",
    "=1+1",
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "''twice",
    "＝１",
    "1e5",
    "0x1F",
    "TRUE",
    "NULL",
    "NA",
    "nan",
    "2026-01-02",
    "1/2",
    "12:30",
    "a;b,c\td",
    "\"said\"",
    "two\nlines",
    "cr\rlf\r\nend",
    " spaces around ",
    "Łódź",
    "日本語 🎁",
    "e\u{301}",
    "#N/A",
    "1 234,50",
    "%7B",
];

/// A table by e-mail; cells are texts, or what a spreadsheet takes them for.
type Rows = BTreeMap<String, Vec<Value>>;

/// Who was told of, with the values as exports write them.
struct Told {
    service: Service,
    rows: Vec<[String; 7]>,
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

async fn given() -> Told {
    let service = Service::start().await;
    let mut rows = Vec::new();
    for (number, text) in TEXTS.iter().enumerate() {
        rows.push([
            format!("user{number}+tag@example.org"),
            (*text).to_owned(),
            format!("{} 6 12 34 56 {number:02}", ["+33", "0033", "(0)"][number % 3]),
            format!("{number:07}"),
            ["0.1", "-5", "1234567890.25", "1000000", ""][number % 5].to_owned(),
            ["true", "false", ""][number % 3].to_owned(),
            ["1990-04-03", "2000-02-29", "", "1901-01-01"][number % 4].to_owned(),
        ]);
    }
    let mut csv = format!("Email,{}\n", FIELDS.join(","));
    for row in &rows {
        csv += &(row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n");
    }
    let draft = service.draft(csv).await;
    let kinds = ["text", "text", "text", "number", "boolean", "date"];
    let mut columns = vec![json!({ "column": 1, "target": "email" })];
    for (number, (field, kind)) in (2..).zip(FIELDS.iter().zip(kinds)) {
        columns.push(
            json!({ "column": number, "target": "field", "reference_id": field, "type": kind }),
        );
    }
    service.put(&format!("{draft}/mapping"), &json!({ "columns": columns })).await.then(200);
    let done = service.act(&format!("{draft}/start?wait=true")).await.then(200).json();
    assert_eq!(tests::service::counts(&done), [TEXTS.len() as u64, 0, 0, 0], "{done}");
    Told { service, rows }
}

/// The python that has the readers: where `.ci/run` and the README's commands put it, else the machine's.
fn python() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/readers/bin/python3");
    if own.exists() { own } else { PathBuf::from("python3") }
}

/// Whether a reader is there; says loudly what is not shown without it.
fn is_there(reader: &str) -> bool {
    let there = match reader {
        "ssconvert" => Command::new("ssconvert").arg("--version").output(),
        module => Command::new(python()).args(["-c", &format!("import {module}")]).output(),
    };
    let there = there.is_ok_and(|output| output.status.success());
    // A spreadsheet's answer is read with openpyxl.
    let there = there && (reader != "ssconvert" || is_there("openpyxl"));
    if !there {
        eprintln!("SKIPPED: {reader} is absent, so nothing shows how it reads our files");
    }
    there
}

/// What a reader finds in a file.
fn read(reader: &str, file: &Path, delimiter: &str) -> Vec<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/proof/readers.py");
    let mut command = Command::new(python());
    let output = command.arg(script).arg(reader).arg(file).arg(delimiter).output().unwrap();
    assert!(output.status.success(), "{reader}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The cells in the order of [`COLUMNS`].
fn by_email(table: &[Vec<Value>]) -> Rows {
    let place = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let places: Vec<usize> = COLUMNS.split(',').map(place).collect();
    let rows = table[1..].iter();
    let rows = rows.map(|row| places.iter().map(|place| row[*place].clone()).collect());
    rows.map(|row: Vec<Value>| (row[0].as_str().unwrap().to_owned(), row)).collect()
}

fn header() -> Vec<Value> {
    COLUMNS.split(',').map(|name| json!(name)).collect()
}

async fn saved(service: &Service, folder: &Path, name: &str, path: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, service.get(path).await.then(200).body).unwrap();
    file
}

impl Told {
    /// The rows with each cell as a reader is to find it.
    fn rows(&self, found: impl Fn(&str, &str) -> Value) -> Rows {
        let row = |row: &[String; 7]| -> Vec<Value> {
            COLUMNS.split(',').zip(row).map(|(column, cell)| found(column, cell)).collect()
        };
        self.rows.iter().map(|cells| (cells[0].clone(), row(cells))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_text_find_every_value() {
    let told = given().await;
    let folder = tempfile::tempdir().unwrap();
    let plain = told.rows(|_, cell| json!(cell));
    // The rule of `safe`, taken back: exactly one ' goes from cells that begin with one.
    let begins = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\'', '\t', '\r', '＝']);
    let guarded = told.rows(|column, cell| {
        let is_text = ["email", "text", "phone", "code"].contains(&column);
        json!(if is_text && begins(cell) { format!("'{cell}") } else { cell.to_owned() })
    });
    for (suffix, options, delimiter, expected) in [
        ("csv", "", ",", &plain),
        ("tab.csv", "&delimiter=tab", "\t", &plain),
        ("bom.csv", "&delimiter=semicolon&bom=true", ";", &plain),
        ("safe.csv", "&safe=true&bom=true", ",", &guarded),
        ("csv.gz", "&compression=gzip", ",", &plain),
        ("ndjson", "", "", &plain),
        ("ndjson.gz", "&compression=gzip", "", &plain),
    ] {
        let form = if suffix.contains("ndjson") { "ndjson" } else { "csv" };
        let path = format!("/v1/exports/users.{form}?columns={COLUMNS}{options}");
        let file = saved(&told.service, folder.path(), &format!("users.{suffix}"), &path).await;
        for reader in ["csv", "pandas", "duckdb"] {
            if reader == "csv" && form == "ndjson" || !is_there(reader) {
                continue;
            }
            let found = read(reader, &file, delimiter);
            assert_eq!(found[0], header(), "{reader} {suffix}");
            assert_eq!(&by_email(&found), expected, "{reader} {suffix}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_runs_nothing_of_a_guarded_file_and_finds_its_texts() {
    if !is_there("ssconvert") {
        return;
    }
    let told = given().await;
    let folder = tempfile::tempdir().unwrap();
    // gnumeric guesses the delimiter: a line that begins with a quoted cell keeps it from taking the guard for one.
    let columns = "text,email,phone,code,points,vip,born";
    let path = format!("/v1/exports/users.csv?columns={columns}&safe=true&bom=true");
    let file = saved(&told.service, folder.path(), "users.safe.csv", &path).await;
    let found = by_email(&read("ssconvert", &file, ","));
    assert_eq!(found.len(), told.rows.len());
    for row in &told.rows {
        let cells = &found[row[0].as_str()];
        assert!(cells.iter().all(|cell| cell.get("formula").is_none()), "{cells:?}");
        // The ' is the spreadsheet's own sign for a text, and no part of it.
        if row[1].starts_with(['=', '+', '-', '@', '\'']) {
            assert_eq!(cells[1], row[1]);
        }
        assert_eq!(cells[2], row[2], "a phone number stays as it is");
        let points = row[4].parse::<f64>().map_or(json!(""), |points| json!({ "number": points }));
        assert_eq!(cells[4], points, "a number is one");
    }
    // Without the guard it would be run: what `safe` is for.
    let path = format!("/v1/exports/users.csv?columns={columns}");
    let file = saved(&told.service, folder.path(), "users.csv", &path).await;
    let found = by_email(&read("ssconvert", &file, ","));
    assert_eq!(found["user2+tag@example.org"][1], json!({ "formula": "=1+1" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_has_texts_as_texts_and_numbers_and_days_as_what_they_are() {
    let told = given().await;
    let folder = tempfile::tempdir().unwrap();
    let path = format!("/v1/exports/users.xlsx?columns={COLUMNS}");
    let file = saved(&told.service, folder.path(), "users.xlsx", &path).await;
    let expected = told.rows(|column, cell| match (column, cell) {
        (_, "") => json!(""),
        ("points", number) => json!({ "number": number.parse::<f64>().unwrap() }),
        ("vip", answer) => json!({ "bool": answer == "true" }),
        ("born", day) => json!({ "date": format!("{day}T00:00:00.000") }),
        (_, text) => json!(text),
    });
    for reader in ["openpyxl", "pandas", "ssconvert"] {
        if !is_there(reader) {
            continue;
        }
        let found = read(reader, &file, "");
        assert_eq!(found[0], header(), "{reader}");
        let found = by_email(&found);
        for (email, cells) in &expected {
            assert_eq!(&found[email], cells, "{reader}");
        }
        assert_eq!(found.len(), expected.len(), "{reader}");
    }
    // Events: the same texts as NDJSON, times to the nearest millisecond, which is as far as these readers look.
    let events = "/v1/exports/user-events";
    let lines = told.service.get(&format!("{events}.ndjson")).await.then(200).text();
    let path = format!("{events}.xlsx");
    let file = saved(&told.service, folder.path(), "events.xlsx", &path).await;
    for reader in ["openpyxl", "pandas", "ssconvert"].into_iter().filter(|reader| is_there(reader))
    {
        let found = read(reader, &file, "");
        assert_eq!(found.len(), TEXTS.len() + 1, "{reader}");
        for (row, line) in found[1..].iter().zip(lines.lines()) {
            let line: Value = serde_json::from_str(line).unwrap();
            for (name, cell) in found[0].iter().zip(row) {
                let typed = &line[name.as_str().unwrap()];
                let same = match (cell, typed) {
                    (Value::String(cell), Value::String(text)) => cell == text,
                    (Value::String(cell), Value::Null) => cell.is_empty(),
                    (Value::String(cell), typed) => {
                        serde_json::from_str::<Value>(cell).is_ok_and(|cell| cell == *typed)
                    }
                    (cell, typed) if cell["date"].is_string() => {
                        is_nearest(cell["date"].as_str().unwrap(), typed.as_str().unwrap())
                    }
                    (cell, typed) => cell["number"].as_f64() == typed.as_f64(),
                };
                assert!(same, "{reader} {name}: {cell} is not {typed}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_agree_on_user_events() {
    let told = given().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, query) in [("all", ""), ("one", "?type=UserImported")] {
        let file = |form: &str| format!("/v1/exports/user-events.{form}{query}");
        let lines = told.service.get(&file("ndjson")).await.then(200).text();
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), TEXTS.len());
        let csv = saved(&told.service, folder.path(), &format!("{name}.csv"), &file("csv")).await;
        for reader in ["csv", "pandas", "duckdb"] {
            if !is_there(reader) {
                continue;
            }
            let found = read(reader, &csv, ",");
            assert_eq!(found.len(), lines.len() + 1, "{reader} {name}");
            for (row, line) in found[1..].iter().zip(&lines) {
                for (column, cell) in found[0].iter().zip(row) {
                    let typed = &line[column.as_str().unwrap()];
                    let cell = cell.as_str().unwrap();
                    let same = match typed {
                        Value::Null => cell.is_empty(),
                        Value::String(text) => cell == text,
                        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                            serde_json::from_str::<Value>(cell).is_ok_and(|cell| cell == *typed)
                        }
                    };
                    assert!(same, "{reader} {name} {column}: {cell:?} is not {typed}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_an_event_alone_says_is_guarded_too() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let anna = service.user_id("anna@").await;
    patch(&service, &anna, json!({ "email": "+anna@example.org" })).await.then(200);
    service.settle().await;
    let events = "/v1/exports/user-events.csv?type=UserEmailChanged";
    let plain = service.get(events).await.then(200).text();
    assert_eq!(plain.matches(",+anna@example.org").count(), 1, "{plain}");
    let guarded = service.get(&format!("{events}&safe=true")).await.then(200).text();
    assert_eq!(guarded.matches(",'+anna@example.org").count(), 1, "{guarded}");
}

/// Whether a time is the nearest millisecond of an instant: these readers look no further, and round a half either way.
fn is_nearest(time: &str, instant: &str) -> bool {
    let instant: DateTime<Utc> = instant.parse().unwrap();
    let time: NaiveDateTime = time.parse().unwrap();
    (time - instant.naive_utc()).abs() <= TimeDelta::microseconds(500)
}
