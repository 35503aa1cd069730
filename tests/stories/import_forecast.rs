//! A check says what would follow from an import by rules: exactly what then does.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Service};

use super::living::{CITIES, LISTS, conditions};

/// How many users, by type and segment or badge.
type Moves = BTreeMap<(String, String), BTreeSet<String>>;

async fn check(service: &Service, csv: &str, more: &str) -> Value {
    let path = format!("/v1/imports?dry_run=true{more}");
    service.post_csv(&path, csv).await.then(200).json()
}

/// What the check says: how many, and the first of them.
fn said(check: &Value) -> BTreeMap<(String, String), (usize, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |line: &Value| {
        let of = line["segment_id"].as_str().or(line["badge_id"].as_str()).unwrap().to_owned();
        let first = line["first"].as_array().unwrap().iter().map(|user| text(&user["user_id"]));
        let users = line["users"].as_u64().unwrap() as usize;
        ((text(&line["type"]), of), (users, first.collect()))
    };
    check["consequences"].as_array().unwrap().iter().map(line).collect()
}

/// Where the log is, once all that follows is recorded.
async fn settled(service: &Service) -> String {
    let answer = service.get("/v1/users?settled=true&limit=1").await.then(200);
    answer.header("cohort-position").to_owned()
}

/// Whom rules moved since.
async fn moved(service: &Service, since: &str) -> Moves {
    let types = "type=SegmentEntered&type=SegmentLeft&type=BadgeGained&type=BadgeLost";
    let path = format!("/v1/exports/user-events.ndjson?{types}&since={since}");
    let text = service.get(&path).await.then(200).text();
    let mut moves = Moves::new();
    for line in text.lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let of = fact["badge_id"].as_str().or(fact["audience_id"].as_str()).unwrap().to_owned();
        let kind = fact["event_type"].as_str().unwrap().to_owned();
        let user = fact["user_id"].as_str().unwrap().to_owned();
        assert!(moves.entry((kind, of)).or_default().insert(user), "twice: {line}");
    }
    moves
}

async fn publish(service: &Service, badge: &str, audience: Value) {
    let body = json!({ "id": badge, "name": "B", "audience": audience });
    let draft = service.post("/v1/badges", &body).await.then(201).json();
    let path = format!("/v1/badges/{badge}/publish");
    let etag = format!("\"{}\"", draft["revision"]);
    Answer::of(service.request(Method::POST, &path).header("if-match", etag)).await.then(200);
}

/// Segments that ask about everything an import can bring about, and badges that follow them.
async fn rules(service: &Service, dice: &mut SplitMix64) {
    for number in 0..4u64 {
        let body = json!({ "id": format!("s{number}"), "name": "S", "conditions": conditions(dice, number) });
        service.post("/v1/segments", &body).await.then(201);
        publish(service, &format!("b{number}"), json!({ "segment": format!("s{number}") })).await;
    }
    for (id, condition) in [
        ("again", json!({ "event": "UserImported", "at_least": 2, "at_most": 3 })),
        ("listed", json!({ "event": "ListJoined", "of": LISTS[0], "within_days": 9 })),
        ("gained", json!({ "event": "BadgeGained", "of": "b0" })),
    ] {
        let conditions = json!({ "groups": [{ "conditions": [condition] }] });
        let body = json!({ "id": id, "name": "S", "conditions": conditions });
        service.post("/v1/segments", &body).await.then(201);
    }
    publish(service, "list", json!({ "list": LISTS[1] })).await;
}

#[tokio::test]
async fn what_a_check_forecasts_is_what_the_import_brings_about() {
    let mut forecast: BTreeSet<String> = BTreeSet::new();
    for seed in 0..6u64 {
        let mut dice = SplitMix64::new(seed);
        let service = Service::start().await;
        let points = json!({ "reference_id": "points", "type": "number" });
        service.post("/v1/properties", &points).await.then(201);
        for list in LISTS {
            service.post("/v1/lists", &json!({ "id": list, "name": list })).await.then(201);
        }
        service.import("Email,City,Points\np1@example.org,Lyon,1\np2@example.org,Nice,\n").await;
        rules(&service, &mut dice).await;
        for _ in 0..6 {
            let mut csv = "Email,City,Points\n".to_owned();
            for _ in 0..=dice.below(14) {
                let (who, city) = (dice.below(14), CITIES[dice.below(3) as usize]);
                let points = [String::new(), dice.below(20).to_string(), "x".to_owned()];
                csv += &format!("p{who}@example.org,{city},{}\n", points[dice.below(3) as usize]);
            }
            let more = match dice.below(4) {
                0 => format!("&list={}", LISTS[0]),
                1 => format!("&list={}", LISTS[1]),
                2 => "&mode=update_only".to_owned(),
                _ => String::new(),
            };
            // Nothing is at rest yet: a check waits for that.
            let said = said(&check(&service, &csv, &more).await);
            let before = settled(&service).await;
            service.import_with(csv.clone(), &more).await.then(200);
            settled(&service).await;
            let moved = moved(&service, &before).await;
            let count = |moves: &Moves| -> BTreeMap<_, _> {
                moves.iter().map(|(of, users)| (of.clone(), users.len())).collect()
            };
            let told = said.iter().map(|(of, (users, _))| (of.clone(), *users)).collect();
            assert_eq!(count(&moved), told, "seed {seed}{more}\n{csv}");
            for (of, (users, first)) in said {
                assert_eq!(first.len(), users.min(5));
                assert!(first.iter().all(|user| moved[&of].contains(user)), "seed {seed}: {of:?}");
                forecast.insert(of.0);
            }
            // Some act in between: what happened is asked about too.
            let page = service.get("/v1/users?settled=true").await.json();
            let users = page["items"].as_array().unwrap();
            let user = users[dice.below(users.len() as u64) as usize]["id"].as_str().unwrap();
            service.act(&format!("/v1/users/{user}/challenges/c/join")).await.then(200);
            if dice.below(3) == 0 {
                service.delete(&format!("/v1/users/{user}")).await.then(200);
            }
        }
        service.stop().await;
    }
    assert_eq!(forecast.len(), 4, "entered, left, gained and lost: {forecast:?}");
}

#[tokio::test]
async fn a_draft_is_told_too_and_who_may_not_see_persons_sees_numbers() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    let csv = "Email,City\nanna@example.org,Nice\nben@example.org,Lyon\ncleo@example.org,Lyon\n";
    assert_eq!(check(&service, csv, "").await["consequences"], json!([]), "there are no rules");
    let condition = json!({ "property": "city", "operator": "is", "value": "Lyon" });
    let conditions = json!({ "groups": [{ "conditions": [condition] }] });
    let segment = json!({ "id": "lyon", "name": "From Lyon", "conditions": conditions });
    service.post("/v1/segments", &segment).await.then(201);
    publish(&service, "local", json!({ "segment": "lyon" })).await;

    let path = service.draft(csv).await;
    let draft = service.get(&path).await.then(200).json();
    let mapping = json!({ "columns": draft["columns"] });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    let head = settled(&service).await;
    let checked = service.act(&format!("{path}/check")).await.then(200).json();
    let (anna, ben) = (service.user_id("anna").await, service.user_id("ben").await);
    let expected = |email: &dyn Fn(&str) -> Value, cleo: &Value| {
        let user = |id: &str, name: &str| json!({ "user_id": id, "email": email(name) });
        let come = json!([user(&ben, "ben@example.org"),
            { "user_id": cleo, "email": email("cleo@example.org") }]);
        let go = json!([user(&anna, "anna@example.org")]);
        let line = |kind: &str, of: &str, name: &str, users: u64, first: &Value| {
            let id = |sort: &str| (kind.contains(sort)).then_some(of);
            json!({ "type": kind, "segment_id": id("segment"), "badge_id": id("badge"), "name": name,
                "users": users, "first": first })
        };
        json!([
            line("cohort.segment.entered", "lyon", "From Lyon", 2, &come),
            line("cohort.segment.left", "lyon", "From Lyon", 1, &go),
            line("cohort.badge.gained", "local", "B", 2, &come),
            line("cohort.badge.lost", "local", "B", 1, &go),
        ])
    };
    let cleo = &checked["consequences"][0]["first"][1]["user_id"];
    assert_eq!(checked["consequences"], expected(&|email| json!(email), cleo));
    let found = format!("{path}/check?of=consequences");
    let page = service.get(&found).await.then(200).json();
    assert_eq!((&page["items"], &page["next"]), (&checked["consequences"], &Value::Null));
    let first = service.get(&format!("{found}&limit=3")).await.then(200).json();
    let rest = format!("{found}&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(service.get(&rest).await.then(200).json()["items"].as_array().unwrap().len(), 1);
    service.get(&format!("{found}&code=x")).await.then_problem(400, "parameter_invalid");
    assert!(moved(&service, &head).await.is_empty(), "a check brings nothing about");

    let asker = service.with_token(&["imports:write"]).await;
    let withheld = expected(&|_| Value::Null, cleo);
    let checked = asker.ask(Method::POST, &format!("{path}/check")).await.then(200).json();
    assert_eq!(checked["consequences"], withheld);
    assert_eq!(asker.get(&found).await.then(200).json()["items"], withheld);
}
