//! Whatever is imported, joined, defined and taken back in whatever order: once at rest, what is recorded is what a naive
//! recount says.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Service};

use crate::challenges::published;

pub(super) const CITIES: [&str; 3] = ["Lyon", "Nice", "Oslo"];
pub(super) const LISTS: [&str; 2] = ["l0", "l1"];
const STEPS: [&str; 3] = ["a", "b", "c"];
/// Rewards there are of each challenge.
const LIMIT: usize = 4;

/// A user as the recount sees one.
struct Person {
    city: Option<String>,
    points: Option<f64>,
    lists: BTreeSet<String>,
    segments: BTreeSet<String>,
    badges: BTreeSet<String>,
    joined: usize,
    /// Steps done of each challenge, and whether it is completed.
    challenges: BTreeMap<String, (BTreeSet<String>, bool)>,
}

async fn people(service: &Service) -> BTreeMap<String, Person> {
    let page = service.get("/v1/users?limit=1000&settled=true").await.then(200).json();
    let mut people = BTreeMap::new();
    for user in page["items"].as_array().unwrap() {
        let id = user["id"].as_str().unwrap().to_owned();
        let user = service.get(&format!("/v1/users/{id}")).await.then(200).json();
        let ids = |of: &str, name: &str| -> BTreeSet<String> {
            let items = user[of].as_array().unwrap().iter();
            items.map(|item| item[name].as_str().unwrap().to_owned()).collect()
        };
        let taking_part = user["challenges"].as_array().unwrap().iter().map(|taking| {
            let steps = taking["steps"].as_array().unwrap().iter();
            let steps = steps.map(|step| step.as_str().unwrap().to_owned()).collect();
            let id = taking["challenge_id"].as_str().unwrap().to_owned();
            (id, (steps, taking["completed_at"].is_string()))
        });
        let person = Person {
            challenges: taking_part.collect(),
            city: user["fields"]["city"].as_str().map(str::to_owned),
            points: user["fields"]["points"].as_str().map(|text| text.parse().unwrap()),
            lists: ids("lists", "list_id"),
            segments: ids("segments", "segment_id"),
            badges: ids("badges", "badge_id"),
            joined: user["challenges"].as_array().unwrap().len(),
        };
        people.insert(id, person);
    }
    people
}

/// The recount's own reading of a condition.
fn fulfils(person: &Person, condition: &Value) -> bool {
    let text = |name: &str| condition[name].as_str();
    let yes = match text("operator") {
        Some("is") => person.city.as_deref() == text("value"),
        Some("is_not") => person.city.as_deref() != text("value"),
        Some("at_least") => person
            .points
            .is_some_and(|points| points >= condition["value"].as_str().unwrap().parse().unwrap()),
        Some(other) => panic!("{other}"),
        None if condition["event"].is_string() => person.joined >= 1,
        None => {
            let holds =
                |of: &BTreeSet<String>, name: &str| text(name).is_some_and(|id| of.contains(id));
            holds(&person.lists, "list")
                || holds(&person.segments, "segment")
                || holds(&person.badges, "badge")
        }
    };
    yes != condition["not"].as_bool().unwrap_or(false)
}

fn condition(dice: &mut SplitMix64, before: u64) -> Value {
    let mut condition = match dice.below(6) {
        0 => {
            json!({ "property": "city", "operator": "is", "value": CITIES[dice.below(3) as usize] })
        }
        1 => {
            json!({ "property": "city", "operator": "is_not", "value": CITIES[dice.below(3) as usize] })
        }
        2 => {
            json!({ "property": "points", "operator": "at_least", "value": dice.below(20).to_string() })
        }
        3 => json!({ "list": LISTS[dice.below(2) as usize] }),
        4 => json!({ "event": "ChallengeJoined", "at_least": 1 }),
        // Only on those before it: there is no circle.
        _ if before > 0 => match dice.below(2) {
            0 => json!({ "segment": format!("s{}", dice.below(before)) }),
            _ => json!({ "badge": format!("b{}", dice.below(before)) }),
        },
        _ => json!({ "list": LISTS[0] }),
    };
    if dice.below(4) == 0 {
        condition["not"] = json!(true);
    }
    condition
}

pub(super) fn conditions(dice: &mut SplitMix64, before: u64) -> Value {
    let mut group = || {
        let count = 1 + dice.below(2);
        let conditions: Vec<Value> = (0..count).map(|_| condition(dice, before)).collect();
        json!({ "conditions": conditions })
    };
    let groups: Vec<Value> = (0..2).map(|_| group()).collect();
    json!({ "groups": groups })
}

async fn put(service: &Service, path: &str, body: &Value) -> Answer {
    let now = service.get(path).await.then(200).json();
    let etag = format!("\"{}\"", now["revision"]);
    Answer::of(service.request(Method::PUT, path).header("if-match", etag).json(body)).await
}

/// One thing that somebody does.
async fn act(service: &Service, dice: &mut SplitMix64, ids: &[String], imports: &mut Vec<String>) {
    let user = &ids[dice.below(ids.len() as u64) as usize];
    let list = LISTS[dice.below(2) as usize];
    match dice.below(15) {
        0 | 1 => {
            let mut csv = "Email,City,Points\n".to_owned();
            for _ in 0..=dice.below(6) {
                let (who, city) = (dice.below(12), CITIES[dice.below(3) as usize]);
                csv += &format!("p{who}@example.org,{city},{}\n", dice.below(20));
            }
            let more = if dice.below(3) == 0 { format!("&list={list}") } else { String::new() };
            let report = service.import_with(csv, &more).await.then(200).json();
            imports.push(report["id"].as_str().unwrap().to_owned());
        }
        2 if !imports.is_empty() => {
            let import = imports.remove(dice.below(imports.len() as u64) as usize);
            service.act(&format!("/v1/imports/{import}/revert?wait=true")).await.then(200);
        }
        3..=5 => {
            let path = format!("/v1/users/{user}/lists/{list}");
            let _ = service.act(&path).await; // the user may be gone
        }
        6 => {
            let path = format!("/v1/users/{user}/lists/{list}");
            let _ = service.delete(&path).await;
        }
        7 => {
            let _ = service.act(&format!("/v1/users/{user}/challenges/c/join")).await;
        }
        10..=12 => {
            let (which, step) = (dice.below(2), STEPS[dice.below(3) as usize]);
            let path = format!("/v1/users/{user}/challenges/d{which}/steps/{step}/complete");
            let _ = service.act(&path).await; // it may have no such step, or have given everything
        }
        13 => {
            let which = dice.below(2);
            let body = challenge(which, 1 + dice.below(3) as usize);
            let path = format!("/v1/challenges/d{which}");
            let etag = service.get(&path).await.then(200).header("etag").to_owned();
            let request = service.request(Method::PUT, &path).header("if-match", etag);
            let answer = Answer::of(request.json(&body)).await;
            assert!(matches!(answer.status(), 200 | 412), "{}", answer.text());
        }
        14 if dice.below(3) == 0 => {
            service.settle().await; // so that the recount knows what was promised and received
            let _ = service.delete(&format!("/v1/users/{user}")).await;
        }
        8 => {
            let which = dice.below(4);
            let body = json!({ "name": "S", "conditions": conditions(dice, which) });
            put(service, &format!("/v1/segments/s{which}"), &body).await.then(200);
        }
        _ => {
            let which = dice.below(4);
            let audience = match dice.below(2) {
                0 => json!({ "list": list }),
                _ => json!({ "segment": format!("s{which}") }),
            };
            let body = json!({ "name": "B", "audience": audience });
            put(service, &format!("/v1/badges/b{which}"), &body).await.then(200);
        }
    }
}

/// A challenge of the first so many steps.
fn challenge(which: u64, steps: usize) -> Value {
    let step = |id: &&str| json!({ "id": id, "title": id, "action": "do" });
    let steps: Vec<Value> = STEPS[..steps].iter().map(step).collect();
    let perk =
        json!({ "kind": "perk", "id": format!("d{which}"), "name": "Coffee", "limit": LIMIT });
    json!({ "id": format!("d{which}"), "name": "D", "opt_in": false, "steps": steps, "rewards": [perk] })
}

/// Who has done all that is asked has completed it; nobody is served twice for one completion, and no more are than there is.
async fn recount_challenges(service: &Service, people: &BTreeMap<String, Person>, seed: u64) {
    let text = service.get("/v1/exports/user-events.ndjson").await.then(200).text();
    let facts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for challenge in
        service.get("/v1/challenges").await.then(200).json()["items"].as_array().unwrap()
    {
        let id = challenge["id"].as_str().unwrap();
        let asked: BTreeSet<String> = challenge["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["id"].as_str().unwrap().to_owned())
            .collect();
        for (user, person) in people {
            let Some((done, completed)) = person.challenges.get(id) else { continue };
            let running = challenge["state"] == "published";
            assert!(
                *completed || !running || !done.is_superset(&asked),
                "seed {seed}: {user} in {challenge}"
            );
        }
        let completed = people
            .values()
            .filter(|person| person.challenges.get(id).is_some_and(|(_, completed)| *completed));
        assert_eq!(challenge["completed"], completed.count(), "seed {seed}: {challenge}");
        let of = |kind: &str| {
            facts
                .iter()
                .filter(|fact| fact["event_type"] == kind && fact["challenge_id"] == id)
                .count()
        };
        let (finished, served) = (of("cohort.challenge.completed"), of("cohort.perk.received"));
        assert!(
            served <= LIMIT.min(finished),
            "seed {seed}: {served} of {finished} in {challenge}"
        );
        let ended = challenge["ended"] == "rewards_exhausted";
        assert_eq!(finished >= LIMIT, ended, "seed {seed}: {finished} finished {challenge}");
    }
}

/// What is recorded is what the definitions say, user by user.
async fn recount(service: &Service, seed: u64) {
    let people = people(service).await;
    recount_challenges(service, &people, seed).await;
    let definitions = service.get("/v1/segments").await.then(200).json();
    for segment in definitions["items"].as_array().unwrap() {
        let id = segment["id"].as_str().unwrap();
        for (user, person) in &people {
            let fits = |group: &Value| {
                group["conditions"].as_array().unwrap().iter().all(|one| fulfils(person, one))
            };
            let wanted = segment["conditions"]["groups"].as_array().unwrap().iter().any(fits);
            assert_eq!(person.segments.contains(id), wanted, "seed {seed}: {user} and {segment}");
        }
        let inside = people.values().filter(|person| person.segments.contains(id)).count();
        assert_eq!(segment["users"], inside, "seed {seed}: {segment}");
    }
    for badge in service.get("/v1/badges").await.then(200).json()["items"].as_array().unwrap() {
        let id = badge["id"].as_str().unwrap();
        for (user, person) in &people {
            let in_list =
                badge["audience"]["list"].as_str().is_some_and(|list| person.lists.contains(list));
            let in_segment = badge["audience"]["segment"]
                .as_str()
                .is_some_and(|segment| person.segments.contains(segment));
            assert_eq!(
                person.badges.contains(id),
                in_list || in_segment,
                "seed {seed}: {user} and {badge}"
            );
        }
    }
}

/// Of each user and badge or segment, gained and lost take turns; nothing follows twice.
async fn alternate(service: &Service) {
    let text = service.get("/v1/exports/user-events.ndjson").await.then(200).text();
    let (mut held, mut ids): (BTreeSet<(String, String)>, BTreeSet<String>) = Default::default();
    for line in text.lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        assert!(ids.insert(fact["event_id"].as_str().unwrap().to_owned()), "twice: {line}");
        let kind = fact["event_type"].as_str().unwrap();
        let name = fact["badge_id"].as_str().or(fact["audience_id"].as_str()).unwrap_or_default();
        let of = (fact["user_id"].as_str().unwrap().to_owned(), format!("{} {name}", &kind[..13]));
        match kind {
            "cohort.badge.gained" | "cohort.segment.entered" => assert!(held.insert(of), "{line}"),
            "cohort.badge.lost" | "cohort.segment.left" => assert!(held.remove(&of), "{line}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn at_rest_what_is_recorded_is_what_a_recount_says() {
    for seed in 0..8u64 {
        let mut dice = SplitMix64::new(seed);
        let mut service = Service::start().await;
        let points = json!({ "reference_id": "points", "type": "number" });
        service.post("/v1/properties", &points).await.then(201);
        let everybody: String =
            (0..12).map(|who| format!("p{who}@example.org,{},{who}\n", CITIES[who % 3])).collect();
        service.import(format!("Email,City,Points\n{everybody}")).await;
        for list in LISTS {
            service.post("/v1/lists", &json!({ "id": list, "name": list })).await.then(201);
        }
        for number in 0..4u64 {
            let body = json!({ "id": format!("s{number}"), "name": "S", "conditions": conditions(&mut dice, number) });
            service.post("/v1/segments", &body).await.then(201);
            let body = json!({ "id": format!("b{number}"), "name": "B", "audience": { "segment": format!("s{number}") } });
            let draft = service.post("/v1/badges", &body).await.then(201).json();
            let path = format!("/v1/badges/b{number}/publish");
            let etag = format!("\"{}\"", draft["revision"]);
            Answer::of(service.request(Method::POST, &path).header("if-match", etag))
                .await
                .then(200);
        }
        for which in 0..2 {
            published(&service, &challenge(which, 2)).await;
        }
        let ids: Vec<String> = people(&service).await.into_keys().collect();
        let mut imports = Vec::new();
        for round in 0..8 {
            for _ in 0..6 {
                act(&service, &mut dice, &ids, &mut imports).await;
            }
            if round % 3 == 2 {
                service = service.restart().await;
            }
            recount(&service, seed).await;
        }
        service.act("/v1/operations/rebuild").await.then(200);
        recount(&service, seed).await;
        alternate(&service).await;
        let check = service.act("/v1/operations/check").await.then(200).text();
        assert!(check.lines().last().unwrap().contains("\"sound\":true"), "seed {seed}: {check}");
        service.stop().await;
    }
}
