//! The user-events export, format `user-events/1`: complete, exact, the same bytes again.

use serde_json::Value;
use tests::{Clock, Service, Table};

/// Two users, a badge, a challenge.
async fn some_history() -> Service {
    let clock = Clock::at("2026-01-10T08:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email,City\nanna@example.org,Lyon\nbob@example.org,Köln\n").await;
    let (anna, bob) = (service.user_id("anna@").await, service.user_id("bob@").await);
    clock.set("2026-01-11T08:00:00Z");
    service.act(&format!("/v1/users/{anna}/badges/vip")).await.then(200);
    clock.set("2026-01-12T08:00:00Z");
    service.act(&format!("/v1/users/{bob}/challenges/spring/join")).await.then(200);
    service.act(&format!("/v1/users/{bob}/challenges/spring/steps/share/complete")).await.then(200);
    clock.set("2026-01-13T08:00:00Z");
    service.import("Email,City\nanna@example.org,Paris\n").await;
    service
}

const COLUMNS: [&str; 30] = [
    "time",
    "event_type",
    "event_label",
    "user_id",
    "user_email",
    "challenge_id",
    "challenge_title",
    "step_id",
    "step_title",
    "badge_id",
    "badge_name",
    "audience_id",
    "audience_name",
    "perk_id",
    "perk_name",
    "digital_asset_id",
    "digital_asset_name",
    "app_id",
    "app_name",
    "import_id",
    "import_row",
    "properties",
    "recorded_at",
    "occurred_at",
    "actor_type",
    "actor_id",
    "event_id",
    "because",
    "position",
    "state",
];

#[tokio::test]
async fn it_holds_every_user_event_once_in_order() {
    let service = some_history().await;
    let answer = service.get("/v1/exports/user-events.csv").await.then(200);
    assert_eq!(answer.header("cohort-format"), "user-events/1");
    assert_eq!(answer.header("cohort-range"), "/");
    let table = Table::read(&answer.text());
    assert_eq!(table.columns, COLUMNS);
    assert_eq!(
        table.column("event_type"),
        [
            "cohort.user.imported",
            "cohort.user.imported",
            "cohort.badge.gained",
            "cohort.challenge.joined",
            "cohort.challenge.step_completed",
            "cohort.user.imported"
        ]
    );
    assert_eq!(table.column("time"), table.column("recorded_at"));
    assert_eq!(
        table.column("user_email")[..3],
        ["anna@example.org", "bob@example.org", "anna@example.org"]
    );
    assert_eq!(table.column("because"), ["", "", "by_hand", "", "", ""]);
    assert_eq!(table.column("import_row"), ["1", "2", "", "", "", "1"]);
    let changed: Value = serde_json::from_str(table.column("properties")[5]).unwrap();
    assert_eq!(
        changed,
        serde_json::json!({ "created": false, "old": { "city": "Lyon" }, "new": { "city": "Paris" } })
    );
    assert!(table.column("state").iter().all(|state| *state == "full"));
}

#[tokio::test]
async fn ndjson_says_the_same_typed() {
    let service = some_history().await;
    let table = service.export("/v1/exports/user-events.csv").await;
    let text = service.get("/v1/exports/user-events.ndjson").await.then(200).text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), table.rows.len());
    for (line, row) in lines.iter().zip(&table.rows) {
        assert_eq!(line.as_object().unwrap().len(), COLUMNS.len());
        for column in COLUMNS {
            let said = match &line[column] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    line[column].to_string()
                }
            };
            if column == "properties" && !said.is_empty() {
                let cell: Value = serde_json::from_str(&row[column]).unwrap();
                assert_eq!(cell, line[column]);
            } else {
                assert_eq!(said, row[column], "{column}");
            }
        }
    }
    assert_eq!(lines[0]["import_row"], 1);
    assert_eq!(lines[2]["import_row"], Value::Null);
}

#[tokio::test]
async fn one_type_brings_its_own_columns_and_leaves_out_what_it_never_fills() {
    let service = some_history().await;
    for name in ["UserImported", "cohort.user.imported"] {
        let table = service.export(&format!("/v1/exports/user-events.csv?type={name}")).await;
        assert_eq!(
            table.columns,
            [
                "time",
                "event_type",
                "event_label",
                "user_id",
                "user_email",
                "import_id",
                "import_row",
                "created",
                "old",
                "new",
                "member_since",
                "recorded_at",
                "occurred_at",
                "actor_type",
                "actor_id",
                "event_id",
                "position",
                "state"
            ]
        );
        assert_eq!(table.column("created"), ["true", "true", "false"]);
        assert_eq!(
            table.column("new"),
            [r#"{"city":"Lyon"}"#, r#"{"city":"Köln"}"#, r#"{"city":"Paris"}"#]
        );
    }
    // Decided by the type, never by rows: a type that never happened has its header all the same.
    let none = service.export("/v1/exports/user-events.csv?type=ChallengeCompleted").await;
    assert!(none.rows.is_empty() && none.columns.contains(&"challenge_id".to_owned()));
    let without = service
        .export("/v1/exports/user-events.csv?not_type=UserImported&not_type=BadgeGained")
        .await;
    assert_eq!(without.rows.len(), 2);
}

#[tokio::test]
async fn a_slice_asked_again_has_the_same_bytes_whatever_happened_since() {
    let service = some_history().await;
    let path = "/v1/exports/user-events.csv?from=2026-01-10&through=2026-01-12";
    let before = service.get(path).await.then(200);
    assert_eq!(
        before.header("cohort-range"),
        "2026-01-10T00:00:00.000000Z/2026-01-13T00:00:00.000000Z"
    );
    service
        .import("Email,City,First Name\nanna@example.org,Rome,Anna\nnew@example.org,Oslo,N\n")
        .await;
    let anna = service.user_id("anna@").await;
    service.delete(&format!("/v1/users/{anna}/badges/vip")).await.then(200);
    assert_eq!(service.get(path).await.body, before.body);
    let service = service.restart().await;
    assert_eq!(service.get(path).await.body, before.body);
}

#[tokio::test]
async fn since_a_position_gives_only_what_is_new() {
    let service = some_history().await;
    let first = service.get("/v1/exports/user-events.csv").await.then(200);
    let position = first.header("cohort-position");
    let path = format!("/v1/exports/user-events.csv?since={position}");
    assert!(service.export(&path).await.rows.is_empty());
    service.import("Email\nlate@example.org\n").await;
    assert_eq!(service.export(&path).await.column("user_email"), ["late@example.org"]);
    // The position of a row is such a cursor too.
    let table = Table::read(&first.text());
    let path = format!("/v1/exports/user-events.csv?since={}", table.column("position")[3]);
    assert_eq!(service.export(&path).await.rows.len(), 3);
}

#[tokio::test]
async fn one_users_events_are_exactly_theirs() {
    let service = some_history().await;
    let bob = service.user_id("bob@").await;
    let table = service.export(&format!("/v1/exports/user-events.csv?user={bob}")).await;
    assert_eq!(table.column("user_id"), [bob.as_str(); 3]);
    service
        .get("/v1/exports/user-events.csv?user=bob")
        .await
        .then_problem(400, "parameter_invalid");
}

#[tokio::test]
async fn columns_are_chosen_in_the_order_asked() {
    let service = some_history().await;
    let table = service
        .export("/v1/exports/user-events.csv?columns=user_email,time&type=BadgeGained")
        .await;
    assert_eq!(table.columns, ["user_email", "time"]);
    let unknown = service
        .get("/v1/exports/user-events.csv?columns=mail")
        .await
        .then_problem(422, "column_unknown");
    assert!(unknown["known"].as_array().unwrap().contains(&"user_email".into()));
}

#[tokio::test]
async fn a_long_export_is_whole_in_order_and_the_same_again() {
    let service = Service::start().await;
    let rows = 30_000;
    service.import(tests::people::csv(rows, 7, 0).text).await;
    let path = "/v1/exports/user-events.csv?columns=import_row,position";
    let table = service.export(path).await;
    let in_order: Vec<String> = (1..=rows).map(|row| row.to_string()).collect();
    assert_eq!(table.column("import_row"), in_order, "several readers, one order");
    let head = service.app.log.head();
    let first = service.get(path).await.then(200);
    let again = service.get(path).await.then(200);
    assert_eq!(first.body, again.body);
    assert!(service.app.log.head() > head, "exports are facts, but none of their own rows");
    let lines = service.get("/v1/exports/user-events.ndjson?columns=import_row").await.then(200);
    let lines: Vec<String> = lines.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), in_order.len());
    for (line, row) in lines.iter().zip(&in_order) {
        assert_eq!(line, &format!("{{\"import_row\":{row}}}"));
    }
}

#[tokio::test]
async fn events_are_chosen_by_what_they_name() {
    let service = some_history().await;
    let draft =
        service.import_with("Email\nanna@example.org\n", "&new_list=VIP").await.then(200).json();
    let anna = service.user_id("anna@").await;
    service.delete(&format!("/v1/users/{anna}/lists/vip")).await.then(200);
    service.act(&format!("/v1/users/{anna}/apps/shop")).await.then(200);
    service.act(&format!("/v1/users/{anna}/challenges/other/join")).await.then(200);
    let types = async |query: &str| {
        let table = service.export(&format!("/v1/exports/user-events.csv?{query}")).await;
        let types = table.column("event_type").into_iter();
        types.map(|kind| kind.trim_start_matches("cohort.").to_owned()).collect::<Vec<_>>()
    };
    let import = draft["id"].as_str().unwrap();
    for (query, expected) in [
        ("badge=vip", vec!["badge.gained"]),
        ("badge=gold", vec![]),
        ("list=vip", vec!["list.joined", "list.left"]),
        ("challenge=spring", vec!["challenge.joined", "challenge.step_completed"]),
        ("challenge=spring&challenge=other&type=ChallengeJoined", vec!["challenge.joined"; 2]),
        ("app=shop", vec!["app.connected"]),
        ("app=shop&badge=vip", vec![]),
        ("challenge=spring&not_type=ChallengeJoined", vec!["challenge.step_completed"]),
        (&format!("import={import}"), vec!["list.joined"]),
    ] {
        assert_eq!(types(query).await, expected, "{query}");
    }
    let columns = service.export("/v1/exports/user-events.csv?badge=vip").await;
    assert_eq!(columns.columns, COLUMNS, "columns go by the types that were chosen");
    for query in ["badge=No%20id", "import=vip"] {
        let path = format!("/v1/exports/user-events.csv?{query}");
        service.get(&path).await.then_problem(400, "parameter_invalid");
    }
    service.stop().await;
}
