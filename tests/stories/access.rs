//! Who may do what, and what nobody without the right ever sees.

use reqwest::Method;
use tests::{Answer, Service};

const CANARY: &str = "canary-7f3a";

#[tokio::test]
async fn without_a_credential_only_the_public_answers() {
    let service = Service::start().await;
    let plain = tests::client();
    let ask = async |method: Method, path: &str| {
        Answer::of(plain.request(method, format!("{}{path}", service.address))).await
    };
    for path in [
        "/livez",
        "/readyz",
        "/version",
        "/problems",
        "/problems/user_unknown",
        "/openapi.json",
        "/docs/",
    ] {
        ask(Method::GET, path).await.then(200);
    }
    let document = ask(Method::GET, "/openapi.json").await.json();
    let mut guarded = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"] == serde_json::json!([{}]) {
                continue;
            }
            let path = path
                .replace("{id}", "0190b3c4-5d6e-8f70-8123-456789abcdef")
                .replace(['{', '}'], "");
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = ask(method.clone(), &path).await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path}: {}", answer.text());
            answer.then_problem(401, "unauthenticated");
            guarded += 1;
        }
    }
    assert!(guarded >= 18, "the document lists {guarded} guarded routes");
    let wrong = plain.get(format!("{}/v1/users", service.address)).bearer_auth("cohort_wrong");
    Answer::of(wrong).await.then_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_may_do_what_its_scopes_say() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    let reader = service.with_token(&["users:read"]).await;
    reader.get("/v1/users").await.then(200);
    let missing = reader
        .ask(Method::POST, &format!("/v1/users/{id}/badges/vip"))
        .await
        .then_problem(403, "scope_missing");
    assert_eq!(missing["scope"], "users:write");
    reader.get("/v1/exports/users.csv").await.then_problem(403, "scope_missing");
    reader.get(&format!("/v1/users/{id}/events")).await.then_problem(403, "scope_missing");
    reader.get("/v1/tokens").await.then_problem(403, "scope_missing");
    reader.get("/metrics").await.then_problem(403, "scope_missing");
    let unknown = serde_json::json!({ "scopes": ["users:raed"] });
    service.post("/v1/tokens", &unknown).await.then_problem(400, "body_invalid");
}

/// Walks every route with a token that may do everything but see personal data.
#[tokio::test]
async fn without_personal_read_a_canary_is_found_nowhere() {
    let service = Service::start().await;
    let file = format!(
        "Email,First Name,Secret\n{CANARY}@example.org,{CANARY},{CANARY}\n{CANARY} broken,x,{CANARY}\n"
    );
    let report =
        service.import_with(file, &format!("&filename={CANARY}.csv")).await.then(200).json();
    let id = service.user_id(CANARY).await;
    service.act(&format!("/v1/users/{id}/badges/vip")).await.then(200);
    service.get(&format!("/v1/users?search={CANARY}")).await.then(200);
    // Her address moves: the one before and the one after are hers.
    let moves = format!("user_id,Email\n{id},{CANARY}@new.example\n");
    service.import_with(moves, "&match_by=user_id").await.then(200);
    let set = serde_json::json!({ "action": "set_property", "property": "secret", "value": format!("{CANARY}!"),
        "filter": { "search": CANARY } });
    let done = service.post("/v1/bulk-actions?wait=true", &set).await.then(200).json();
    let bulk = done["id"].as_str().unwrap();
    // A dry run shows whom it would change, and one whose value was set is taken back.
    let vip = serde_json::json!({ "action": "gain_badge", "badge": "star", "users": [id] });
    let other = serde_json::json!({ "action": "set_property", "property": "first_name",
        "value": format!("{CANARY}?"), "filter": { "property.secret.is": format!("{CANARY}!") } });
    let taken = service.post("/v1/bulk-actions?wait=true", &other).await.then(200).json();
    let taken = format!("/v1/bulk-actions/{}", taken["id"].as_str().unwrap());
    service.act(&format!("{taken}/revert?wait=true")).await.then(200);
    let secret = format!("{CANARY}!");
    let view = serde_json::json!({ "name": "Seen", "filter": { "property.secret.is": secret } });
    let view = service.post("/v1/views", &view).await.then(201).json();
    let condition = serde_json::json!({ "property": "secret", "operator": "is", "value": format!("no {CANARY}") });
    let conditions = serde_json::json!({ "groups": [{ "conditions": [condition] }] });
    let segment = serde_json::json!({ "name": "Seen", "conditions": conditions });
    let segment = service.post("/v1/segments", &segment).await.then(201).json();
    let scopes = ["users:read", "users:write", "imports:write", "exports:create", "events:read"];
    let blind = service.with_token(&scopes).await;
    let admin = tests::Browser::invited(&service, "ben@example.org", "admin", false).await;
    let import = report["id"].as_str().unwrap();
    let paths = [
        "/v1/users".to_owned(),
        format!("/v1/users/{id}"),
        format!("/v1/users/{id}/events"),
        "/v1/event-types".to_owned(),
        "/v1/imports".to_owned(),
        format!("/v1/imports/{import}"),
        "/v1/bulk-actions".to_owned(),
        format!("/v1/bulk-actions/{bulk}"),
        format!("/v1/bulk-actions/{bulk}/progress"),
        taken,
        "/v1/exports/users.csv".to_owned(),
        "/v1/exports/users.ndjson".to_owned(),
        "/v1/exports/user-events.csv".to_owned(),
        "/v1/exports/user-events.ndjson".to_owned(),
        "/v1/exports/user-events.csv?type=UserImported".to_owned(),
        "/v1/exports/user-events.ndjson?type=UserImported".to_owned(),
        "/v1/exports/user-events.csv?type=UserEmailChanged".to_owned(),
        "/v1/properties".to_owned(),
        "/v1/properties/secret".to_owned(),
        "/v1/lists".to_owned(),
        "/v1/table".to_owned(),
        "/v1/views".to_owned(),
        "/v1/events".to_owned(),
        "/v1/segments".to_owned(),
    ];
    let progress = format!("/v1/bulk-actions/{bulk}/progress");
    let about_nobody = [
        progress.as_str(),
        "/v1/event-types",
        "/v1/properties",
        "/v1/properties/secret",
        "/v1/lists",
        "/v1/table",
    ];
    for path in &paths {
        let full = service.get(path).await.then(200);
        let answer = blind.get(path).await.then(200);
        assert!(!answer.text().contains(CANARY), "{path}: {}", answer.text());
        assert!(!format!("{:?}", answer.headers).contains(CANARY), "{path}");
        let answer = admin.get(path).await.then(200);
        assert!(!answer.text().contains(CANARY), "an admin, {path}: {}", answer.text());
        // The admin sees it where it belongs, so this test can fail.
        let seen = full.text().contains(CANARY);
        assert_eq!(seen, !about_nobody.contains(&path.as_str()), "{path}: {}", full.text());
    }
    // Whatever else there is to read, as the document lists it: a new route is walked from its first day.
    let id_of = |what: &serde_json::Value| what["id"].as_str().unwrap().to_owned();
    let events = service.get(&format!("/v1/users/{id}/events")).await.json();
    let known = [
        ("/v1/users/{id}", id.clone()),
        ("/v1/imports/{id}", import.to_owned()),
        ("/v1/bulk-actions/{id}", bulk.to_owned()),
        ("/v1/views/{id}", id_of(&view)),
        ("/v1/segments/{id}", id_of(&segment)),
        ("/v1/properties/{id}", "secret".to_owned()),
        ("/v1/events/{cursor}", events["items"][0]["position"].as_str().unwrap().to_owned()),
    ];
    let document = service.get("/openapi.json").await.json();
    let mut shown = 0;
    for (template, methods) in document["paths"].as_object().unwrap() {
        if methods.get("get").is_none() || !template.starts_with("/v1/") {
            continue;
        }
        let of = known.iter().find(|(prefix, _)| template.starts_with(prefix));
        let path = of.map_or_else(
            || template.clone(),
            |(prefix, id)| {
                let (before, _) = prefix.split_once('{').unwrap();
                format!("{before}{id}{}", &template[prefix.len()..])
            },
        );
        let path = path.replace("{badge}", "vip").replace("{property}", "secret");
        let path = path.replace(['{', '}'], "");
        let (answer, full) = (blind.get(&path).await, service.get(&path).await);
        assert!(!answer.text().contains(CANARY), "{path}: {}", answer.text());
        let is_there = full.status.as_u16() != 404;
        assert!(is_there || of.is_none(), "{path} was not looked at: {}", full.text());
        shown += usize::from(full.text().contains(CANARY));
    }
    assert!(shown >= 15, "{shown} routes show her to who may see her");
    let posted = [
        ("/v1/bulk-actions?dry_run=true".to_owned(), &vip, true),
        (format!("/v1/bulk-actions/{bulk}/revert?dry_run=true"), &serde_json::json!({}), false),
    ];
    for (path, body, shows) in posted {
        let full = service.post(&path, body).await.then(200);
        let answer = blind.post(&path, body).await.then(200);
        assert!(!answer.text().contains(CANARY), "{path}: {}", answer.text());
        assert_eq!(full.text().contains(CANARY), shows, "{path}: {}", full.text());
    }
    for body in [&set, &other] {
        for query in ["", "?dry_run=true"] {
            let asked = blind.post(&format!("/v1/bulk-actions{query}"), body).await;
            asked.then_problem(403, "personal_data_required");
        }
    }
    blind.get("/v1/users?search=a").await.then_problem(403, "personal_data_required");
    let events = tests::Table::read(&blind.get("/v1/exports/user-events.csv").await.text());
    assert_eq!(events.columns.len(), 30, "cells stay in place");
    assert_eq!(events.column("state"), ["withheld"; 6]);
    let properties = events.column("properties");
    assert_eq!(properties[..2], ["{\"created\":true}", ""]);
    assert!(properties[2].starts_with("{\"address_id\":"), "{properties:?}");
    let own = blind.ask(Method::POST, &format!("/v1/users/{id}/badges/other")).await.then(200);
    assert!(!own.text().contains(CANARY));
}

#[tokio::test]
async fn tokens_are_shown_once_listed_without_secrets_and_revoked_at_once() {
    let service = Service::start().await;
    let body = serde_json::json!({ "name": "nightly", "scopes": ["users:read", "exports:create"] });
    let made = service.post("/v1/tokens", &body).await.then(201).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let client = tests::client();
    let ask = async || {
        Answer::of(client.get(format!("{}/v1/users", service.address)).bearer_auth(secret)).await
    };
    ask().await.then(200);
    let list = service.get("/v1/tokens").await.then(200);
    assert!(!list.text().contains(secret) && list.text().contains("nightly"));
    let listed = list.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["id"] == id)
        .unwrap()
        .clone();
    assert!(listed["last_used_at"].is_string());
    service.delete(&format!("/v1/tokens/{id}")).await.then(204);
    ask().await.then_problem(401, "unauthenticated");
    service.delete(&format!("/v1/tokens/{id}")).await.then(204);
    service.delete("/v1/tokens/t_unknown").await.then_problem(404, "token_unknown");
    let admin =
        service.get("/v1/tokens").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    service.delete(&format!("/v1/tokens/{admin}")).await.then_problem(409, "last_admin_token");
    let files = ["log.db", "log.db-wal", "work.db", "work.db-wal"];
    for file in files {
        let bytes = std::fs::read(service.data.join(file)).unwrap_or_default();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{file} holds a token's secret");
    }
    // Revocation outlives a restart.
    let secret = secret.to_owned();
    let service = service.restart().await;
    let request = tests::client().get(format!("{}/v1/users", service.address)).bearer_auth(secret);
    Answer::of(request).await.then_problem(401, "unauthenticated");
    service.stop().await;
}
