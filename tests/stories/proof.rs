//! A slice beside what an independent script, in another language, makes of the same file and the same requests.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Clock, Service, people};

const IMPORTED_AT: &str = "2026-03-27T12:00:00Z";
const TYPES: &str =
    "cohort.badge.gained,cohort.badge.lost,cohort.challenge.completed,cohort.user.imported";

/// Acts at random for a few users over the days in which Paris changes its clocks; answers what was sent.
async fn act(service: &Service, clock: &Clock, users: &[(String, String)]) -> String {
    let (mut dice, mut sent) = (SplitMix64::new(42), String::new());
    for step in 0..400u64 {
        // Every 12 minutes and a bit, so that some requests meet the hours around both midnights.
        let at = chrono::DateTime::parse_from_rfc3339("2026-03-28T10:00:00Z").unwrap().to_utc();
        let at = at + chrono::TimeDelta::microseconds((step * 733_000_017) as i64);
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        clock.set(&at);
        let (email, id) = &users[dice.below(users.len() as u64) as usize];
        let name = ["a", "b"][dice.below(2) as usize];
        let (method, path) = match dice.below(6) {
            0 | 1 => (Method::POST, format!("badges/{name}")),
            2 => (Method::DELETE, format!("badges/{name}")),
            3 => (Method::POST, format!("challenges/{name}/join")),
            4 => (Method::POST, format!("challenges/{name}/steps/s{}/complete", dice.below(3))),
            _ => (Method::POST, format!("challenges/{name}/complete")),
        };
        let answer =
            Answer::of(service.request(method.clone(), &format!("/v1/users/{id}/{path}"))).await;
        assert!(answer.status.is_success() || answer.status.as_u16() == 409, "{}", answer.text());
        sent += &json!({ "at": at, "method": method.as_str(), "email": email, "path": path })
            .to_string();
        sent.push('\n');
    }
    sent
}

#[tokio::test]
async fn a_slice_is_what_an_independent_script_computes() {
    let zones = "import zoneinfo; zoneinfo.ZoneInfo('Europe/Paris')";
    if !Command::new("python3")
        .args(["-c", zones])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!(
            "SKIPPED: python3 with time zones is absent, so there is no second opinion on the slice"
        );
        return;
    }
    let clock = Clock::at(IMPORTED_AT);
    let service = Service::start_at(&clock).await;
    let people = people::csv(2_000, 5, 4);
    service.import(people.text.clone()).await;
    let page = service.get("/v1/users?limit=12").await.then(200).json();
    let text = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
    let users: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| (text(user, "email"), text(user, "id")))
        .collect();
    let sent = act(&service, &clock, &users).await;

    let folder = tempfile::tempdir().unwrap();
    let (csv, actions) = (folder.path().join("users.csv"), folder.path().join("actions.ndjson"));
    std::fs::write(&csv, people.text).unwrap();
    std::fs::write(&actions, sent).unwrap();
    for (from, through) in
        [("2026-03-29", "2026-03-29"), ("2026-03-27", "2026-03-27"), ("2026-03-01", "2026-04-30")]
    {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/proof/slice.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(&csv).arg(&actions).args([
            IMPORTED_AT,
            TYPES,
            from,
            through,
            "Europe/Paris",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected: Vec<Value> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(expected.len() > 20, "{from}: the script finds only {}", expected.len());
        let types: String = TYPES.split(',').map(|kind| format!("&type={kind}")).collect();
        let path = format!(
            "/v1/exports/user-events.csv?from={from}&through={through}&zone=Europe/Paris{types}\
             &columns=time,event_type,user_email,badge_id,challenge_id,step_id,import_row"
        );
        let table = service.export(&path).await;
        let row = |row: &std::collections::BTreeMap<String, String>| {
            json!(table.columns.iter().map(|column| row[column].clone()).collect::<Vec<_>>())
        };
        assert_eq!(
            table.rows.iter().map(row).collect::<Vec<_>>(),
            expected,
            "{from} through {through}"
        );
    }
}
