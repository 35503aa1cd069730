//! Taking a bulk action back: who is still as it left them is as before, who was changed since stays and is told.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service, people};

const PEOPLE: &str = "Email,City\nanna@example.org,Lyon\nbob@example.org,Nice\ncleo@example.org,\ndan@example.org,Lyon\n";

async fn house() -> Service {
    let service = Service::start().await;
    service.import(PEOPLE).await;
    service.post("/v1/lists", &json!({ "name": "Spring" })).await.then(201);
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/lists/spring")).await.then(200);
    service.act(&format!("/v1/users/{anna}/badges/vip")).await.then(200);
    service
}

/// Does it to everybody and answers its path.
async fn act(service: &Service, mut body: Value) -> String {
    body["filter"] = json!({});
    let done = service.post("/v1/bulk-actions?wait=true", &body).await.then(200).json();
    format!("/v1/bulk-actions/{}", done["id"].as_str().unwrap())
}

/// Takes it back and answers how, which must be what the dry run before it says.
async fn back(service: &Service, path: &str) -> Value {
    let would = service.act(&format!("{path}/revert?dry_run=true")).await.then(200).json();
    let done = service.act(&format!("{path}/revert?wait=true")).await.then(200).json();
    assert_eq!(done["state"], "reverted", "{done}");
    assert_eq!(done["revert"], would);
    let sum: u64 =
        ["restored", "unchanged", "kept"].map(|count| would[count].as_u64().unwrap()).iter().sum();
    assert_eq!(done["changed"], sum, "whoever was changed is told of");
    would
}

/// Restored, unchanged, kept.
fn counts(revert: &Value) -> [u64; 3] {
    ["restored", "unchanged", "kept"].map(|name| revert[name].as_u64().unwrap())
}

/// The values, lists and badges of everybody.
async fn everybody(service: &Service) -> Vec<Value> {
    let page = service.get("/v1/users?sort=email&settled=true").await.then(200).json();
    let mut all = Vec::new();
    for user in page["items"].as_array().unwrap() {
        let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
        let user = service.get(&path).await.then(200).json();
        let ids = |of: &str, id: &str| -> Vec<Value> {
            user[of].as_array().unwrap().iter().map(|held| held[id].clone()).collect()
        };
        all.push(json!([user["fields"], ids("lists", "list_id"), ids("badges", "badge_id")]));
    }
    all
}

#[tokio::test]
async fn each_action_is_taken_back_as_if_it_had_never_been() {
    let service = house().await;
    let before = everybody(&service).await;
    for body in [
        json!({ "action": "join_list", "list": "spring" }),
        json!({ "action": "leave_list", "list": "spring" }),
        json!({ "action": "gain_badge", "badge": "vip" }),
        json!({ "action": "lose_badge", "badge": "vip" }),
        json!({ "action": "set_property", "property": "city", "value": "Nice" }),
        json!({ "action": "set_property", "property": "city", "value": null }),
    ] {
        let path = act(&service, body.clone()).await;
        assert_ne!(everybody(&service).await, before, "{body}");
        let [restored, unchanged, kept] = counts(&back(&service, &path).await);
        assert!(restored > 0 && unchanged + kept == 0, "{body}");
        assert_eq!(everybody(&service).await, before, "{body}");
        let again = service.act(&format!("{path}/revert")).await;
        let problem = again.then_problem(409, "bulk_action_not_revertible");
        assert_eq!(problem["state"], "reverted");
    }
    let check = Answer::of(service.request(Method::POST, "/v1/operations/check")).await;
    assert!(check.then(200).text().contains("\"sound\":true"), "a rebuild is the same");
}

#[tokio::test]
async fn what_was_changed_since_stays_with_a_reason() {
    let service = house().await;
    let (anna, bob) = (service.user_id("anna@").await, service.user_id("bob@").await);
    let (cleo, dan) = (service.user_id("cleo@").await, service.user_id("dan@").await);
    let city =
        act(&service, json!({ "action": "set_property", "property": "city", "value": "Brest" }))
            .await;
    let list = act(&service, json!({ "action": "join_list", "list": "spring" })).await;
    let badge = act(&service, json!({ "action": "gain_badge", "badge": "vip" })).await;
    let path = format!("/v1/users/{bob}");
    let patch = service.request(Method::PATCH, &path);
    Answer::of(patch.json(&json!({ "fields": { "city": "Metz" } }))).await.then(200);
    service.delete(&format!("/v1/users/{bob}/lists/spring")).await.then(200);
    service.act(&format!("/v1/users/{bob}/lists/spring")).await.then(200);
    service.delete(&format!("/v1/users/{cleo}/badges/vip")).await.then(200);
    service.delete(&format!("/v1/users/{dan}")).await.then(200);

    let kept = |user: &str, field: Option<&str>, code: &str| json!({ "user_id": user, "field": field, "code": code });
    let sorted = |revert: &Value| {
        let mut kept = revert["kept_first"].as_array().unwrap().clone();
        kept.sort_by_key(|kept| kept["code"].to_string());
        Value::from(kept)
    };
    let done = back(&service, &city).await;
    assert_eq!(counts(&done), [2, 0, 2]);
    let city = Some("city");
    assert_eq!(
        sorted(&done),
        json!([kept(&dan, city, "user_gone"), kept(&bob, city, "value_changed")])
    );
    let done = back(&service, &list).await;
    assert_eq!(counts(&done), [1, 0, 2]);
    assert_eq!(
        sorted(&done),
        json!([kept(&bob, None, "list_changed"), kept(&dan, None, "user_gone")])
    );
    let done = back(&service, &badge).await;
    assert_eq!(counts(&done), [1, 0, 2]);
    assert_eq!(
        sorted(&done),
        json!([kept(&cleo, None, "badge_changed"), kept(&dan, None, "user_gone")])
    );
    assert_eq!(
        everybody(&service).await,
        [
            json!([{ "city": "Lyon" }, ["spring"], ["vip"]]),
            json!([{ "city": "Metz" }, ["spring"], []]),
            json!([{}, [], []]),
        ]
    );
    let history = service.get(&format!("/v1/users/{anna}/events")).await.then(200).json();
    let newest = &history["items"][0];
    assert_eq!(
        (&newest["type"], &newest["origin"]),
        (&json!("cohort.user.properties_updated"), &json!("revert"))
    );
    let path = format!("/v1/events/{}/causes", newest["position"].as_str().unwrap());
    let chain = service.get(&path).await.then(200).json();
    assert_eq!(chain["items"][1]["type"], "cohort.bulk_action.revert_started");
}

#[tokio::test]
async fn two_are_taken_back_in_any_order() {
    for newest_first in [true, false] {
        let service = house().await;
        let before = everybody(&service).await;
        let a =
            act(&service, json!({ "action": "set_property", "property": "city", "value": "A" }))
                .await;
        let b =
            act(&service, json!({ "action": "set_property", "property": "city", "value": "B" }))
                .await;
        let join = act(&service, json!({ "action": "join_list", "list": "spring" })).await;
        let leave = act(&service, json!({ "action": "leave_list", "list": "spring" })).await;
        for path in if newest_first { [&leave, &join, &b, &a] } else { [&a, &b, &join, &leave] } {
            back(&service, path).await;
        }
        assert_eq!(everybody(&service).await, before, "{newest_first}");
    }
}

#[tokio::test]
async fn a_definition_that_has_changed_keeps_what_hangs_on_it() {
    let service = house().await;
    let gained = act(&service, json!({ "action": "gain_badge", "badge": "star" })).await;
    let badge = json!({ "id": "star", "name": "Star", "audience": { "list": "spring" } });
    service.post("/v1/badges", &badge).await.then(201);
    let publish = service.request(Method::POST, "/v1/badges/star/publish");
    Answer::of(publish.header("if-match", "\"0\"")).await.then(200);
    service.settle().await;
    let done = back(&service, &gained).await;
    assert_eq!(counts(&done), [0, 0, 4]);
    let codes: Vec<&Value> =
        done["kept_first"].as_array().unwrap().iter().map(|kept| &kept["code"]).collect();
    let followed = codes.iter().filter(|code| **code == "badge_follows_audience").count();
    let moved = codes.iter().filter(|code| **code == "badge_changed").count();
    assert_eq!((followed, moved), (1, 3), "Anna is on the list: {done}");

    service.post("/v1/lists", &json!({ "name": "Autumn" })).await.then(201);
    let joined = act(&service, json!({ "action": "join_list", "list": "autumn" })).await;
    let remove = service.request(Method::DELETE, "/v1/lists/autumn").header("if-match", "\"0\"");
    Answer::of(remove).await.then(204);
    service.settle().await;
    assert_eq!(counts(&back(&service, &joined).await), [0, 4, 0], "nobody is on it any more");
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_refused_by_name() {
    let service = house().await;
    let again =
        act(&service, json!({ "action": "set_property", "property": "lang", "value": null })).await;
    service.act(&format!("{again}/revert")).await.then_problem(409, "bulk_action_not_revertible");
    let gone = act(&service, json!({ "action": "delete" })).await;
    for query in ["", "?dry_run=true"] {
        let refused = service.act(&format!("{gone}/revert{query}")).await;
        let problem = refused.then_problem(409, "bulk_action_not_revertible");
        assert_eq!(problem["state"], "completed");
    }
    let unknown = "/v1/bulk-actions/0190b3c4-5d6e-7f70-8123-456789abcdef/revert";
    service.act(unknown).await.then_problem(404, "bulk_action_unknown");
    service.act(&format!("{gone}/revert?force=true")).await.then_problem(400, "parameter_unknown");
}

#[tokio::test]
async fn its_progress_is_told_until_it_has_ended() {
    let service = Service::start().await;
    service.import_with(people::csv(3_000, 5, 0).text, "&new_list=All").await.then(200);
    let data = service.data.clone();
    let _folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", "50")]).await;
    let body = json!({ "action": "leave_list", "list": "all", "filter": {} });
    let queued = service.post("/v1/bulk-actions", &body).await.then(202);
    let path = queued.header("location").to_owned();
    let told = events(&service, &path).await;
    let last = told.last().unwrap();
    assert_eq!((&last["state"], &last["done"]), (&json!("completed"), &last["matched"]));
    let done: Vec<u64> = told.iter().map(|told| told["done"].as_u64().unwrap()).collect();
    assert!(done.is_sorted(), "{done:?}");
    service.act(&format!("{path}/revert")).await.then(202);
    let told = events(&service, &path).await;
    let last = told.last().unwrap();
    assert_eq!(
        (&last["state"], &last["revert"]["restored"]),
        (&json!("reverted"), &last["changed"])
    );
    assert_eq!(service.get("/v1/lists/all").await.json()["users"], last["changed"]);
    let unknown = "/v1/bulk-actions/0190b3c4-5d6e-7f70-8123-456789abcdef/progress";
    service.get(unknown).await.then_problem(404, "bulk_action_unknown");
}

/// What a stream of progress tells, to its end.
async fn events(service: &Service, path: &str) -> Vec<Value> {
    let answer = service.get(&format!("{path}/progress")).await.then(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// Takes an import back.
async fn import_back(service: &Service, import: &Value) -> Value {
    let path = format!("/v1/imports/{}/revert?wait=true", import["id"].as_str().unwrap());
    service.act(&path).await.then(200).json()
}

#[tokio::test]
async fn an_import_and_a_bulk_action_on_it_are_taken_back_in_either_order() {
    let to_nice = json!({ "action": "set_property", "property": "city", "value": "Nice" });
    for import_first in [false, true] {
        let service = Service::start().await;
        service.import("Email,City\nanna@example.org,Paris\n").await;
        let before = everybody(&service).await;
        let import = service.import("Email,City\nanna@example.org,Lyon\n").await;
        let bulk = act(&service, to_nice.clone()).await;
        if import_first {
            import_back(&service, &import).await;
            back(&service, &bulk).await;
        } else {
            back(&service, &bulk).await;
            import_back(&service, &import).await;
        }
        assert_eq!(everybody(&service).await, before, "the import first: {import_first}");
        service.stop().await;
    }
}

#[tokio::test]
async fn who_was_only_moved_by_what_is_taken_back_goes_with_the_import() {
    let service = Service::start().await;
    service.post("/v1/lists", &json!({ "name": "Spring" })).await.then(201);
    let import = service.import("Email\nanna@example.org\nbob@example.org\n").await;
    let bulk = act(&service, json!({ "action": "join_list", "list": "spring" })).await;
    back(&service, &bulk).await;
    import_back(&service, &import).await;
    assert_eq!(everybody(&service).await, Vec::<Value>::new());
    service.stop().await;
}

#[tokio::test]
async fn a_list_that_an_import_put_users_on_is_left_after_all() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let import = service.import_with("Email\nanna@example.org\n", "&new_list=Spring").await;
    let import = import.then(200).json();
    let bulk = act(&service, json!({ "action": "leave_list", "list": "spring" })).await;
    back(&service, &bulk).await;
    let page = service.get("/v1/users?list=spring&count=only&settled=true").await.then(200).json();
    assert_eq!(page["total"], 1);
    import_back(&service, &import).await;
    let page = service.get("/v1/users?list=spring&count=only&settled=true").await.then(200).json();
    assert_eq!(page["total"], 0, "nobody but the import wanted it");
    service.stop().await;
}
