//! Exports as spreadsheets: a reader of others finds in each cell what NDJSON says of the same position.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use domain::{Event, EventKind};
use serde_json::{Value, json};
use tests::{Service, service::micros};

use crate::export_ledger::facts;
use crate::stored_exports::{path, stored};

const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const FILE: &str = "Email,Notes,Phone,Card,Points,Born,Seen,Vip\n\
    anna@example.org,=1+1,+33 6 12,1234567890123456,12.5,2026-02-03,2026-01-31T09:00:00Z,true\n\
    ben@example.org,\"two\nlines <&> \"\"x\"\" \",007,_x0041_,123456789012345,1899-12-31,2026-01-31T09:00:00.123456Z,false\n\
    zoë@example.org, Łódź \u{1F600},,,0.1,1900-03-01,1900-02-28T23:59:59Z,\n";

async fn given() -> Service {
    let service = Service::start().await;
    for (id, kind) in [("points", "number"), ("born", "date"), ("seen", "date"), ("vip", "boolean")]
    {
        let body = json!({ "reference_id": id, "type": kind });
        service.post("/v1/properties", &body).await.then(201);
    }
    let report = service.import_with(FILE, "&new_list=-Spring").await.then(200).json();
    assert_eq!(report["created"], 3, "{report}");
    let anna = service.user_id("anna@").await;
    for action in ["badges/vip", "challenges/spring/join", "challenges/spring/complete"] {
        service.act(&format!("/v1/users/{anna}/{action}")).await.then(200);
    }
    service.settle().await;
    service
}

/// The one sheet of a workbook.
fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(workbook.sheet_names(), [name]);
    workbook.worksheet_range(name).unwrap()
}

/// Whether a cell holds what JSON says.
fn same(json: &Value, cell: &Data) -> bool {
    match (json, cell) {
        (Value::Null, Data::Empty) => true,
        (Value::Bool(told), Data::Bool(held)) => told == held,
        (Value::Number(told), Data::Float(held)) => told.as_f64() == Some(*held),
        (Value::Number(told), Data::String(held)) => told.to_string() == *held,
        (Value::String(told), Data::String(held)) => told == held,
        (Value::String(told), Data::DateTime(held)) => {
            let instant = if told.len() == 10 { format!("{told}T00:00:00Z") } else { told.clone() };
            ((held.as_f64() - 25_569.0) * 86_400e6).round() as i64 == micros(&instant)
        }
        (Value::Array(told), Data::String(held)) => {
            let told: Vec<&str> = told.iter().filter_map(Value::as_str).collect();
            told.join(";") == *held
        }
        (Value::Object(_), Data::String(held)) => {
            serde_json::from_str(held).ok().as_ref() == Some(json)
        }
        _ => false,
    }
}

/// Fetches a workbook, compares each cell with the NDJSON of its position, and answers the sheet and its lines.
async fn compared(service: &Service, stem: &str, query: &str) -> (Range<Data>, Vec<Value>) {
    let answer = service.get(&format!("/v1/exports/{stem}.xlsx?{query}")).await.then(200);
    assert_eq!(answer.header("content-type"), TYPE);
    let name = format!("attachment; filename=\"{stem}.xlsx\"");
    assert_eq!(answer.header("content-disposition"), name);
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    let text = service.get(&format!("/v1/exports/{stem}.ndjson?{query}")).await.then(200).text();
    let csv = service.get(&format!("/v1/exports/{stem}.csv?{query}")).await.then(200).text();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sheet = sheet(&answer.body, stem);
    assert_eq!((sheet.height(), sheet.width()), (lines.len() + 1, header.len()), "{query}");
    assert_eq!(answer.header("cohort-rows"), lines.len().to_string());
    for (column, name) in (0..).zip(&header) {
        assert_eq!(sheet.get_value((0, column)), Some(&Data::String((*name).to_owned())));
        for (row, line) in (1..).zip(&lines) {
            let cell = sheet.get_value((row, column)).unwrap_or(&Data::Empty);
            assert!(same(&line[*name], cell), "{name} of row {row}: {} {cell:?}", line[*name]);
        }
    }
    (sheet, lines)
}

/// The cell of that column in the row whose first column is that.
fn at<'s>(sheet: &'s Range<Data>, first: &str, column: &str) -> &'s Data {
    let column = sheet.rows().next().unwrap().iter().position(|name| *name == column).unwrap();
    &sheet.rows().find(|row| row[0] == first).unwrap()[column]
}

#[tokio::test]
async fn each_cell_of_the_users_says_what_ndjson_says() {
    let service = given().await;
    let (sheet, _) = compared(&service, "users", "").await;
    let cell = |user, column| at(&sheet, user, column);
    // What looks like a formula or a number is text; what is a number, a day or a yes is that.
    for (user, column, text) in [
        ("anna@example.org", "notes", "=1+1"),
        ("anna@example.org", "phone", "+33 6 12"),
        ("anna@example.org", "card", "1234567890123456"),
        ("ben@example.org", "phone", "007"),
        ("ben@example.org", "card", "_x0041_"),
        ("ben@example.org", "born", "1899-12-31"),
        ("zoë@example.org", "seen", "1900-02-28T23:59:59Z"),
    ] {
        assert!(
            matches!(cell(user, column), Data::String(held) if held == text),
            "{:?}",
            cell(user, column)
        );
    }
    assert_eq!(cell("anna@example.org", "points"), &Data::Float(12.5));
    assert_eq!(cell("ben@example.org", "vip"), &Data::Bool(false));
    assert_eq!(cell("zoë@example.org", "vip"), &Data::Empty);
    assert_eq!(cell("anna@example.org", "challenges_completed"), &Data::Float(1.0));
    for (user, column) in [
        ("anna@example.org", "member_since"),
        ("anna@example.org", "born"),
        ("ben@example.org", "seen"),
        ("zoë@example.org", "born"),
    ] {
        assert!(matches!(cell(user, column), Data::DateTime(_)), "{:?}", cell(user, column));
    }
    let (sheet, _) = compared(&service, "users", "columns=email,badges,lists,source,user_id").await;
    assert_eq!(at(&sheet, "anna@example.org", "lists"), "spring");
    compared(&service, "users", "property.phone.is=007").await;
    compared(&service, "users", "badge=vip&search=nobody").await;
    let position = service.get("/v1/exports/users.xlsx").await.then(200);
    let cursor = position.header("cohort-position").to_owned();
    service.import("Email,Notes\nanna@example.org,later\n").await;
    let then = service.get(&format!("/v1/exports/users.xlsx?as_of={cursor}")).await.then(200);
    assert_eq!(then.body, position.body, "the same position is the same bytes");
    service.stop().await;
}

#[tokio::test]
async fn each_cell_of_the_events_says_what_ndjson_says() {
    let service = given().await;
    for query in [
        "",
        "type=UserImported",
        "type=BadgeGained&basis=occurred",
        "type=ListLeft",
        "columns=position,time,import_row",
    ] {
        let (sheet, lines) = compared(&service, "user-events", query).await;
        if let Some(line) = lines.first() {
            let time = sheet.rows().nth(1).unwrap();
            assert!(time.iter().any(|cell| matches!(cell, Data::DateTime(_))), "{line}");
        }
    }
    let first = service.get("/v1/exports/user-events.xlsx").await.then(200);
    assert_eq!(first.header("cohort-format"), "user-events/1");
    let again = service.get("/v1/exports/user-events.xlsx").await.then(200);
    assert_eq!(
        (&first.body, first.header("cohort-digest")),
        (&again.body, again.header("cohort-digest"))
    );
    let started = facts(&service, &[EventKind::ExportStarted], 1).await;
    let xlsx = |(_, fact): &(String, Event)| matches!(fact, Event::ExportStarted(fact) if fact.format == "xlsx");
    assert_eq!(started.iter().filter(|fact| xlsx(fact)).count(), 7);
    // Whoever may not see who they are finds empty cells.
    let blind = service.with_token(&["exports:create", "events:read", "users:read"]).await;
    for (stem, column, row) in [("user-events", "user_email", 1), ("users", "email", 1)] {
        let answer = blind.get(&format!("/v1/exports/{stem}.xlsx")).await.then(200);
        let sheet = sheet(&answer.body, stem);
        let place = sheet.rows().next().unwrap().iter().position(|name| *name == column).unwrap();
        assert_eq!(sheet.rows().nth(row).unwrap()[place], Data::Empty);
        assert!(!format!("{sheet:?}").contains("example.org"));
    }
    service.stop().await;
}

#[tokio::test]
async fn what_is_of_text_is_refused_by_name() {
    let service = Service::start().await;
    for stem in ["users", "user-events"] {
        for said in ["safe=true", "bom=true", "delimiter=tab", "compression=gzip"] {
            let refused = service.get(&format!("/v1/exports/{stem}.xlsx?{said}")).await;
            let problem = refused.then_problem(400, "parameter_unknown");
            assert!(problem["detail"].as_str().unwrap().contains(said.split('=').next().unwrap()));
        }
        let content = stem.replace('-', "_");
        let body = json!({ "content": content, "format": "xlsx", "safe": true });
        service.post("/v1/exports", &body).await.then_problem(400, "parameter_unknown");
        compared(&service, stem, "").await;
    }
    let reader = service.with_token(&["users:read"]).await;
    reader.get("/v1/exports/users.xlsx").await.then_problem(403, "scope_missing");
    service.stop().await;
}

#[tokio::test]
async fn a_workbook_is_kept_as_any_file_is() {
    let service = given().await;
    for (content, stem) in [("users", "users"), ("user_events", "user-events")] {
        let body = json!({ "content": content, "format": "xlsx" });
        let done = stored(&service, &body).await;
        assert_eq!(
            (&done["state"], &done["format"]),
            (&json!("completed"), &json!("xlsx")),
            "{done}"
        );
        assert!(done["file_name"].as_str().unwrap().ends_with(".xlsx"));
        let streamed = service.get(&format!("/v1/exports/{stem}.xlsx")).await.then(200);
        let file = service.get(&format!("{}/file", path(&done))).await.then(200);
        assert_eq!(file.body, streamed.body, "one request, whichever way it comes, is one file");
        assert_eq!(file.header("content-type"), TYPE);
        assert_eq!(file.header("etag"), format!("\"{}\"", done["sha256"].as_str().unwrap()));
        let manifest = service.get(&format!("{}/manifest", path(&done))).await.then(200).json();
        for (name, told) in [
            ("format", json!("xlsx")),
            ("rows", done["rows"].clone()),
            ("bytes", json!(file.body.len())),
            ("sha256", done["sha256"].clone()),
            ("sheets", json!(1)),
        ] {
            assert_eq!(manifest[name], told, "{name}");
        }
        let again = service.post("/v1/exports", &body).await.then(200).json();
        assert_eq!(again["id"], done["id"]);
        // Before it is made it can be counted: here exactly, because all of it is looked at.
        let count = service.get(&format!("/v1/exports/{stem}.xlsx?count=only")).await.then(200);
        let count = count.json();
        assert_eq!((&count["rows"], &count["bytes_estimate"]), (&done["rows"], &manifest["bytes"]));
        let early = service.get(&format!("/v1/exports/{stem}.xlsx?manifest=only")).await.then(200);
        assert_eq!(early.json()["sheets"], 1);
    }
    let csv = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    let manifest = service.get(&format!("{}/manifest", path(&csv))).await.then(200).json();
    assert_eq!(manifest["sheets"], Value::Null);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_being_written_is_stopped_and_nothing_stays() {
    let service = Service::start().await;
    service.import(tests::people::csv(20_000, 3, 0).text).await;
    let mut stopped = None;
    for attempt in 0..5 {
        let body =
            json!({ "content": "user_events", "format": "xlsx", "reason": attempt.to_string() });
        let asked = service.post("/v1/exports", &body).await.then(202).json();
        loop {
            let now = service.get(&path(&asked)).await.then(200).json();
            if now["state"] != "queued" && (now["rows"] != 0 || now["state"] != "running") {
                break;
            }
        }
        let answer = service.act(&format!("{}/cancel", path(&asked))).await;
        if answer.status() == 200 {
            stopped = Some(answer.json());
            break;
        }
    }
    let stopped = stopped.expect("one is slower than its cancel");
    assert_eq!(stopped["state"], "cancelled");
    let rows = stopped["rows"].as_u64().unwrap();
    assert!((1..20_000).contains(&rows), "{stopped}");
    let left = std::fs::read_dir(service.app.folder.exports()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let name = stopped["id"].as_str().unwrap();
    assert!(!left.iter().any(|file| file.to_string_lossy().contains(name)), "{left:?}");
    service.stop().await;
}

#[tokio::test]
async fn a_cell_that_does_not_fit_is_named_and_nothing_is_cut() {
    let service = Service::start().await;
    let long = "é".repeat(32_767);
    service.import(format!("Email,City,Notes\nanna@example.org,Lyon,{long}\n")).await;
    let (sheet, _) = compared(&service, "users", "").await;
    assert_eq!(at(&sheet, "anna@example.org", "notes"), long.as_str());
    service
        .import(format!(
            "Email,City,Notes\nben@example.org,Lyon,{}\n",
            long.replace('é', "y") + "x"
        ))
        .await;
    service.settle().await;
    let problem = service.get("/v1/exports/users.xlsx").await.then_problem(422, "xlsx_cannot_hold");
    assert_eq!((&problem["column"], &problem["row"]), (&json!("notes"), &json!(2)), "{problem}");
    let body = json!({ "content": "users", "format": "xlsx" });
    service.post("/v1/exports", &body).await.then_problem(422, "xlsx_cannot_hold");
    let events = service.get("/v1/exports/user-events.xlsx").await;
    assert_eq!(events.then_problem(422, "xlsx_cannot_hold")["column"], "properties");
    // Without that column there is nothing in the way.
    compared(&service, "users", "columns=email,city").await;
    compared(&service, "user-events", "columns=time,user_email").await;
    service.get("/v1/exports/users.csv").await.then(200);
    let started = facts(&service, &[EventKind::ExportStarted], 1).await;
    assert_eq!(started.len(), 10, "what was refused is no fact");
    service.stop().await;
}
