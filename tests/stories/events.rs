//! All user events, newest first: pages that nothing moves, and filters that mean what they mean in exports.

use serde_json::{Value, json};
use tests::{Clock, Service};

/// Every page of a query, one after another.
async fn pages(service: &Service, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = service.get(&format!("/v1/events?{query}{cursor}")).await.then(200).json();
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event_id"].as_str().unwrap()).collect()
}

/// The same as an export has it, the last row first.
async fn exported(service: &Service, query: &str) -> Vec<String> {
    let table = service.export(&format!("/v1/exports/user-events.csv?{query}")).await;
    table.column("event_id").into_iter().rev().map(str::to_owned).collect()
}

/// Anna, Ben and Cleo, with something of everything, each half a day after the one before.
async fn given_events() -> (Service, String) {
    let clock = Clock::at("2026-03-28T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import_with("Email,City\nanna@example.org,Łódź\n", "&new_list=Spring").await.then(200);
    service.import("Email\nben@example.org\ncleo@example.org\n").await;
    let anna = service.user_id("anna@").await;
    let ben = service.user_id("ben@").await;
    let earlier = json!({ "occurred_at": "2026-03-28T08:00:00Z" });
    for (at, path, body) in [
        ("2026-03-28T12:00:00Z", format!("{anna}/badges/vip"), json!({})),
        ("2026-03-28T23:30:00Z", format!("{ben}/badges/gold"), json!({})),
        ("2026-03-29T12:00:00Z", format!("{anna}/challenges/spring/join"), json!({})),
        ("2026-03-29T22:30:00Z", format!("{anna}/challenges/spring/complete"), json!({})),
        ("2026-03-30T12:00:00Z", format!("{ben}/badges/vip"), earlier),
    ] {
        clock.set(at);
        service.post(&format!("/v1/users/{path}"), &body).await.then(200);
    }
    (service, anna)
}

#[tokio::test]
async fn every_filter_finds_what_an_export_finds_newest_first() {
    let (service, anna) = given_events().await;
    let import = service.get("/v1/imports").await.json()["items"][0]["id"].clone();
    let import = import.as_str().unwrap();
    let day = "from=2026-03-29&through=2026-03-29";
    let since = pages(&service, "").await[2]["position"].clone();
    for (query, events) in [
        (String::new(), 9),
        ("type=BadgeGained".to_owned(), 3),
        ("type=BadgeGained&type=cohort.challenge.joined".to_owned(), 4),
        ("type=BadgeLost".to_owned(), 0),
        ("not_type=UserImported&not_type=BadgeGained".to_owned(), 3),
        (format!("user={anna}"), 5),
        (format!("user={anna}&type=BadgeGained"), 1),
        (format!("user={anna}&{day}"), 2),
        ("user=00000000-0000-8000-8000-000000000000".to_owned(), 0),
        // Half past eleven in London is the next day in Paris, where this one has 23 hours.
        (day.to_owned(), 2),
        (format!("{day}&zone=Europe/Paris"), 2),
        (format!("{day}&zone=Europe/Paris&type=BadgeGained"), 1),
        ("to=2026-03-28T12:00:00Z".to_owned(), 4),
        ("basis=occurred&to=2026-03-28T12:00:00Z".to_owned(), 5),
        (format!("since={}", since.as_str().unwrap()), 2),
        (format!("import={import}"), 2),
        ("list=spring".to_owned(), 1),
        ("badge=vip".to_owned(), 2),
        (format!("badge=vip&user={anna}"), 1),
        ("badge=vip&type=ChallengeJoined".to_owned(), 0),
    ] {
        let expected = exported(&service, &query).await;
        assert_eq!(expected.len(), events, "{query}");
        for limit in [1, 2, 100] {
            let found = pages(&service, &format!("{query}&limit={limit}")).await;
            assert_eq!(ids(&found), expected, "{query}, {limit} a page");
        }
    }
    let answer = service.get(&format!("/v1/events?{day}&zone=Europe/Paris")).await.then(200);
    let range = "2026-03-28T23:00:00.000000Z/2026-03-29T22:00:00.000000Z";
    assert_eq!(answer.header("cohort-range"), range);
    assert!(!answer.header("cohort-position").is_empty());
    service.stop().await;
}

#[tokio::test]
async fn an_event_says_whose_it_is_what_it_says_and_leads_to_its_causes() {
    let (service, anna) = given_events().await;
    let page = service.get("/v1/events?type=UserImported&limit=3").await.then(200).json();
    assert_eq!(page["next"], Value::Null, "exactly three, and no page after them");
    let event = &page["items"][2];
    assert_eq!((&event["user_id"], &event["revision"]), (&json!(anna), &json!(0)));
    assert_eq!(event["user_email"], "anna@example.org");
    assert_eq!(event["type"], "cohort.user.imported");
    assert_eq!(event["personal"]["new"]["city"], "Łódź");
    assert_eq!((&event["origin"], &event["state"]), (&json!("import"), &json!("full")));
    let why = format!("/v1/events/{}/causes", event["position"].as_str().unwrap());
    let chain = service.get(&why).await.then(200).json();
    assert_eq!(chain["items"][0]["event_id"], event["event_id"]);

    // Who was removed has a past all the same, and the address it had then.
    service.delete(&format!("/v1/users/{anna}")).await.then(200);
    let past = pages(&service, &format!("user={anna}&type=UserDeleted&type=UserImported")).await;
    assert_eq!(past.len(), 2);
    assert!(past.iter().all(|event| event["user_email"] == "anna@example.org"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_each_event_once_while_others_write() {
    let service = Service::start().await;
    let rows: String = (0..40).map(|n| format!("u{n}@example.org\n")).collect();
    service.import(format!("Email\n{rows}")).await;
    let users = service.get("/v1/users?limit=100").await.then(200).json();
    let users: Vec<&str> = users["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    let before = exported(&service, "").await;
    let writing = async {
        for badge in ["a", "b", "c"] {
            for user in &users {
                service.act(&format!("/v1/users/{user}/badges/{badge}")).await.then(200);
            }
        }
    };
    let (found, ()) = tokio::join!(pages(&service, "limit=3"), writing);
    // Nothing of what came meanwhile stands behind the first page, and nothing from before it is missing.
    let found = ids(&found);
    let begun = found.iter().position(|id| *id == before[0]).unwrap();
    assert_eq!(found[begun..], before);
    assert!(begun <= 3, "only the first page can hold what came meanwhile: {begun}");
    assert_eq!(pages(&service, "limit=1000").await.len(), 160);
    service.stop().await;
}

#[tokio::test]
async fn a_rare_filter_looks_at_so_much_a_page_and_says_where_to_go_on() {
    let service = Service::start().await;
    service.import_with("Email\nanna@example.org\n", "&new_list=Rare").await.then(200);
    let rows: String = (0..10_100).map(|n| format!("u{n}@example.org\n")).collect();
    service.import_with(format!("Email\n{rows}"), "&new_list=Usual").await.then(200);
    let first = service.get("/v1/events?list=rare").await.then(200).json();
    assert_eq!(first["items"], json!([]));
    let next = first["next"].as_str().expect("there may be more").to_owned();
    let second = service.get(&format!("/v1/events?list=rare&cursor={next}")).await.then(200).json();
    assert_eq!(second["items"][0]["user_email"], "anna@example.org");
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    // Types are found by their index, wherever they are.
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/active")).await.then(200);
    let rest = "type=UserActive&type=BadgeGained&to=2999-01-01";
    assert_eq!(pages(&service, rest).await.len(), 1);
    service.stop().await;
}

#[tokio::test]
async fn without_the_right_nothing_personal_is_shown_and_every_no_has_its_name() {
    let (service, anna) = given_events().await;
    let reader = service.with_token(&["events:read"]).await;
    let answer = reader.get("/v1/events").await.then(200);
    for secret in ["anna@", "Łódź", "ben@"] {
        assert!(!answer.text().contains(secret), "{secret} is shown: {}", answer.text());
    }
    for event in answer.json()["items"].as_array().unwrap() {
        assert_eq!((&event["user_email"], &event["personal"]), (&Value::Null, &Value::Null));
        assert_eq!(event["state"], "withheld");
    }
    let other = service.with_token(&["users:read", "personal:read"]).await;
    other.get("/v1/events").await.then_problem(403, "scope_missing");
    let of_ben = pages(&service, "type=BadgeGained").await[0]["position"].clone();
    let of_ben = of_ben.as_str().unwrap();
    for (query, code) in [
        ("type=Rained".to_owned(), "unknown_event_type"),
        ("type=ImportStarted".to_owned(), "unknown_event_type"),
        ("from=2026-02-01&to=2026-01-01".to_owned(), "range_inverted"),
        ("to=2026-02-01&through=2026-01-31".to_owned(), "to_and_through"),
        ("zone=Europe/Pari".to_owned(), "unknown_zone"),
        ("from=yesterday".to_owned(), "time_unreadable"),
        ("user=anna".to_owned(), "parameter_invalid"),
        (format!("user={anna}&user={anna}"), "parameter_invalid"),
        ("import=7".to_owned(), "parameter_invalid"),
        ("limit=0".to_owned(), "parameter_invalid"),
        ("limit=1001".to_owned(), "parameter_invalid"),
        ("columns=time".to_owned(), "parameter_unknown"),
        ("cursor=abc".to_owned(), "cursor_invalid"),
        (format!("user={anna}&cursor={of_ben}"), "cursor_invalid"),
    ] {
        service.get(&format!("/v1/events?{query}")).await.then_problem(400, code);
    }
    service.stop().await;
}
