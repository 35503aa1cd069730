//! The columns of the table of users: chosen by each token for itself, by the team for all others.

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::Asker;
use tests::{Answer, Service, Table};

use crate::properties::{delete, rename};

const LEADING: &str =
    "email,member_since,last_active_at,challenges_completed,digital_assets,perks_used";

async fn choose(service: &Service, token: &str, path: &str, columns: Value) -> Answer {
    let url = format!("{}{path}", service.address);
    let request = tests::client().put(url).bearer_auth(token);
    Answer::of(request.json(&json!({ "columns": columns }))).await
}

/// The columns beside the users, and after the leading ones of the export: they must be the same.
async fn shown(asker: &Asker<'_>) -> Value {
    let columns = asker.get("/v1/users").await.then(200).json()["columns"].clone();
    let names: Vec<&str> = columns.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let export = Table::read(&asker.get("/v1/exports/users.csv").await.then(200).text());
    assert_eq!(export.columns.join(","), [&[LEADING], names.as_slice()].concat().join(","));
    let ndjson = asker.get("/v1/exports/users.ndjson").await.then(200).text();
    let line = ndjson.lines().next().unwrap();
    assert!(names.iter().all(|name| line.contains(&format!(",\"{name}\":"))), "{line}");
    assert_eq!(asker.get("/v1/table").await.then(200).json()["effective"], columns);
    columns
}

#[tokio::test]
async fn what_a_token_chose_holds_for_it_and_what_the_team_chose_for_the_others() {
    let service = Service::start().await;
    service.import("Email,First Name,City,Age\nanna@example.org,Anna,Lyon,41\n").await;
    let scopes = ["users:read", "exports:create", "personal:read"];
    let (mine, other) = (service.with_token(&scopes).await, service.with_token(&scopes).await);
    // Nobody chose: everything is shown.
    assert_eq!(shown(&mine).await, json!(["first_name", "city", "age"]));
    let nothing = mine.get("/v1/table").await.then(200);
    assert_eq!((nothing.header("etag"), &nothing.json()["from"]), ("", &json!("all")));
    // The team does.
    let team = "/v1/table?of=team";
    let chosen = service.put(team, &json!({ "columns": ["age", "lang"] })).await.then(200);
    assert_eq!(
        (chosen.header("etag"), &chosen.json()["columns"]),
        ("\"0\"", &json!(["age", "lang"]))
    );
    assert_eq!(shown(&mine).await, json!(["age", "lang"]));
    assert_eq!(mine.get("/v1/table").await.json()["from"], "team");
    // One token does, for itself alone.
    choose(&service, &mine.token, "/v1/table", json!(["user_id", "city", "external_id"]))
        .await
        .then(200);
    assert_eq!(shown(&mine).await, json!(["user_id", "city", "external_id"]));
    assert_eq!(shown(&other).await, json!(["age", "lang"]));
    let of_team = mine.get(team).await.then(200).json();
    assert_eq!(
        (&of_team["effective"], &of_team["from"]),
        (&json!(["age", "lang"]), &json!("team"))
    );
    let export = Table::read(&mine.get("/v1/exports/users.csv").await.text());
    assert_eq!(export.column("user_id"), [service.user_id("anna@").await]);
    assert_eq!(export.column("city"), ["Lyon"]);
    // Who asks for columns gets those.
    let asked = mine.get("/v1/exports/users.csv?columns=email,first_name").await.then(200).text();
    assert!(asked.starts_with("email,first_name\r\n"), "{asked}");
    // Chosen again it is no fact; chosen away it is the team's again.
    let again =
        choose(&service, &mine.token, "/v1/table", json!(["user_id", "city", "external_id"])).await;
    assert_eq!(again.then(200).header("etag"), "\"0\"");
    // A property that is called otherwise stays; one that is gone drops out.
    rename(&service, "city", "town", "Town").await.then(200);
    assert_eq!(shown(&mine).await, json!(["user_id", "town", "external_id"]));
    delete(&service, "city").await.then(204);
    assert_eq!(shown(&mine).await, json!(["user_id", "external_id"]));
    let service_token = (mine.token.clone(), other.token.clone());
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    let service = service.restart().await;
    let ask = async |token: &str| {
        let request = tests::client().get(format!("{}/v1/users", service.address));
        Answer::of(request.bearer_auth(token)).await.then(200).json()["columns"].clone()
    };
    assert_eq!(ask(&service_token.0).await, json!(["user_id", "external_id"]));
    choose(&service, &service_token.0, "/v1/table", Value::Null).await.then(200);
    assert_eq!(ask(&service_token.0).await, json!(["age", "lang"]));
    // An empty choice is one: nothing but what every table has.
    choose(&service, &service_token.1, "/v1/table", json!([])).await.then(200);
    assert_eq!(ask(&service_token.1).await, json!([]));
    service.stop().await;
}

#[tokio::test]
async fn columns_that_cannot_be_shown_are_refused_by_name() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    for (columns, status, code) in [
        (json!(["town"]), 422, "column_unknown"),
        (json!(["email"]), 422, "column_unknown"),
        (json!(["city", "city"]), 400, "body_invalid"),
        (json!("city"), 400, "body_invalid"),
    ] {
        let refused = service.put("/v1/table", &json!({ "columns": columns })).await;
        refused.then_problem(status, code);
    }
    service.put("/v1/table", &json!({})).await.then_problem(400, "body_invalid");
    service
        .put("/v1/table?of=all", &json!({ "columns": [] }))
        .await
        .then_problem(400, "parameter_invalid");
    service.get("/v1/table?for=me").await.then_problem(400, "parameter_unknown");
    let seen = async |etag: &str| {
        let request = service.request(Method::PUT, "/v1/table").header("if-match", etag);
        Answer::of(request.json(&json!({ "columns": ["city"] }))).await
    };
    seen("\"0\"").await.then_problem(412, "version_conflict");
    service.put("/v1/table", &json!({ "columns": ["lang"] })).await.then(200);
    seen("\"7\"").await.then_problem(412, "version_conflict");
    assert_eq!(seen("\"0\"").await.then(200).header("etag"), "\"1\"");
    let reader = service.with_token(&["users:read"]).await;
    let team = choose(&service, &reader.token, "/v1/table?of=team", json!(["city"])).await;
    assert_eq!(team.then_problem(403, "scope_missing")["scope"], "definitions:write");
    choose(&service, &reader.token, "/v1/table", json!(["city"])).await.then(200);
    let exporter = service.with_token(&["exports:create"]).await;
    exporter.get("/v1/table").await.then_problem(403, "scope_missing");
    service.stop().await;
}
