//! Properties: called otherwise and taken away, while facts go on speaking of them by their ids.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

use crate::segments::{change, in_city, segment};

async fn property(service: &Service, id: &str) -> Value {
    service.get(&format!("/v1/properties/{id}")).await.then(200).json()
}

/// Calls a property otherwise, as somebody who has seen it as it is.
pub(crate) async fn rename(service: &Service, id: &str, reference_id: &str, name: &str) -> Answer {
    let seen = property(service, id).await;
    let body = json!({ "reference_id": reference_id, "name": name });
    change(service, Method::PUT, &format!("/v1/properties/{id}"), &body, &seen).await
}

pub(crate) async fn delete(service: &Service, id: &str) -> Answer {
    let seen = property(service, id).await;
    change(service, Method::DELETE, &format!("/v1/properties/{id}"), &Value::Null, &seen).await
}

async fn patch(service: &Service, id: &str, fields: Value) -> Answer {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&json!({ "fields": fields }))).await
}

async fn sound(service: &Service) {
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

#[tokio::test]
async fn a_property_that_is_called_otherwise_is_the_same_everywhere() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    segment(&service, "lyon", in_city("Lyon")).await;
    let facts = "/v1/exports/user-events.csv?type=UserImported";
    let before = service.get(facts).await.then(200).text();
    let renamed = rename(&service, "city", "town", "Town").await.then(200);
    assert_eq!(renamed.header("etag"), "\"1\"");
    assert_eq!(
        renamed.json(),
        json!({ "id": "city", "reference_id": "town", "name": "Town", "type": "text", "revision": 1 })
    );
    // Outward it is called what it is called now.
    assert_eq!(service.user("anna@").await["fields"], json!({ "town": "Lyon" }));
    let conditions = service.get("/v1/segments/lyon").await.json()["conditions"].clone();
    assert_eq!(conditions["groups"][0]["conditions"][0]["property"], "town");
    let users = service.export("/v1/exports/users.csv?columns=email,town").await;
    let mut towns = users.column("town");
    towns.sort_unstable();
    assert_eq!(towns, ["Lyon", "Nice"]);
    service.get("/v1/exports/users.csv?columns=city").await.then_problem(422, "column_unknown");
    let ndjson = service.get("/v1/exports/users.ndjson?columns=town").await.then(200).text();
    assert!(ndjson.contains("{\"town\":\"Lyon\"}\n"), "{ndjson}");
    let anna = service.user_id("anna@").await;
    patch(&service, &anna, json!({ "city": "Metz" })).await.then_problem(422, "property_unknown");
    patch(&service, &anna, json!({ "town": "Metz" })).await.then(200);
    // What was exported of the past is, byte for byte, what is exported of it now.
    assert_eq!(service.get(facts).await.then(200).text(), before);
    assert!(before.contains("\"\"city\"\""), "{before}");
    // A file finds it by its new name, and shows differences by it.
    let path = service.draft("Email,Town\nanna@example.org,Lyon\n").await;
    let draft = service.get(&path).await.then(200).json();
    assert_eq!(
        (&draft["columns"][1]["reference_id"], &draft["columns"][1]["new"]),
        (&json!("town"), &Value::Null)
    );
    let mapping = json!({ "columns": draft["columns"] });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    service.act(&format!("{path}/check")).await.then(200);
    let found = async || {
        service.get(&format!("{path}/check")).await.then(200).json()["items"][0]["changes"].clone()
    };
    assert_eq!(found().await, json!([{ "field": "town", "old": "Metz", "new": "Lyon" }]));
    // Renamed once more, between the check and the start: it is the same property.
    rename(&service, "city", "ville", "Town").await.then(200);
    assert_eq!(found().await[0]["field"], "ville");
    service.act(&format!("{path}/start?wait=true")).await.then(200);
    assert_eq!(service.user("anna@").await["fields"], json!({ "ville": "Lyon" }));
    // The old name is free, for a property with another id.
    let made = service.import("Email,City\nanna@example.org,Old\n").await;
    assert_eq!(
        (&made["columns"][1]["reference_id"], &made["updated"]),
        (&json!("city"), &json!(1))
    );
    assert_eq!(property(&service, "city_2").await["reference_id"], "city");
    assert_eq!(service.user("anna@").await["fields"], json!({ "city": "Old", "ville": "Lyon" }));
    sound(&service).await;
    service.stop().await;
}

#[tokio::test]
async fn a_change_is_refused_by_name() {
    let service = Service::start().await;
    for name in ["city", "points"] {
        let body = json!({ "reference_id": name, "type": "text" });
        service.post("/v1/properties", &body).await.then(201);
    }
    for (reference_id, status, code) in [
        ("points", 409, "reference_id_taken"),
        ("email", 422, "reference_id_reserved"),
        ("first_name", 422, "reference_id_reserved"),
        ("Not One", 422, "reference_id_invalid"),
    ] {
        rename(&service, "city", reference_id, "City").await.then_problem(status, code);
    }
    rename(&service, "city", "city", " ").await.then_problem(400, "body_invalid");
    let (path, seen) = ("/v1/properties/city", property(&service, "city").await);
    let typed = json!({ "reference_id": "city", "name": "City", "type": "number" });
    let refused = change(&service, Method::PUT, path, &typed, &seen).await;
    assert_eq!(refused.then_problem(409, "property_type_immutable")["property_type"], "text");
    let other = json!({ "id": "town", "reference_id": "city", "name": "City" });
    change(&service, Method::PUT, path, &other, &seen).await.then_problem(400, "body_invalid");
    let body = json!({ "reference_id": "town", "name": "Town" });
    service.put(path, &body).await.then_problem(428, "if_match_missing");
    service.delete(path).await.then_problem(428, "if_match_missing");
    let stale = json!({ "revision": 9 });
    for (method, body) in [(Method::PUT, &body), (Method::DELETE, &Value::Null)] {
        change(&service, method, path, body, &stale).await.then_problem(412, "version_conflict");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = if method == Method::PUT { &body } else { &Value::Null };
        let unknown = change(&service, method, "/v1/properties/nobody", body, &stale).await;
        unknown.then_problem(404, "property_not_found");
    }
    service.get(&format!("{path}?x=1")).await.then_problem(400, "parameter_unknown");
    let reader = service.with_token(&["users:read"]).await;
    reader.get(path).await.then(200);
    reader.ask(Method::DELETE, path).await.then_problem(403, "scope_missing");
    // What it is called already is no change, and no fact.
    let position = service.get("/v1/users").await.header("cohort-position").to_owned();
    assert_eq!(rename(&service, "city", "city", "city").await.then(200).header("etag"), "\"0\"");
    assert_eq!(service.get("/v1/users").await.header("cohort-position"), position);
    service.stop().await;
}

#[tokio::test]
async fn a_property_that_is_gone_takes_its_values_along_and_leaves_its_facts() {
    let service = Service::start().await;
    service.import("Email,City,Age\nanna@example.org,Lyon,41\n").await;
    segment(&service, "lyon", in_city("Lyon")).await;
    let used = delete(&service, "city").await.then_problem(409, "property_in_use");
    assert_eq!(used["segments"], json!(["lyon"]));
    let seen = service.get("/v1/segments/lyon").await.json();
    change(&service, Method::DELETE, "/v1/segments/lyon", &Value::Null, &seen).await.then(204);
    service.get("/v1/users?settled=true").await.then(200);
    let facts = "/v1/exports/user-events.csv?type=UserImported";
    let before = service.get(facts).await.then(200).text();
    // A draft that was mapped to it can be started no more.
    let path = service.draft("Email,City\nanna@example.org,Metz\n").await;
    let mapping = json!({ "columns": service.get(&path).await.json()["columns"] });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    let gone = delete(&service, "city").await.then(204);
    assert!(!gone.header("cohort-position").is_empty());
    service.act(&format!("{path}/start?wait=true")).await.then_problem(422, "property_unknown");
    service.get("/v1/properties/city").await.then_problem(404, "property_not_found");
    assert_eq!(service.get("/v1/properties").await.json()["items"].as_array().unwrap().len(), 1);
    // Its values are neither shown nor exported nor taken.
    assert_eq!(service.user("anna@").await["fields"], json!({ "age": "41" }));
    let users = service.export("/v1/exports/users.csv").await;
    assert_eq!(users.columns.last().unwrap(), "age");
    assert!(!users.columns.contains(&"city".to_owned()));
    let anna = service.user_id("anna@").await;
    patch(&service, &anna, json!({ "city": "Metz" })).await.then_problem(422, "property_unknown");
    let body = json!({ "name": "In Lyon", "conditions": in_city("Lyon") });
    service.post("/v1/segments", &body).await.then_problem(422, "condition_invalid");
    // What happened stays as it was told.
    assert_eq!(service.get(facts).await.then(200).text(), before);
    // The next one of this name is another, and begins without values.
    let report = service.import("Email,City\nben@example.org,Nice\n").await;
    assert_eq!(report["columns"][1]["reference_id"], "city");
    assert_eq!(property(&service, "city_2").await["reference_id"], "city");
    assert_eq!(service.user("anna@").await["fields"], json!({ "age": "41" }));
    assert_eq!(service.user("ben@").await["fields"], json!({ "city": "Nice" }));
    delete(&service, "city_2").await.then(204);
    let third = json!({ "reference_id": "city", "type": "number" });
    assert_eq!(service.post("/v1/properties", &third).await.then(201).json()["id"], "city_3");
    // The draft is mapped anew, to what there is now.
    let columns = json!([{ "column": 1, "target": "email" },
        { "column": 2, "target": "field", "reference_id": "metropolis", "type": "text" }]);
    service.put(&format!("{path}/mapping"), &json!({ "columns": columns })).await.then(200);
    service.act(&format!("{path}/start?wait=true")).await.then(200);
    assert_eq!(service.user("anna@").await["fields"], json!({ "age": "41", "metropolis": "Metz" }));
    sound(&service).await;
    let service = service.restart().await;
    service.get("/v1/properties/city").await.then_problem(404, "property_not_found");
    assert_eq!(service.user("ben@").await["fields"], json!({}));
    service.stop().await;
}

/// What a mapping asks for by a name whose id is another's is made under that name.
#[tokio::test]
async fn a_mapping_names_new_properties_as_they_will_be_called() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    delete(&service, "city").await.then(204);
    let path = service.draft("Email,A,B\nanna@example.org,Metz,2\n").await;
    let column = |number: u64, name: &str| json!({ "column": number, "target": "field", "reference_id": name, "type": "text" });
    let mapping = |a: &str, b: &str| json!({ "columns": [{ "column": 1, "target": "email" }, column(2, a), column(3, b)] });
    let put = format!("{path}/mapping");
    service.put(&put, &mapping("city", "city")).await.then_problem(422, "field_mapped_twice");
    let shown =
        service.put(&put, &mapping("city", "city_2")).await.then(200).json()["columns"].clone();
    assert_eq!((&shown[1]["reference_id"], &shown[1]["new"]), (&json!("city"), &json!(true)));
    assert_eq!(shown[2]["reference_id"], "city_2");
    // As they are shown they can be sent back.
    let back = service.put(&put, &json!({ "columns": shown })).await.then(200).json();
    assert_eq!(back["columns"], shown);
    service.act(&format!("{path}/check")).await.then(200);
    let found = service.get(&format!("{path}/check")).await.then(200).json();
    let fields: Vec<&str> = found["items"][0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["city", "city_2"]);
    service.act(&format!("{path}/start?wait=true")).await.then(200);
    assert_eq!(service.user("anna@").await["fields"], json!({ "city": "Metz", "city_2": "2" }));
    service.stop().await;
}

/// An import goes on by the ids it began with, whatever becomes of its properties meanwhile.
#[tokio::test]
async fn a_running_import_loses_no_row_when_its_properties_change() {
    let folder = tempfile::tempdir().unwrap();
    let small = [("import_batch_rows", "50")];
    let service = Service::open(&folder.path().join("data"), None, &small).await;
    service.import("Email,City,Age\nanna@example.org,Lyon,41\n").await;
    let rows: String =
        (0..4_000).map(|row| format!("user{row}@example.org,City {row},{row}\n")).collect();
    let request = service.request(Method::POST, "/v1/imports?start=true");
    let request =
        request.header("content-type", "text/csv").body(format!("Email,City,Age\n{rows}"));
    let started = Answer::of(request).await.then(202);
    let path = started.header("location").to_owned();
    let refused = delete(&service, "city").await;
    if refused.status() == 204 {
        let import = service.get(&path).await.then(200).json();
        assert_eq!(import["state"], "completed", "its values were still to come");
    } else {
        let id = path.rsplit('/').next().unwrap();
        assert_eq!(refused.then_problem(409, "property_in_use")["imports"], json!([id]));
    }
    rename(&service, "age", "years", "Years").await.then(200);
    let done = service.get(&format!("{path}?wait=true")).await.then(200).json();
    service.settle().await;
    if service.get("/v1/properties/city").await.status() == 200 {
        delete(&service, "city").await.then(204);
    }
    assert_eq!((&done["state"], &done["created"]), (&json!("completed"), &json!(4_000)));
    assert_eq!(service.user("user3999@").await["fields"], json!({ "years": "3999" }));
    sound(&service).await;
    service.stop().await;
}
