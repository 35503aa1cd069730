//! Ranges of time: half-open, by days of a named zone, right to the microsecond.

use tests::{Clock, Service};

/// A service where a badge was gained at each of these instants, named by it.
async fn badges_at(instants: &[&str]) -> Service {
    let clock = Clock::at("2025-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    for (index, instant) in instants.iter().enumerate() {
        clock.set(instant);
        service.act(&format!("/v1/users/{id}/badges/b{index}")).await.then(200);
    }
    service
}

async fn found(service: &Service, query: &str) -> Vec<String> {
    let path = format!("/v1/exports/user-events.csv?type=BadgeGained&{query}");
    service.export(&path).await.column("badge_id").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_first_instant_is_inside_and_the_last_is_not() {
    let service = badges_at(&[
        "2026-01-31T23:59:59.999999Z",
        "2026-02-01T00:00:00Z",
        "2026-02-28T23:59:59.999999Z",
        "2026-03-01T00:00:00Z",
    ])
    .await;
    for query in [
        "from=2026-02-01&through=2026-02-28",
        "from=2026-02-01&to=2026-03-01",
        "from=2026-02-01T00:00:00Z&to=2026-03-01T01:00:00%2B01:00",
    ] {
        assert_eq!(found(&service, query).await, ["b1", "b2"], "{query}");
    }
    assert_eq!(found(&service, "from=2026-02-01T00:00:00.000001Z").await, ["b2", "b3"]);
    assert_eq!(found(&service, "to=2026-02-01").await, ["b0"]);
    assert_eq!(found(&service, "from=2026-02-10&to=2026-02-10").await, [""; 0]);
    assert_eq!(found(&service, "").await.len(), 4);
}

#[tokio::test]
async fn a_day_is_a_day_of_the_zone_even_when_clocks_change() {
    // 29 March 2026 has 23 hours in Paris: 28th 23:00 UTC to 29th 22:00 UTC.
    let service = badges_at(&[
        "2026-03-28T22:59:59.999999Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59.999999Z",
        "2026-03-29T22:00:00Z",
    ])
    .await;
    let day = "from=2026-03-29&through=2026-03-29&zone=Europe/Paris";
    assert_eq!(found(&service, day).await, ["b1", "b2"]);
    let answer = service.get(&format!("/v1/exports/user-events.csv?{day}")).await.then(200);
    assert_eq!(
        answer.header("cohort-range"),
        "2026-03-28T23:00:00.000000Z/2026-03-29T22:00:00.000000Z"
    );
}

/// A day, and its first and last microsecond in UTC. Taken as 24 hours, from either end, each of the four is wrong.
const DAYS_OF_CHANGE: [(&str, &str, &str, &str); 4] = [
    ("Europe/Paris", "2026-03-29", "2026-03-28T23:00:00.000000Z", "2026-03-29T21:59:59.999999Z"),
    ("Europe/Paris", "2026-10-25", "2026-10-24T22:00:00.000000Z", "2026-10-25T22:59:59.999999Z"),
    (
        "America/New_York",
        "2026-03-08",
        "2026-03-08T05:00:00.000000Z",
        "2026-03-09T03:59:59.999999Z",
    ),
    (
        "America/New_York",
        "2026-11-01",
        "2026-11-01T04:00:00.000000Z",
        "2026-11-02T04:59:59.999999Z",
    ),
];

fn moved(instant: &str, micros: i64) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(instant).unwrap().to_utc();
    (at + chrono::TimeDelta::microseconds(micros))
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

#[tokio::test]
async fn the_days_on_which_clocks_change_are_whole_to_the_microsecond() {
    for (zone, day, first, last) in DAYS_OF_CHANGE {
        let around = [moved(first, -1), first.to_owned(), last.to_owned(), moved(last, 1)];
        let service = badges_at(&around.each_ref().map(String::as_str)).await;
        let one_day = format!("from={day}&through={day}&zone={zone}");
        assert_eq!(found(&service, &one_day).await, ["b1", "b2"], "{zone} {day}");
        assert_eq!(found(&service, &format!("from={day}&zone={zone}")).await, ["b1", "b2", "b3"]);
        assert_eq!(
            found(&service, &format!("through={day}&zone={zone}")).await,
            ["b0", "b1", "b2"]
        );
        assert_eq!(found(&service, &format!("to={day}&zone={zone}")).await, ["b0"]);
        // The same by when it happened, told long after.
        let told = told_later(&around).await;
        assert_eq!(
            found(&told, &format!("{one_day}&basis=occurred")).await,
            ["b1", "b2"],
            "{zone}"
        );
        assert_eq!(found(&told, &one_day).await, [""; 0]);
    }
}

/// The same badges, all told of a year later.
async fn told_later(instants: &[String]) -> Service {
    let clock = Clock::at("2027-06-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    for (index, instant) in instants.iter().enumerate() {
        let path = format!("/v1/users/{id}/badges/b{index}");
        service.post(&path, &serde_json::json!({ "occurred_at": instant })).await.then(200);
    }
    service
}

#[tokio::test]
async fn a_range_that_cannot_be_meant_is_refused_by_name() {
    let service = Service::start().await;
    for (query, status, code) in [
        ("from=2026-02-01&to=2026-01-01", 400, "range_inverted"),
        ("from=2026-02-02&through=2026-01-31", 400, "range_inverted"),
        ("to=2026-02-01&through=2026-01-31", 400, "to_and_through"),
        ("zone=Europe/Pari", 400, "unknown_zone"),
        ("from=yesterday", 400, "time_unreadable"),
        ("through=2026-01-31T10:00:00Z", 400, "time_unreadable"),
        ("from=2026-03-29T02:30:00&zone=Europe/Paris", 400, "local_time_does_not_exist"),
        ("from=2026-10-25T02:30:00&zone=Europe/Paris", 400, "local_time_ambiguous"),
        ("type=BadgeGaned", 400, "unknown_event_type"),
        ("type=ImportStarted", 400, "unknown_event_type"),
        ("form=2026-01-01", 400, "parameter_unknown"),
        ("from=2026-01-01&from=2026-01-02", 400, "parameter_invalid"),
        ("basis=later", 400, "parameter_invalid"),
        ("since=abc", 400, "cursor_invalid"),
    ] {
        let problem = service
            .get(&format!("/v1/exports/user-events.csv?{query}"))
            .await
            .then_problem(status, code);
        if code == "unknown_event_type" {
            assert!(
                problem["known"].as_array().unwrap().contains(&"BadgeGained".into()),
                "the known ones are listed"
            );
        }
    }
}

#[tokio::test]
async fn bare_days_are_days_of_the_instances_zone() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::at("2026-06-30T22:30:00Z"); // 1 July, 00:30 in Paris
    let service =
        Service::open(&folder.path().join("data"), Some(clock), &[("zone", "Europe/Paris")]).await;
    service.import("Email\na@example.org\n").await;
    let path = "/v1/exports/user-events.csv?from=2026-07-01&through=2026-07-01";
    assert_eq!(service.export(path).await.rows.len(), 1);
    assert!(service.export(&format!("{path}&zone=UTC")).await.rows.is_empty());
    service.stop().await;
}
