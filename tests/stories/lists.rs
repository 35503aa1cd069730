//! Lists: called otherwise and taken away; who is on one that is no more leaves it by itself.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

use crate::segments::{change, history, kinds, segment};

async fn list(service: &Service, id: &str) -> Value {
    service.get(&format!("/v1/lists/{id}")).await.then(200).json()
}

async fn delete(service: &Service, id: &str) -> Answer {
    let seen = list(service, id).await;
    change(service, Method::DELETE, &format!("/v1/lists/{id}"), &Value::Null, &seen).await
}

async fn sound(service: &Service) {
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

#[tokio::test]
async fn a_list_is_called_otherwise_by_who_has_seen_it() {
    let service = Service::start().await;
    service.import_with("Email\nanna@example.org\n", "&new_list=Spring").await.then(200);
    let (path, seen) = ("/v1/lists/spring", list(&service, "spring").await);
    assert_eq!((&seen["revision"], &seen["users"]), (&json!(0), &json!(1)));
    let body = json!({ "name": "Spring 2026" });
    service.put(path, &body).await.then_problem(428, "if_match_missing");
    service.delete(path).await.then_problem(428, "if_match_missing");
    let changed = change(&service, Method::PUT, path, &body, &seen).await.then(200);
    assert_eq!((changed.header("etag"), &changed.json()["name"]), ("\"1\"", &json!("Spring 2026")));
    for (method, body) in [(Method::PUT, &body), (Method::DELETE, &Value::Null)] {
        change(&service, method, path, body, &seen).await.then_problem(412, "version_conflict");
    }
    let now = list(&service, "spring").await;
    let same = change(&service, Method::PUT, path, &body, &now).await.then(200);
    assert_eq!(same.header("etag"), "\"1\"", "no change, no fact");
    let other = json!({ "id": "summer", "name": "Summer" });
    change(&service, Method::PUT, path, &other, &now).await.then_problem(400, "body_invalid");
    let nameless = json!({ "name": "" });
    change(&service, Method::PUT, path, &nameless, &now).await.then_problem(400, "body_invalid");
    for (method, body) in [(Method::PUT, &body), (Method::DELETE, &Value::Null)] {
        let unknown = change(&service, method, "/v1/lists/nobody", body, &now).await;
        unknown.then_problem(404, "list_unknown");
    }
    let reader = service.with_token(&["users:read"]).await;
    reader.ask(Method::DELETE, path).await.then_problem(403, "scope_missing");
    // Who joins from now on joins what it is called now; what was told stays as it was.
    service.import_with("Email\nben@example.org\n", "&list=spring").await.then(200);
    let joined = service.export("/v1/exports/user-events.csv?type=ListJoined").await;
    assert_eq!(joined.column("audience_name"), ["Spring", "Spring 2026"]);
    service.stop().await;
}

#[tokio::test]
async fn who_is_on_a_list_that_is_no_more_leaves_it() {
    let service = Service::start().await;
    service.import_with("Email\nanna@example.org\n", "&new_list=Spring").await.then(200);
    segment(&service, "sprung", json!({ "groups": [{ "conditions": [{ "list": "spring" }] }] }))
        .await;
    let joins =
        json!({ "groups": [{ "conditions": [{ "event": "ListJoined", "of": "spring" }] }] });
    segment(&service, "joined", joins).await;
    let badge = json!({ "id": "vip", "name": "VIP", "audience": { "list": "spring" } });
    let draft = service.post("/v1/badges", &badge).await.then(201).json();
    let publish = "/v1/badges/vip/publish";
    change(&service, Method::POST, publish, &Value::Null, &draft).await.then(200);
    let used = delete(&service, "spring").await.then_problem(409, "audience_in_use");
    assert_eq!(used["badges"], json!(["vip"]));
    assert_eq!(used["segments"], json!(["joined", "sprung"]));
    let by_hand = json!({ "name": "VIP" });
    let seen = service.get("/v1/badges/vip").await.json();
    change(&service, Method::PUT, "/v1/badges/vip", &by_hand, &seen).await.then(200);
    for id in ["sprung", "joined"] {
        let (path, seen) =
            (format!("/v1/segments/{id}"), service.get(&format!("/v1/segments/{id}")).await.json());
        change(&service, Method::DELETE, &path, &Value::Null, &seen).await.then(204);
    }
    // A draft that would join it is refused by name once it is gone.
    let path = service.draft("Email\nben@example.org\n").await;
    let mapping =
        json!({ "columns": [{ "column": 1, "target": "email" }], "list": { "id": "spring" } });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    delete(&service, "spring").await.then(204);
    service.get("/v1/lists/spring").await.then_problem(404, "list_unknown");
    service.get("/v1/users?list=spring").await.then_problem(404, "list_unknown");
    service.act(&format!("{path}/start")).await.then_problem(404, "list_unknown");
    service.put(&format!("{path}/mapping"), &mapping).await.then_problem(404, "list_unknown");
    let direct = service.import_with("Email\nben@example.org\n", "&list=spring").await;
    direct.then_problem(404, "list_unknown");
    let anna = history(&service, "anna@").await;
    assert_eq!(kinds(&anna).last(), Some(&"cohort.list.left"));
    let left = anna.last().unwrap();
    assert_eq!(
        left["data"],
        json!({ "audience_id": "spring", "audience_name": "Spring", "because": "list_deleted" })
    );
    assert_eq!(
        (&left["cause"]["stream"], &left["actor"]["id"]),
        (&json!("list-spring"), &json!("list-spring"))
    );
    assert_eq!(service.user("anna@").await["lists"], json!([]));
    let by_hand = format!("/v1/users/{}/lists/spring", service.user_id("anna@").await);
    service.act(&by_hand).await.then_problem(404, "list_unknown");
    // Its id is nobody's again.
    let again = json!({ "id": "spring", "name": "Spring" });
    service.post("/v1/lists", &again).await.then_problem(409, "reference_id_taken");
    let another = service.post("/v1/lists", &json!({ "name": "Spring" })).await.then(201).json();
    assert_eq!((&another["id"], &another["users"]), (&json!("spring_2"), &json!(0)));
    sound(&service).await;
    let facts = history(&service, "anna@").await.len();
    let service = service.restart().await;
    assert_eq!(history(&service, "anna@").await.len(), facts, "nobody leaves twice");
    service.stop().await;
}

/// No rule, nobody asks: still everybody leaves, also who joins while it is being taken away.
#[tokio::test]
async fn a_running_import_ends_although_its_list_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let small = [("import_batch_rows", "10")];
    let service = Service::open(&folder.path().join("data"), None, &small).await;
    service.post("/v1/lists", &json!({ "name": "Spring" })).await.then(201);
    let rows: String = (0..4_000).map(|row| format!("user{row}@example.org\n")).collect();
    let request = service.request(Method::POST, "/v1/imports?start=true&list=spring");
    let request = request.header("content-type", "text/csv").body(format!("Email\n{rows}"));
    let path = Answer::of(request).await.then(202).header("location").to_owned();
    delete(&service, "spring").await.then(204);
    let done = service.get(&format!("{path}?wait=true")).await.then(200).json();
    assert_eq!((&done["state"], &done["created"]), (&json!("completed"), &json!(4_000)));
    service.get("/v1/users?settled=true&limit=1").await.then(200);
    let joined = service.export("/v1/exports/user-events.csv?type=ListJoined").await;
    let left = service.export("/v1/exports/user-events.csv?type=ListLeft").await;
    assert_eq!(joined.rows.len(), left.rows.len(), "each that joined has left");
    assert_eq!(done["joined"], joined.rows.len());
    assert!(joined.rows.len() < 4_000, "nobody joins what is known to be gone");
    assert!(left.column("because").iter().all(|because| *because == "list_deleted"));
    let back = service.act(&format!("{path}/revert?dry_run=true")).await.then(200).json();
    assert_eq!((&back["removed"], &back["kept"]), (&json!(4_000), &json!(0)), "{back}");
    sound(&service).await;
    service.stop().await;
}
