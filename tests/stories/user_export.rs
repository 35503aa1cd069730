//! The users export: what the table shows, and it imports again unchanged.

use tests::{Clock, Service, Table};

const FILE: &str = "Email,First Name,City,Phone,Notes\nanna@example.org,Anna,Lyon,0612,=1+1\n\
                    bob@example.org,Bob,\"Winston-Salem, NC\",+33 6,\"two\nlines\"\n'q@example.org,Q,'x,-5,＝y\n";

#[tokio::test]
async fn a_safe_export_imports_again_when_told_that_it_is_one() {
    let service = Service::start().await;
    let file = "Email,Note,Phone\n'+x@example.org,=1+1,+33 6 12\nb@example.org,'quoted',-5\nc@example.org,plain,007\n";
    service.import_with(file, "&guarded=true").await.then(200);
    let service_file =
        service.get("/v1/exports/users.csv?safe=true&bom=true").await.then(200).text();
    assert!(service_file.contains("'=1+1") && service_file.contains("'+x@example.org"));
    let again = service.import_with(service_file.clone(), "&guarded=true").await.then(200).json();
    assert_eq!(tests::service::counts(&again), [0, 0, 3, 0], "{again}");
    let draft = service.draft(service_file).await;
    let shown = service.get(&draft).await.then(200).json();
    let note = &shown["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["header"] == "note")
        .unwrap()["guarded"];
    assert_eq!(note, true, "it is proposed where it is seen");
}

#[tokio::test]
async fn it_holds_every_user_with_the_tables_columns() {
    let clock = Clock::at("2026-01-02T03:04:05Z");
    let service = Service::start_at(&clock).await;
    service.import(FILE).await;
    let id = service.user_id("anna@").await;
    clock.set("2026-02-02T03:04:05Z");
    service.act(&format!("/v1/users/{id}/challenges/spring/join")).await.then(200);
    let answer = service.get("/v1/exports/users.csv").await.then(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"users.csv\"");
    assert!(answer.text().contains("\r\n") && !answer.header("cohort-position").is_empty());
    let table = Table::read(&answer.text());
    assert_eq!(
        table.columns,
        [
            "email",
            "member_since",
            "last_active_at",
            "challenges_completed",
            "digital_assets",
            "perks_used",
            "first_name",
            "city",
            "phone",
            "notes"
        ]
    );
    assert_eq!(table.rows.len(), 3);
    let anna = table.rows.iter().find(|row| row["email"] == "anna@example.org").unwrap();
    assert_eq!(anna["member_since"], "2026-01-02T03:04:05.000000Z");
    assert_eq!(anna["last_active_at"], "2026-02-02T03:04:05.000000Z");
    assert_eq!((anna["phone"].as_str(), anna["notes"].as_str()), ("0612", "=1+1"));
    assert_eq!(table.column("member_since"), ["2026-01-02T03:04:05.000000Z"; 3]);
}

#[tokio::test]
async fn it_imports_again_unchanged() {
    let service = Service::start().await;
    service.import(FILE).await;
    for form in ["", "?delimiter=semicolon", "?delimiter=tab&bom=true"] {
        let exported = service.get(&format!("/v1/exports/users.csv{form}")).await.then(200).body;
        assert_eq!(service.import_counts(exported).await, [0, 0, 3, 0], "{form}");
    }
    // And into an empty service it makes the same users.
    let other = Service::start().await;
    let exported = service.get("/v1/exports/users.csv").await.then(200).body;
    assert_eq!(other.import_counts(exported).await, [3, 0, 0, 0]);
    let fields = "/v1/exports/users.csv?columns=email,first_name,city,phone,notes";
    let mut both = [service.export(fields).await.rows, other.export(fields).await.rows];
    both.iter_mut().for_each(|rows| rows.sort());
    assert_eq!(both[0], both[1]);
}

#[tokio::test]
async fn with_safe_every_formula_gets_one_quote_and_numbers_stay() {
    let service = Service::start().await;
    service.import(FILE).await;
    let answer = service.get("/v1/exports/users.csv?safe=true&bom=true").await.then(200);
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"users.safe.csv\"");
    assert!(answer.body.starts_with(b"\xEF\xBB\xBF"));
    let table = Table::read(answer.text().trim_start_matches('\u{feff}'));
    let mut notes = table.column("notes");
    notes.sort_unstable();
    assert_eq!(notes, ["'=1+1", "'＝y", "two\nlines"]);
    let mut phones = table.column("phone");
    phones.sort_unstable();
    assert_eq!(phones, ["'+33 6", "'-5", "0612"]);
    assert!(table.column("email").contains(&"''q@example.org"));
    assert_eq!(table.column("challenges_completed"), ["0"; 3]);
}

#[tokio::test]
async fn columns_chooses_and_what_there_is_not_is_named() {
    let service = Service::start().await;
    service.import(FILE).await;
    let table = service.export("/v1/exports/users.csv?columns=user_id,email&columns=city").await;
    assert_eq!(table.columns, ["user_id", "email", "city"]);
    let unknown =
        service.get("/v1/exports/users.csv?columns=town").await.then_problem(422, "column_unknown");
    assert!(unknown["known"].as_array().unwrap().contains(&"city".into()));
    for columns in ["", "city,email,city"] {
        let path = format!("/v1/exports/users.csv?columns={columns}");
        service.get(&path).await.then_problem(400, "parameter_invalid");
    }
    service.get("/v1/exports/users.csv?delimiter=|").await.then_problem(400, "parameter_invalid");
    service.get("/v1/exports/users.ndjson?safe=true").await.then_problem(400, "parameter_unknown");
}

#[tokio::test]
async fn ndjson_has_the_same_names_typed() {
    let service = Service::start().await;
    service.import("Email,City\na@example.org,Lyon\nb@example.org,\n").await;
    let text = service
        .get("/v1/exports/users.ndjson?columns=email,city,perks_used,last_active_at")
        .await
        .then(200)
        .text();
    let mut lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["email"].to_string());
    assert_eq!(
        lines[0],
        serde_json::json!({ "email": "a@example.org", "city": "Lyon", "perks_used": 0, "last_active_at": null })
    );
    assert_eq!(lines[1]["city"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_table_without_users_still_has_its_header() {
    let service = Service::start().await;
    let text = service.get("/v1/exports/users.csv").await.then(200).text();
    assert_eq!(
        text,
        "email,member_since,last_active_at,challenges_completed,digital_assets,perks_used\r\n"
    );
}
