//! Bulk actions: one thing done to many users, by the rules of the same done to one.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service, people};

const PEOPLE: &str = "Email,City\nanna@example.org,Lyon\nbob@example.org,Lyon\ncleo@example.org,Nice\ndan@example.org,\n";
const NOBODY: &str = "0190b3c4-5d6e-8f70-8123-456789abcdef";

/// Four users, Anna and Bob on the list `spring`.
async fn house() -> Service {
    let service = Service::start().await;
    service.import(PEOPLE).await;
    service.post("/v1/lists", &json!({ "name": "Spring" })).await.then(201);
    for name in ["anna@", "bob@"] {
        let user = service.user_id(name).await;
        service.act(&format!("/v1/users/{user}/lists/spring")).await.then(200);
    }
    service
}

/// Does it to the end and answers the report, which must say the same as the dry run before it.
async fn act(service: &Service, body: Value) -> Value {
    let would = service.post("/v1/bulk-actions?dry_run=true", &body).await.then(200).json();
    let done = service.post("/v1/bulk-actions?wait=true", &body).await.then(200).json();
    assert_eq!(done["state"], "completed", "{done}");
    for count in ["matched", "changed", "unchanged", "refused", "codes", "refused_first"] {
        assert_eq!(done[count], would[count], "{count}: {done}");
    }
    done
}

/// Matched, changed, unchanged, refused.
fn counts(report: &Value) -> [u64; 4] {
    ["matched", "changed", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

/// First letters of the addresses of a query's users, in order.
async fn names(service: &Service, query: &str) -> String {
    let page = service.get(&format!("/v1/users?sort=email&{query}")).await.then(200).json();
    let users = page["items"].as_array().unwrap().iter();
    users.map(|user| user["email"].as_str().unwrap().chars().next().unwrap()).collect()
}

#[tokio::test]
async fn chosen_users_join_and_leave_a_list() {
    let service = house().await;
    let (anna, dan) = (service.user_id("anna@").await, service.user_id("dan@").await);
    let users = json!([anna, dan, dan, NOBODY]);
    let body = json!({ "action": "join_list", "list": "spring", "users": users });
    let done = act(&service, body.clone()).await;
    assert_eq!(counts(&done), [3, 1, 1, 1], "{done}");
    assert_eq!(done["codes"], json!({ "user_unknown": 1 }));
    assert_eq!(done["refused_first"], json!([{ "user_id": NOBODY, "code": "user_unknown" }]));
    assert_eq!((&done["list"], &done["filter"]), (&json!("spring"), &Value::Null));
    let mut named = vec![anna.as_str(), dan.as_str(), NOBODY];
    named.sort();
    let path = format!("/v1/bulk-actions/{}", done["id"].as_str().unwrap());
    assert_eq!(service.get(&path).await.then(200).json()["users"], json!(named), "each once");
    let listed = service.get("/v1/bulk-actions").await.then(200).json();
    assert_eq!(listed["items"][0].get("users"), None, "not in the list of all");
    assert_eq!(names(&service, "list=spring").await, "abd");
    assert_eq!(counts(&act(&service, body).await), [3, 0, 2, 1], "done again, it changes nobody");

    let done =
        act(&service, json!({ "action": "leave_list", "list": "spring", "filter": {} })).await;
    assert_eq!(counts(&done), [4, 3, 0, 1]);
    assert_eq!(done["codes"], json!({ "list_not_joined": 1 }), "as one command says");
    assert_eq!(names(&service, "list=spring").await, "");
}

#[tokio::test]
async fn who_is_in_is_fixed_although_the_action_changes_who_matches() {
    let service = Service::start().await;
    service.import_with(people::csv(3_000, 5, 0).text, "&new_list=All").await.then(200);
    let on_it = service.get("/v1/lists/all").await.json()["users"].as_u64().unwrap();
    let data = service.data.clone();
    let _folder = service.stop().await;
    // In many batches, so that each sees what the ones before it did.
    let service = Service::open(&data, None, &[("import_batch_rows", "100")]).await;
    let filter = json!({ "list": "all" });
    let done =
        act(&service, json!({ "action": "leave_list", "list": "all", "filter": filter })).await;
    assert_eq!(counts(&done), [on_it, on_it, 0, 0]);
    assert_eq!(done["filter"], json!({ "list": ["all"] }));
    let view = service.get("/v1/lists/all").await.json();
    assert_eq!(view["users"], 0);
    let files = std::fs::read_dir(data.join("files").join("bulk")).unwrap().count();
    assert_eq!(files, 0, "whom it was about is needed no more");
}

#[tokio::test]
async fn badges_are_awarded_and_withdrawn() {
    let service = house().await;
    let lyon = json!({ "property.city.is": "lyon" });
    let done =
        act(&service, json!({ "action": "gain_badge", "badge": "vip", "filter": lyon })).await;
    assert_eq!(counts(&done), [2, 2, 0, 0]);
    assert_eq!(names(&service, "badge=vip").await, "ab");
    let filter = json!({ "property.city.is_one_of": "Lyon,Nice" });
    let done =
        act(&service, json!({ "action": "lose_badge", "badge": "vip", "filter": filter })).await;
    assert_eq!(counts(&done), [3, 2, 0, 1]);
    assert_eq!(done["codes"], json!({ "badge_not_held": 1 }));
    assert_eq!(names(&service, "badge=vip").await, "");
}

#[tokio::test]
async fn a_value_is_given_and_taken_away_by_its_type() {
    let service = house().await;
    let points = json!({ "reference_id": "points", "type": "number" });
    service.post("/v1/properties", &points).await.then(201);
    let set = |value: Value, filter: Value| json!({ "action": "set_property", "property": "points", "value": value, "filter": filter });
    let both = json!({ "list": ["spring"], "property.city.is": ["Lyon"] });
    let would = service.post("/v1/bulk-actions?dry_run=true", &set(json!(7), both.clone())).await;
    let would = would.then(200).json()["values_first"].clone();
    let mut said: Vec<_> =
        would.as_array().unwrap().iter().map(|it| (&it["email"], &it["old"], &it["new"])).collect();
    said.sort_by_key(|(email, ..)| email.as_str());
    let (none, seven) = (Value::Null, json!("7"));
    let emails = [json!("anna@example.org"), json!("bob@example.org")];
    assert_eq!(said, [(&emails[0], &none, &seven), (&emails[1], &none, &seven)]);
    let done = act(&service, set(json!(7), both.clone())).await;
    assert_eq!(done.get("users"), None, "the filters say who");
    assert_eq!((counts(&done), &done["value"]), ([2, 2, 0, 0], &json!("7")));
    assert_eq!(service.user("anna@").await["fields"]["points"], "7");
    assert_eq!(counts(&act(&service, set(json!(7), json!({}))).await), [4, 2, 2, 0]);
    let done = act(&service, set(Value::Null, json!({ "search": "n@" }))).await;
    assert_eq!((counts(&done), &done["value"]), ([1, 1, 0, 0], &Value::Null));
    assert_eq!(service.user("dan@").await["fields"], json!({}));

    let refused = service.post("/v1/bulk-actions", &set(json!("many"), json!({}))).await;
    refused.then_problem(422, "value_invalid");
    let body = json!({ "action": "set_property", "property": "nix", "value": 1, "filter": {} });
    service.post("/v1/bulk-actions", &body).await.then_problem(422, "property_unknown");
}

#[tokio::test]
async fn removing_many_takes_all_they_hold_in_one_moment() {
    let service = house().await;
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/badges/vip")).await.then(200);
    let done = act(&service, json!({ "action": "delete", "filter": { "list": "spring" } })).await;
    assert_eq!(counts(&done), [2, 2, 0, 0]);
    assert_eq!(names(&service, "").await, "cd");
    let history = service.get(&format!("/v1/users/{anna}/events")).await.then(200).json();
    let types = history["items"].as_array().unwrap().iter().map(|fact| fact["type"].clone());
    let types: Vec<Value> = types.take(3).collect();
    assert_eq!(types, ["cohort.user.deleted", "cohort.list.left", "cohort.badge.lost"]);
    let times =
        history["items"].as_array().unwrap().iter().take(3).map(|fact| &fact["recorded_at"]);
    let times: Vec<&Value> = times.collect();
    assert!(times.iter().all(|time| *time == times[0]), "{times:?}");
}

#[tokio::test]
async fn each_fact_leads_back_to_the_action() {
    let service = house().await;
    let dan = service.user_id("dan@").await;
    let done =
        act(&service, json!({ "action": "join_list", "list": "spring", "users": [dan] })).await;
    let history = service.get(&format!("/v1/users/{dan}/events")).await.then(200).json();
    let fact = &history["items"][0];
    assert_eq!((&fact["type"], &fact["origin"]), (&json!("cohort.list.joined"), &json!("bulk")));
    assert_eq!(fact["correlation_id"], done["id"]);
    assert_eq!(fact["actor"], done["by"]);
    let path = format!("/v1/events/{}/causes", fact["position"].as_str().unwrap());
    let chain = service.get(&path).await.then(200).json();
    let cause = &chain["items"][1];
    assert_eq!(cause["type"], "cohort.bulk_action.started", "{chain}");
    assert_eq!(cause["stream"], format!("bulk-{}", done["id"].as_str().unwrap()));
    assert_eq!(chain["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_follows_by_rules_follows() {
    let service = house().await;
    let badge = json!({ "id": "vip", "name": "VIP", "audience": { "list": "spring" } });
    service.post("/v1/badges", &badge).await.then(201);
    let publish =
        service.request(Method::POST, "/v1/badges/vip/publish").header("if-match", "\"0\"");
    Answer::of(publish).await.then(200);
    act(&service, json!({ "action": "join_list", "list": "spring", "filter": {} })).await;
    assert_eq!(names(&service, "badge=vip&settled=true").await, "abcd");
    let dan = service.user_id("dan@").await;
    act(&service, json!({ "action": "leave_list", "list": "spring", "users": [dan] })).await;
    assert_eq!(names(&service, "badge=vip&settled=true").await, "abc");

    for action in ["gain_badge", "lose_badge"] {
        let body = json!({ "action": action, "badge": "vip", "filter": {} });
        for query in ["", "?dry_run=true"] {
            let refused = service.post(&format!("/v1/bulk-actions{query}"), &body).await;
            refused.then_problem(409, "badge_follows_audience");
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name_and_changes_nothing() {
    let service = house().await;
    let head = service.app.log.head();
    let many: Vec<String> = (0..10_001).map(|n| uuid::Uuid::from_u128(n).to_string()).collect();
    let draft = json!({ "id": "draft", "name": "Draft" });
    for (status, code, body) in [
        (400, "body_invalid", json!({ "action": "delete" })),
        (400, "body_invalid", json!({ "action": "delete", "users": [NOBODY], "filter": {} })),
        (400, "body_invalid", json!({ "action": "delete", "users": [] })),
        (400, "body_invalid", json!({ "action": "delete", "users": ["anna"] })),
        (400, "body_invalid", json!({ "action": "delete", "list": "spring", "filter": {} })),
        (400, "body_invalid", json!({ "action": "explode", "filter": {} })),
        (400, "body_invalid", json!({ "action": "join_list", "filter": {} })),
        (
            400,
            "body_invalid",
            json!({ "action": "set_property", "property": "city", "filter": {} }),
        ),
        (400, "body_invalid", json!({ "action": "delete", "filter": {}, "force": true })),
        (400, "body_invalid", json!({ "action": "delete", "filter": { "list": null } })),
        (400, "body_invalid", json!({ "action": "delete", "filter": { "list": [] } })),
        (400, "body_invalid", json!({ "action": "delete", "filter": { "search": "" } })),
        (
            400,
            "parameter_invalid",
            json!({ "action": "delete", "filter": { "import": many[..6] } }),
        ),
        (400, "parameter_unknown", json!({ "action": "delete", "filter": { "lists": "spring" } })),
        (400, "id_invalid", json!({ "action": "join_list", "list": "Spring!", "filter": {} })),
        (404, "list_unknown", json!({ "action": "join_list", "list": "autumn", "filter": {} })),
        (404, "list_unknown", json!({ "action": "delete", "filter": { "list": "autumn" } })),
        (
            422,
            "condition_invalid",
            json!({ "action": "delete", "filter": { "property.nix.is": "x" } }),
        ),
        (422, "too_many_users", json!({ "action": "delete", "users": many })),
    ] {
        let refused = service.post("/v1/bulk-actions", &body).await;
        let problem = refused.then_problem(status, code);
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{body}");
    }
    service
        .post("/v1/bulk-actions?force=true", &json!({ "action": "delete", "filter": {} }))
        .await
        .then_problem(400, "parameter_unknown");
    assert_eq!(service.app.log.head(), head, "no fact was recorded");
    service.post("/v1/badges", &draft).await.then(201);
    let body = json!({ "action": "gain_badge", "badge": "draft", "filter": {} });
    service.post("/v1/bulk-actions", &body).await.then_problem(409, "badge_not_published");
    let unknown = format!("/v1/bulk-actions/{NOBODY}");
    service.get(&unknown).await.then_problem(404, "bulk_action_unknown");
    service.act(&format!("{unknown}/cancel")).await.then_problem(404, "bulk_action_unknown");
}

#[tokio::test]
async fn without_the_right_to_see_personal_data_nothing_of_it_is_asked_or_shown() {
    let service = house().await;
    let body = json!({ "action": "set_property", "property": "city", "value": "Canary", "filter": { "search": "anna", "list": "spring" } });
    let done = act(&service, body.clone()).await;
    assert_eq!(done["filter"], json!({ "search": ["anna"], "list": ["spring"] }));
    let writer = service.with_token(&["users:write", "users:read"]).await;
    let shown = writer.get(&format!("/v1/bulk-actions/{}", done["id"].as_str().unwrap())).await;
    let shown = shown.then(200).json();
    assert_eq!(shown["filter"], json!({ "search": [null], "list": ["spring"] }));
    assert_eq!((&shown["value"], &shown["property"]), (&Value::Null, &json!("city")));
    let ask = async |query: &str, body: &Value| {
        writer.post(&format!("/v1/bulk-actions{query}"), body).await
    };
    ask("", &body).await.then_problem(403, "personal_data_required");
    let tells =
        json!({ "action": "set_property", "property": "city", "value": "Canary", "filter": {} });
    ask("?dry_run=true", &tells).await.then_problem(403, "personal_data_required");
    let join = json!({ "action": "join_list", "list": "spring", "filter": {} });
    let would = ask("?dry_run=true", &join).await.then(200).json();
    assert_eq!(would["changed_first"][0]["email"], Value::Null);
    let would = service.post("/v1/bulk-actions?dry_run=true", &join).await.then(200).json();
    assert!(would["changed_first"][0]["email"].is_string(), "{would}");
    let reader = service.with_token(&["users:read", "personal:read"]).await;
    reader.get("/v1/bulk-actions").await.then_problem(403, "scope_missing");
}

#[tokio::test]
async fn whom_a_filter_finds_and_what_a_dry_run_tells_is_for_who_may_read_users() {
    let service = house().await;
    let (anna, dan) = (service.user_id("anna@").await, service.user_id("dan@").await);
    let writer = service.with_token(&["users:write"]).await;
    let join = |of: &str, whom: Value| json!({ "action": "join_list", "list": "spring", of: whom });
    let (chosen, all) = (join("users", json!([anna, dan])), join("filter", json!({})));
    let head = service.app.log.head();
    for (query, body) in [("?dry_run=true", &chosen), ("?dry_run=true", &all), ("", &all)] {
        let refused = writer.post(&format!("/v1/bulk-actions{query}"), body).await;
        assert_eq!(refused.then_problem(403, "scope_missing")["scope"], "users:read");
    }
    assert_eq!(service.app.log.head(), head, "no fact was recorded");
    let done = writer.post("/v1/bulk-actions?wait=true", &chosen).await.then(200).json();
    assert_eq!(counts(&done), [2, 1, 1, 0], "who is named is known already");
    let revert = format!("/v1/bulk-actions/{}/revert", done["id"].as_str().unwrap());
    let refused = writer.ask(Method::POST, &format!("{revert}?dry_run=true")).await;
    assert_eq!(refused.then_problem(403, "scope_missing")["scope"], "users:read");
    let back = writer.ask(Method::POST, &format!("{revert}?wait=true")).await.then(200).json();
    assert_eq!(back["revert"]["restored"], 1);

    let reader = service.with_token(&["users:write", "users:read"]).await;
    for (query, body, status) in [
        ("?dry_run=true", &chosen, 200),
        ("?dry_run=true", &all, 200),
        ("?wait=true", &all, 200),
        ("", &chosen, 202),
    ] {
        reader.post(&format!("/v1/bulk-actions{query}"), body).await.then(status);
    }
}

#[tokio::test]
async fn who_names_users_does_not_wait_for_those_who_look() {
    let service = house().await;
    let dan = service.user_id("dan@").await;
    let looking = service.app.looks.clone().acquire_owned().await.unwrap();
    let join = |of: &str, whom: Value| json!({ "action": "join_list", "list": "spring", of: whom });
    let (chosen, all) = (join("users", json!([dan])), join("filter", json!({})));
    let ask = |query: &str, body: &Value| {
        let request = service.request(Method::POST, &format!("/v1/bulk-actions{query}"));
        tokio::spawn(Answer::of(request.json(body)))
    };
    let others = [ask("?dry_run=true", &chosen), ask("?dry_run=true", &all), ask("", &all)];
    let accepted = async {
        for _ in 0..3 {
            service.post("/v1/bulk-actions?wait=true", &chosen).await.then(200);
        }
    };
    // Else it would wait for ever.
    let accepted = tokio::time::timeout(std::time::Duration::from_secs(60), accepted).await;
    assert!(accepted.is_ok(), "who names users waits for those who look");
    assert!(others.iter().all(|other| !other.is_finished()), "they look at users, one at a time");
    drop(looking);
    for (other, status) in others.into_iter().zip([200, 200, 202]) {
        other.await.unwrap().then(status);
    }
}

#[tokio::test]
async fn the_same_request_under_one_key_is_done_once() {
    let service = house().await;
    let body = json!({ "action": "join_list", "list": "spring", "filter": {} });
    let ask = async |body: &Value| {
        let request = service.request(Method::POST, "/v1/bulk-actions?wait=true");
        Answer::of(request.header("idempotency-key", "k1").json(body)).await
    };
    let first = ask(&body).await.then(200);
    let again = ask(&body).await.then(200);
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    let other = json!({ "action": "leave_list", "list": "spring", "filter": {} });
    ask(&other).await.then_problem(422, "idempotency_key_reused");
    let page = service.get("/v1/bulk-actions").await.then(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}
