//! Indicators: what is counted day by day is what a naive recount of the facts says.

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Clock, Service};

const BADGES: [&str; 2] = ["gold", "vip"];

/// Something happens to somebody, some minutes later.
async fn act(service: &Service, clock: &Clock, dice: &mut SplitMix64, now: &mut i64) {
    *now += 1 + (dice.below(55 * 60_000_000)).cast_signed();
    let instant = chrono::DateTime::from_timestamp_micros(*now).unwrap();
    clock.set(&instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    if dice.below(4) == 0 {
        let rows: String = (0..=dice.below(4))
            .map(|_| format!("p{}@example.org,{}\n", dice.below(12), dice.below(3)))
            .collect();
        service.import(format!("Email,Points\n{rows}")).await;
        return;
    }
    let page = service.get("/v1/users?settled=true").await.then(200).json();
    let users = page["items"].as_array().unwrap();
    if users.is_empty() {
        return;
    }
    let user = users[dice.below(users.len() as u64) as usize]["id"].as_str().unwrap();
    let badge = BADGES[dice.below(2) as usize];
    let (method, path) = match dice.below(12) {
        0..=2 => (Method::POST, format!("/badges/{badge}")),
        3 | 4 => (Method::DELETE, format!("/badges/{badge}")),
        5 | 6 => (Method::POST, "/challenges/spring/join".to_owned()),
        7 | 8 => (Method::POST, format!("/challenges/spring/steps/s{}/complete", dice.below(3))),
        9 => (Method::POST, "/challenges/spring/complete".to_owned()),
        10 => (Method::POST, "/challenges/other/join".to_owned()),
        _ => (Method::DELETE, String::new()),
    };
    let answer = Answer::of(service.request(method, &format!("/v1/users/{user}{path}"))).await;
    assert!(answer.status.is_success() || answer.status() == 409, "{}", answer.text());
}

/// The facts of a range, counted one by one.
struct Recount(Vec<Value>);

impl Recount {
    async fn of(service: &Service, range: &str) -> Recount {
        let path = format!("/v1/exports/user-events.ndjson?{range}");
        let text = service.get(&path).await.then(200).text();
        Recount(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn count(&self, kind: &str, fits: impl Fn(&Value) -> bool) -> u64 {
        self.0.iter().filter(|fact| fact["event_type"] == kind && fits(fact)).count() as u64
    }

    fn made(&self) -> u64 {
        self.count("cohort.user.imported", |fact| fact["properties"]["created"] == true)
    }

    fn all(&self, kind: &str) -> u64 {
        self.count(kind, |_| true)
    }

    fn badge(&self, turn: &str, badge: &str) -> u64 {
        self.count(&format!("cohort.badge.{turn}"), |fact| fact["badge_id"] == badge)
    }

    fn challenge(&self, what: &str) -> u64 {
        self.count(&format!("cohort.challenge.{what}"), |fact| fact["challenge_id"] == "spring")
    }

    fn steps(&self) -> Value {
        let step = |step: &str| {
            self.count("cohort.challenge.step_completed", |fact| {
                fact["challenge_id"] == "spring" && fact["step_id"] == step
            })
        };
        let steps = ["s0", "s1", "s2"].map(|name| (name.to_owned(), json!(step(name))));
        Value::Object(steps.into_iter().filter(|(_, count)| *count != 0).collect())
    }
}

async fn indicator(service: &Service, what: &str, range: &str) -> Value {
    service.get(&format!("/v1/indicators/{what}?settled=true&{range}")).await.then(200).json()
}

/// Every indicator of a range, day by day and together, beside the facts.
async fn same_as_a_recount(service: &Service, range: &str, zone: &str) {
    let asked = format!("{range}&zone={zone}");
    let whole = Recount::of(service, &asked).await;
    let users = indicator(service, "users", &asked).await;
    assert_eq!(users["made"], whole.made(), "{asked}");
    assert_eq!(users["removed"], whole.all("cohort.user.deleted"), "{asked}");
    let events = indicator(service, "events", &asked).await;
    for (kind, count) in events["events"].as_object().unwrap() {
        assert_eq!(*count, whole.all(kind), "{kind} {asked}");
    }
    let challenge = indicator(service, "challenges/spring", &asked).await;
    assert_eq!(challenge["joined"], whole.challenge("joined"), "{asked}");
    assert_eq!(challenge["steps"], whole.steps(), "{asked}");
    assert_eq!(challenge["completed"], whole.challenge("completed"), "{asked}");
    let mut badges = Vec::new();
    for badge in BADGES {
        let found = indicator(service, &format!("badges/{badge}"), &asked).await;
        assert_eq!(found["gained"], whole.badge("gained", badge), "{asked}");
        assert_eq!(found["lost"], whole.badge("lost", badge), "{asked}");
        badges.push((badge, found));
    }
    if !range.contains("through") {
        return; // the first and the last are parts of days
    }
    for (place, users) in users["days"].as_array().unwrap().iter().enumerate() {
        let day = users["day"].as_str().unwrap();
        let on = Recount::of(service, &format!("from={day}&through={day}&zone={zone}")).await;
        let until = Recount::of(service, &format!("through={day}&zone={zone}")).await;
        let (made, removed) = (on.made(), on.all("cohort.user.deleted"));
        let total = until.made() - until.all("cohort.user.deleted");
        let expected = json!({ "day": day, "made": made, "removed": removed, "total": total });
        assert_eq!(*users, expected, "{asked}");
        for (kind, count) in events["days"][place]["events"].as_object().unwrap() {
            assert_eq!(*count, on.all(kind), "{kind} {day} {asked}");
        }
        for (badge, found) in &badges {
            let (gained, lost) = (on.badge("gained", badge), on.badge("lost", badge));
            let held = until.badge("gained", badge) - until.badge("lost", badge);
            let expected = json!({ "day": day, "gained": gained, "lost": lost, "held": held });
            assert_eq!(found["days"][place], expected, "{asked}");
        }
        let expected = json!({ "day": day, "joined": on.challenge("joined"), "steps": on.steps(),
            "completed": on.challenge("completed") });
        assert_eq!(challenge["days"][place], expected, "{asked}");
    }
}

#[tokio::test]
async fn numbers_are_what_a_recount_says_whatever_happens_and_whatever_the_zone() {
    for seed in 0..2u64 {
        let mut dice = SplitMix64::new(seed);
        let clock = Clock::at("2026-03-27T09:00:00Z");
        let mut now = tests::service::micros("2026-03-27T09:00:00Z");
        let mut service = Service::start_at(&clock).await;
        for badge in BADGES {
            service.post("/v1/badges", &json!({ "id": badge, "name": "B" })).await.then(201);
        }
        for round in 0..3 {
            for _ in 0..60 {
                act(&service, &clock, &mut dice, &mut now).await;
            }
            match round {
                0 => service = service.restart().await,
                1 => drop(service.act("/v1/operations/rebuild").await.then(200)),
                _ => {}
            }
            let through = "from=2026-03-26&through=2026-04-02";
            for zone in ["Europe/Paris", "Asia/Kathmandu", "America/New_York"] {
                same_as_a_recount(&service, through, zone).await;
            }
            // Within a quarter of an hour, and to the microsecond.
            for (from, to) in [
                ("2026-03-27T10:07:13.000001Z", "2026-03-28T04:22:59Z"),
                ("2026-03-27T20:00:00Z", "2026-03-27T20:10:00Z"),
                ("2026-03-28T01:31:00Z", "2026-03-28T01:44:00Z"),
            ] {
                same_as_a_recount(&service, &format!("from={from}&to={to}"), "UTC").await;
            }
        }
        let users = service.get("/v1/users?settled=true").await.then(200).json()["items"].clone();
        let totals = indicator(&service, "users", "").await;
        let days = totals["days"].as_array().unwrap();
        assert_eq!(days.last().unwrap()["total"], users.as_array().unwrap().len(), "seed {seed}");
        let check = service.act("/v1/operations/check").await.then(200).text();
        assert!(check.lines().last().unwrap().contains("\"sound\":true"), "seed {seed}: {check}");
        service.stop().await;
    }
}

#[tokio::test]
async fn without_a_range_it_is_the_last_30_days_of_the_instances_zone() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::at("2026-06-30T22:30:00Z"); // 1 July, 00:30 in Paris
    let data = folder.path().join("data");
    let service = Service::open(&data, Some(clock), &[("zone", "Europe/Paris")]).await;
    service.import("Email\na@example.org\n").await;
    let answer = service.get("/v1/indicators/users").await.then(200);
    assert_eq!(
        answer.header("cohort-range"),
        "2026-06-01T22:00:00.000000Z/2026-07-01T22:00:00.000000Z"
    );
    assert!(!answer.header("cohort-position").is_empty());
    let (found, days) = (answer.json(), answer.json()["days"].clone());
    assert_eq!(found["zone"], "Europe/Paris");
    assert_eq!(days.as_array().unwrap().len(), 30);
    assert_eq!(days[28], json!({ "day": "2026-06-30", "made": 0, "removed": 0, "total": 0 }));
    assert_eq!(days[29], json!({ "day": "2026-07-01", "made": 1, "removed": 0, "total": 1 }));
    // In UTC it is June still; days to come are not told.
    let found = indicator(&service, "users", "zone=UTC&from=2026-06-30&through=2026-12-31").await;
    assert_eq!(
        found["days"],
        json!([{ "day": "2026-06-30", "made": 1, "removed": 0, "total": 1 }])
    );
    service.stop().await;
}

#[tokio::test]
async fn what_cannot_be_counted_is_refused_by_name() {
    let service = Service::start().await;
    for (path, status, code) in [
        ("users?from=2016-01-01&through=2026-02-17", 400, "range_too_long"),
        ("users?from=2026-02-01&to=2026-01-01", 400, "range_inverted"),
        ("users?to=2026-02-01&through=2026-01-31", 400, "to_and_through"),
        ("users?zone=Europe/Pari", 400, "unknown_zone"),
        ("users?type=BadgeGained", 400, "parameter_unknown"),
        ("events?type=BadgeGaned", 400, "unknown_event_type"),
        ("events?type=ImportStarted", 400, "unknown_event_type"),
        ("badges/Gold", 400, "id_invalid"),
        ("challenges/spring?from=yesterday", 400, "time_unreadable"),
    ] {
        service.get(&format!("/v1/indicators/{path}")).await.then_problem(status, code);
    }
    let longest = "users?from=2016-01-01&through=2026-02-16";
    service.get(&format!("/v1/indicators/{longest}")).await.then(200);
    let only = indicator(&service, "events", "type=BadgeGained&type=cohort.badge.lost").await;
    assert_eq!(only["events"], json!({ "cohort.badge.gained": 0, "cohort.badge.lost": 0 }));
    let asker = service.with_token(&["events:read"]).await;
    asker.get("/v1/indicators/events").await.then(200);
    for what in ["users", "badges/gold", "challenges/spring"] {
        asker.get(&format!("/v1/indicators/{what}")).await.then_problem(403, "scope_missing");
    }
    let asker = service.with_token(&["users:read"]).await;
    asker.get("/v1/indicators/events").await.then_problem(403, "scope_missing");
}
