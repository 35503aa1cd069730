//! Taking an import back: what it alone did goes, what others built on stays and is told.

use serde_json::{Value, json};
use tests::Service;
use tests::people;
use tests::service::counts;

fn path(report: &Value) -> String {
    format!("/v1/imports/{}", report["id"].as_str().unwrap())
}

/// The users table as a file.
async fn users(service: &Service) -> String {
    service.get("/v1/exports/users.csv").await.then(200).text()
}

#[tokio::test]
async fn a_mistake_is_taken_back_as_if_it_had_never_been() {
    let service = Service::start().await;
    service.import(people::csv(2_000, 1, 0).text).await;
    let before = users(&service).await;
    let mistake =
        service.import_with(people::csv(4_000, 2, 5).text, "&new_list=Oops").await.then(200).json();
    assert_ne!(users(&service).await, before);
    let would =
        service.act(&format!("{}/revert?dry_run=true", path(&mistake))).await.then(200).json();
    assert_eq!(
        service.get(&path(&mistake)).await.json()["state"],
        "completed",
        "a dry run does nothing"
    );
    let done = service.act(&format!("{}/revert?wait=true", path(&mistake))).await.then(200).json();
    assert_eq!(done["state"], "reverted");
    for count in ["removed", "restored", "left", "kept"] {
        assert_eq!(done["revert"][count], would[count], "{count}");
    }
    assert_eq!(done["revert"]["kept"], 0);
    assert_eq!(done["revert"]["removed"], mistake["created"]);
    assert_eq!(users(&service).await, before);
    assert_eq!(service.get("/v1/lists/oops").await.json()["users"], 0);
    service
        .act(&format!("{}/revert", path(&mistake)))
        .await
        .then_problem(409, "import_not_revertible");

    // The same address begins anew, and counts as created.
    let again = service.import(people::csv(4_000, 2, 0).text).await;
    assert!(again["created"].as_u64().unwrap() > 1_000, "{again}");
    let service = service.restart().await;
    assert_eq!(service.get("/v1/imports").await.json()["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_others_built_on_stays_with_a_reason() {
    let service = Service::start().await;
    service.import("Email,City,Lang\nanna@example.org,Lyon,fr\nbob@example.org,Lyon,de\n").await;
    let file = "Email,City,Lang\nanna@example.org,Nice,en\nbob@example.org,Nice,\nnew@example.org,Nice,it\ngone@example.org,Nice,\n";
    let mistake = service.import(file).await;
    service.import("Email,City\nanna@example.org,Brest\n").await;
    let new = service.user_id("new@").await;
    service.act(&format!("/v1/users/{new}/badges/vip")).await.then(200);

    let done = service.act(&format!("{}/revert?wait=true", path(&mistake))).await.then(200).json();
    let said = &done["revert"];
    assert_eq!(
        (&said["removed"], &said["restored"], &said["kept"]),
        (&json!(1), &json!(3), &json!(2)),
        "{said}"
    );
    assert_eq!(service.user("anna@").await["fields"], json!({ "city": "Brest", "lang": "fr" }));
    assert_eq!(service.user("bob@").await["fields"], json!({ "city": "Lyon", "lang": "de" }));
    let new = service.user("new@").await;
    assert_eq!((&new["fields"], &new["badges"][0]["badge_id"]), (&json!({}), &json!("vip")));
    assert_eq!(service.get("/v1/users?search=gone@").await.json()["items"], json!([]));

    let kept = service.get(&format!("{}/kept.csv", path(&mistake))).await.then(200).text();
    let rows: Vec<Vec<&str>> =
        kept.lines().skip(1).map(|line| line.split(',').skip(1).take(3).collect()).collect();
    assert_eq!(
        rows,
        [
            ["anna@example.org", "city", "value_changed"],
            ["new@example.org", "", "user_has_history"]
        ]
    );
    let anna = service.user_id("anna@").await;
    let history = service.get(&format!("/v1/users/{anna}/events")).await.then(200).json();
    let newest = &history["items"][0];
    assert_eq!(
        newest["type"], "cohort.user.properties_updated",
        "the undo is in the user's history"
    );
    assert_eq!(newest["origin"], "revert", "{newest}");
}

#[tokio::test]
async fn two_mistakes_are_taken_back_in_any_order() {
    let service = Service::start().await;
    service.import("Email,S\nanna@example.org,orig\n").await;
    let before = users(&service).await;
    for newest_first in [true, false] {
        let a = service.import("Email,S,T\nanna@example.org,A,A\nnew@example.org,A,A\n").await;
        let b = service.import("Email,S,T\nanna@example.org,B,B\nnew@example.org,B,B\n").await;
        for import in if newest_first { [&b, &a] } else { [&a, &b] } {
            service.act(&format!("{}/revert?wait=true", path(import))).await.then(200);
        }
        assert_eq!(service.user("anna@").await["fields"], json!({ "s": "orig" }), "{newest_first}");
        assert_eq!(users(&service).await.lines().count(), before.lines().count(), "{newest_first}");
    }
}

#[tokio::test]
async fn only_what_has_ended_and_did_something_can_be_taken_back() {
    let service = Service::start().await;
    let draft = service.draft("Email\na@example.org\n").await;
    service.act(&format!("{draft}/revert")).await.then_problem(409, "import_not_revertible");
    let nothing = service.import("Email\nnobody\n").await;
    assert_eq!(counts(&nothing), [0, 0, 0, 1]);
    service
        .act(&format!("{}/revert", path(&nothing)))
        .await
        .then_problem(409, "import_not_revertible");
    service
        .act("/v1/imports/0190b3c4-5d6e-7f70-8123-456789abcdef/revert")
        .await
        .then_problem(404, "import_unknown");
}

#[tokio::test]
async fn an_import_that_was_stopped_is_taken_back_as_far_as_it_went() {
    let service = Service::start().await;
    let before = users(&service).await;
    let app = service.app.clone();
    // While a hand has its turn no row is recorded: so it is asked to stop before its first batch, however slow all else is.
    let turn = app.turns.of_hand(&app).await.unwrap();
    let text = people::csv(60_000, 3, 0).text;
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let queued = tests::Answer::of(request.header("content-type", "text/csv").body(text)).await;
    let queued = queued.then(202).json();
    let id = queued["id"].as_str().unwrap().parse().unwrap();
    while !app.imports.is_running(id) {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let cancel = service.request(reqwest::Method::POST, &format!("{}/cancel", path(&queued)));
    let cancel = tokio::spawn(tests::Answer::of(cancel));
    while !app.imports.is_cancelled(id) {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    drop(turn);
    let asked = cancel.await.unwrap();
    assert!([200, 202].contains(&asked.status()), "{}", asked.text());
    let ended = service.get(&format!("{}?wait=true", path(&queued))).await.then(200).json();
    assert_eq!((&ended["state"], counts(&ended)), (&json!("cancelled"), [10_000, 0, 0, 0]));
    let done = service.act(&format!("{}/revert?wait=true", path(&queued))).await.then(200).json();
    assert_eq!(done["revert"]["removed"], ended["created"]);
    assert_eq!(users(&service).await.lines().skip(1).count(), before.lines().skip(1).count());
}
