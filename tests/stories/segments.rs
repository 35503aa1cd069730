//! Segments and the badges that follow them: membership that moves by itself and says why.

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::Clock;
use tests::{Answer, Service};

/// Conditions of one group.
fn all(conditions: Value) -> Value {
    json!({ "groups": [{ "conditions": conditions }] })
}

pub(crate) fn in_city(city: &str) -> Value {
    all(json!([{ "property": "city", "operator": "is", "value": city }]))
}

pub(crate) async fn segment(service: &Service, id: &str, conditions: Value) -> Value {
    let body = json!({ "id": id, "name": format!("Segment {id}"), "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201).json()
}

/// Sends a change of what has this revision.
pub(crate) async fn change(
    service: &Service,
    method: Method,
    path: &str,
    body: &Value,
    of: &Value,
) -> Answer {
    let etag = format!("\"{}\"", of["revision"]);
    let request = service.request(method, path).header("if-match", etag);
    Answer::of(if body.is_null() { request } else { request.json(body) }).await
}

/// Addresses of those who belong to something, once all that follows is recorded.
pub(crate) async fn members(service: &Service, of: &str) -> Vec<String> {
    let page =
        service.get(&format!("/v1/users?{of}&settled=true&limit=1000")).await.then(200).json();
    let emails = page["items"].as_array().unwrap().iter();
    let mut emails: Vec<String> =
        emails.map(|user| user["email"].as_str().unwrap().to_owned()).collect();
    emails.sort();
    emails
}

/// The history of a user, oldest first, once all that follows is recorded.
pub(crate) async fn history(service: &Service, email: &str) -> Vec<Value> {
    let id = service.user_id(email).await;
    service.get(&format!("/v1/users/{id}?settled=true")).await.then(200);
    let page = service.get(&format!("/v1/users/{id}/events")).await.then(200).json();
    let mut items = page["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

pub(crate) fn kinds(history: &[Value]) -> Vec<&str> {
    history.iter().map(|fact| fact["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn users_enter_and_leave_by_themselves_and_the_facts_say_why() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    let made = segment(&service, "lyon", in_city("LYON")).await;
    assert_eq!((&made["version"], &made["conditions"]), (&json!(1), &in_city("LYON")));
    assert_eq!(members(&service, "segment=lyon").await, ["anna@example.org"]);
    service.import("Email,City\nanna@example.org,Nice\nben@example.org,Lyon\n").await;
    assert_eq!(members(&service, "segment=lyon").await, ["ben@example.org"]);
    assert_eq!(service.get("/v1/segments/lyon").await.json()["users"], 1);

    let anna = history(&service, "anna@").await;
    assert_eq!(
        kinds(&anna),
        [
            "cohort.user.imported",
            "cohort.segment.entered",
            "cohort.user.imported",
            "cohort.segment.left"
        ]
    );
    let (entered, moved, left) = (&anna[1], &anna[2], &anna[3]);
    assert_eq!(entered["data"]["because"], "definition");
    assert_eq!(entered["cause"]["stream"], "segment-lyon");
    assert_eq!(left["data"]["because"], "fact");
    assert_eq!(left["cause"]["event_id"], moved["event_id"]);
    assert_eq!(left["correlation_id"], moved["correlation_id"]);
    assert_eq!(
        (&left["actor"]["type"], &left["actor"]["id"]),
        (&json!("policy"), &json!("segment-lyon"))
    );
    assert_eq!(left["data"]["changed"], json!([{ "group": 1, "condition": 1, "operator": "is" }]));
    assert_eq!(
        (&left["personal"]["before"], &left["personal"]["after"]),
        (&json!(["Lyon"]), &json!(["Nice"]))
    );
    let ben = service.user("ben@").await;
    assert_eq!(ben["segments"][0]["segment_id"], "lyon");
    let table = service.export("/v1/exports/user-events.csv?type=SegmentEntered").await;
    assert_eq!(table.column("audience_id"), ["lyon", "lyon"]);
    assert_eq!(table.column("because"), ["definition", "fact"]);

    // Another definition: who fulfils it is in, who does not is out; nobody else hears of it.
    let body = json!({ "name": "In Nice", "conditions": in_city("nice") });
    change(&service, Method::PUT, "/v1/segments/lyon", &body, &made).await.then(200);
    assert_eq!(members(&service, "segment=lyon").await, ["anna@example.org"]);
    let now = service.get("/v1/segments/lyon").await.json();
    change(&service, Method::DELETE, "/v1/segments/lyon", &Value::Null, &now).await.then(204);
    service.get("/v1/users?segment=lyon").await.then_problem(404, "segment_unknown");
    let last = history(&service, "anna@").await.pop().unwrap();
    assert_eq!(
        (&last["type"], &last["data"]["because"]),
        (&json!("cohort.segment.left"), &json!("definition"))
    );
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    // What is known is followed again after a restart, and nothing is doubled.
    let service = service.restart().await;
    assert_eq!(history(&service, "anna@").await.len(), 6);
    service.stop().await;
}

#[tokio::test]
async fn time_alone_makes_users_leave() {
    let clock = Clock::at("2026-07-01T10:00:00Z");
    let service = Service::start_at(&clock).await;
    let property = json!({ "reference_id": "renewed", "type": "date" });
    service.post("/v1/properties", &property).await.then(201);
    service
        .import("Email,Renewed\nanna@example.org,2026-06-29\nben@example.org,2026-07-01\n")
        .await;
    let recent = all(json!([{ "property": "renewed", "operator": "in_the_last_days", "days": 7 }]));
    segment(&service, "recent", recent).await;
    let often = all(json!([{ "event": "ChallengeJoined", "at_least": 1, "within_days": 2 }]));
    segment(&service, "busy", often).await;
    assert_eq!(members(&service, "segment=recent").await, ["anna@example.org", "ben@example.org"]);
    let ben = service.user_id("ben@").await;
    service.act(&format!("/v1/users/{ben}/challenges/spring/join")).await.then(200);
    assert_eq!(members(&service, "segment=busy").await, ["ben@example.org"]);

    clock.set("2026-07-03T10:00:01Z");
    left_within(&service, "segment=busy", &[]).await;
    clock.set("2026-07-06T00:00:00Z");
    left_within(&service, "segment=recent", &["ben@example.org"]).await;
    let left = history(&service, "anna@").await.pop().unwrap();
    assert_eq!(
        (&left["type"], &left["data"]["because"]),
        (&json!("cohort.segment.left"), &json!("clock"))
    );
    assert_eq!(left["cause"]["stream"], "clock");
    // What falls due while nobody looks is seen at the next start.
    clock.set("2026-07-09T00:00:00Z");
    let service = service.restart().await;
    left_within(&service, "segment=recent", &[]).await;
    service.stop().await;
}

/// Waits until those are in; the clock is looked at now and then.
pub(crate) async fn left_within(service: &Service, of: &str, expected: &[&str]) {
    for _ in 0..500 {
        if members(service, of).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(members(service, of).await, expected);
}

#[tokio::test]
async fn a_preview_says_who_would_be_in_and_the_segment_then_has_them() {
    let service = Service::start().await;
    service
        .import_with(
            "Email,City,Points,First Name\nanna@example.org,Lyon,10,Léa\nben@example.org,Nice,5,Ben\ncarl@example.org,,50,\"Carl \"\"C\"\"\"\n",
            "&new_list=Spring",
        )
        .await
        .then(200);
    let ben = service.user_id("ben@").await;
    service.act(&format!("/v1/users/{ben}/badges/vip")).await.then(200);
    service.act(&format!("/v1/users/{ben}/challenges/run/join")).await.then(200);
    let is = |operator: &str, value: &str| json!({ "property": "city", "operator": operator, "value": value });
    for (conditions, who) in [
        (all(json!([is("is", "lyon")])), vec!["anna@example.org"]),
        (all(json!([is("is_not", "lyon")])), vec!["ben@example.org", "carl@example.org"]),
        (
            all(json!([{ "property": "first_name", "operator": "is", "value": "lea" }])),
            vec!["anna@example.org"],
        ),
        (
            all(json!([{ "property": "first_name", "operator": "contains", "value": "\"c\"" }])),
            vec!["carl@example.org"],
        ),
        (
            all(json!([{ "property": "city", "operator": "is_set" }, { "badge": "vip" }])),
            vec!["ben@example.org"],
        ),
        (
            all(json!([{ "list": "spring" }, { "badge": "vip", "not": true }])),
            vec!["anna@example.org", "carl@example.org"],
        ),
        (all(json!([{ "event": "ChallengeJoined", "of": "run" }])), vec!["ben@example.org"]),
        (
            all(json!([{ "event": "cohort.challenge.joined", "at_least": 0, "at_most": 0 }])),
            vec!["anna@example.org", "carl@example.org"],
        ),
        (
            json!({ "groups": [{ "conditions": [is("is", "lyon")] }, { "conditions": [{ "badge": "vip" }] }] }),
            vec!["anna@example.org", "ben@example.org"],
        ),
    ] {
        let preview =
            service.post("/v1/segments/preview", &json!({ "conditions": conditions })).await;
        let preview = preview.then(200).json();
        let sample = preview["sample"].as_array().unwrap().iter();
        let mut sample: Vec<&str> = sample.map(|user| user["email"].as_str().unwrap()).collect();
        sample.sort_unstable();
        assert_eq!(
            (preview["users"].as_u64(), &sample),
            (Some(who.len() as u64), &who),
            "{conditions}"
        );
        let made = segment(&service, "it", conditions.clone()).await;
        assert_eq!(members(&service, "segment=it").await, who, "{conditions}");
        change(&service, Method::DELETE, "/v1/segments/it", &Value::Null, &made).await.then(204);
    }
    let blind = service.with_token(&["users:read"]).await;
    let asked = blind.ask(Method::POST, "/v1/segments/preview").await;
    asked.then_problem(403, "personal_data_required");
    // Who may not see values does not find them out by asking, nor read what others asked.
    segment(&service, "secret", in_city("Lyon")).await;
    let blind = service.with_token(&["users:read", "definitions:write"]).await;
    blind.ask(Method::POST, "/v1/segments").await.then_problem(403, "personal_data_required");
    blind.ask(Method::PUT, "/v1/segments/secret").await.then_problem(403, "personal_data_required");
    for path in ["/v1/segments", "/v1/segments/secret"] {
        let text = blind.get(path).await.then(200).text();
        assert!(!text.contains("Lyon"), "{text}");
    }
    service.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let service = Service::start().await;
    let property = json!({ "reference_id": "points", "type": "number" });
    service.post("/v1/properties", &property).await.then(201);
    let post = async |conditions: Value| {
        let body = json!({ "id": "a", "name": "A", "conditions": conditions });
        service.post("/v1/segments", &body).await
    };
    post(all(json!([{ "property": "points", "operator": "is", "value": "x" }])))
        .await
        .then_problem(422, "condition_type_mismatch");
    let told = post(all(json!([{ "property": "age", "operator": "is_set" }]))).await;
    let told = told.then_problem(422, "condition_invalid");
    assert!(told["detail"].as_str().unwrap().starts_with("group 1, condition 1: "), "{told}");
    let told = post(all(json!([]))).await.then_problem(422, "condition_invalid");
    assert!(told["detail"].as_str().unwrap().starts_with("group 1: at least one"), "{told}");
    post(all(json!([{ "list": "nobody" }]))).await.then_problem(404, "list_unknown");
    post(all(json!([{ "segment": "nobody" }]))).await.then_problem(404, "segment_unknown");
    let a = post(all(json!([{ "property": "points", "operator": "at_least", "value": 7 }]))).await;
    let a = a.then(201).json();
    let everybody = json!([{ "property": "member_since", "operator": "is_set" }]);
    post(all(everybody)).await.then_problem(409, "reference_id_taken");
    let b = segment(&service, "b", all(json!([{ "segment": "a" }]))).await;
    let badge = json!({ "id": "gold", "name": "Gold", "audience": { "segment": "b" } });
    let draft = service.post("/v1/badges", &badge).await.then(201).json();
    let publish = "/v1/badges/gold/publish";
    change(&service, Method::POST, publish, &Value::Null, &draft).await.then(200);
    let circle = json!({ "name": "A", "conditions": all(json!([{ "badge": "gold" }])) });
    let cycle = change(&service, Method::PUT, "/v1/segments/a", &circle, &a).await;
    let cycle = cycle.then_problem(422, "segment_cycle");
    assert_eq!(cycle["path"].as_array().unwrap().len(), 3, "{cycle}");
    let used = change(&service, Method::DELETE, "/v1/segments/b", &Value::Null, &b).await;
    assert_eq!(used.then_problem(409, "audience_in_use")["badges"], json!(["gold"]));
    let body = json!({ "name": "A", "conditions": all(json!([])) });
    service.put("/v1/segments/a", &body).await.then_problem(428, "if_match_missing");
    let stale = json!({ "revision": 7 });
    change(&service, Method::PUT, "/v1/segments/a", &body, &stale)
        .await
        .then_problem(412, "version_conflict");
    service.get("/v1/badges/nothing").await.then_problem(404, "badge_unknown");
    let two = json!({ "name": "X", "audience": { "segment": "b", "list": "c" } });
    service.post("/v1/badges", &two).await.then_problem(400, "body_invalid");
    service.stop().await;
}

#[tokio::test]
async fn what_happened_to_a_user_that_is_gone_does_not_count_for_the_next() {
    let service = Service::start().await;
    let once = all(json!([{ "event": "UserImported", "at_least": 1, "at_most": 1 }]));
    let twice = all(json!([{ "event": "UserImported", "at_least": 2 }]));
    let preview = async |conditions: &Value| {
        let body = json!({ "conditions": conditions });
        let preview = service.post("/v1/segments/preview", &body).await.then(200).json();
        preview["users"].as_u64().unwrap()
    };
    let import = service.import_with("Email,City\nanna@example.org,Lyon\n", "").await;
    let import = import.then(200).json();
    assert_eq!((preview(&once).await, preview(&twice).await), (1, 0));
    let revert = format!("/v1/imports/{}/revert?wait=true", import["id"].as_str().unwrap());
    service.act(&revert).await.then(200);
    assert_eq!((preview(&once).await, preview(&twice).await), (0, 0));
    for (city, expected) in [("Nice", (1, 0)), ("Lyon", (0, 1))] {
        service.import(format!("Email,City\nanna@example.org,{city}\n")).await;
        assert_eq!((preview(&once).await, preview(&twice).await), expected);
    }
    segment(&service, "twice", twice).await;
    assert_eq!(members(&service, "segment=twice").await, ["anna@example.org"]);
}

/// Of one user among many the log is asked what happened, of all of them the tables: both say the same.
#[tokio::test]
async fn what_happened_is_the_same_whether_one_is_looked_at_or_everybody() {
    let service = Service::start().await;
    let many = (0..6_000).map(|n| format!("user{n}@example.org,Lyon\n")).collect::<String>();
    service.import(format!("Email,City\n{many}")).await;
    let twice = || all(json!([{ "event": "UserImported", "at_least": 2 }]));
    let never_joined =
        || all(json!([{ "event": "ListJoined", "of": "a", "at_least": 0, "at_most": 0 }]));
    segment(&service, "before", twice()).await;
    segment(&service, "alone", never_joined()).await;
    assert_eq!(members(&service, "segment=before").await, [""; 0]);
    for list in ["a", "b"] {
        service.post("/v1/lists", &json!({ "name": list })).await.then(201);
    }
    // Each alone: one is imported again, one is gone and comes again, two join a list.
    let import = async |number: u32, city: &str| {
        service.import(format!("Email,City\nuser{number}@example.org,{city}\n")).await;
        service.get("/v1/users?limit=1&settled=true").await.then(200);
        format!("/v1/users/{}", service.user_id(&format!("user{number}@")).await)
    };
    let moved = import(1, "Nice").await;
    let gone = import(2, "Nice").await;
    let request = service.request(Method::DELETE, &gone).header("if-match", "*");
    Answer::of(request).await.then(200);
    let again = import(2, "Lyon").await;
    for (user, list) in [(&moved, "a"), (&again, "b")] {
        service.act(&format!("{user}/lists/{list}")).await.then(200);
        service.get("/v1/users?limit=1&settled=true").await.then(200);
    }
    // A new definition has everybody looked at, which would mend what was seen of one alone: so this is asked first.
    let before = members(&service, "segment=before").await;
    assert_eq!(before, ["user1@example.org"], "what happened in another life does not count");
    let page = service.get("/v1/users?count=only&segment=alone").await;
    assert_eq!(page.then(200).json()["total"], 5_999, "alone");
    segment(&service, "after", twice()).await;
    assert_eq!(members(&service, "segment=after").await, ["user1@example.org"]);
    segment(&service, "all", never_joined()).await;
    for of in ["alone", "all"] {
        let page = service.get(&format!("/v1/users?count=only&settled=true&segment={of}")).await;
        assert_eq!(page.then(200).json()["total"], 5_999, "{of}");
    }
    service.stop().await;
}
