//! Rows that say who they are about by an id: an address that differs becomes the user's, and what is somebody else's
//! stays with them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::Service;
use tests::service::{counts, refusals};

#[tokio::test]
async fn an_address_that_differs_becomes_the_users_and_the_former_one_is_nobody_elses() {
    let service = Service::start().await;
    let first = "Email,external_id,City\nanna@example.org,A-1,Lyon\nben@example.org,A-2,Brest\n";
    assert_eq!(counts(&service.import_by("external_id", first).await), [2, 0, 0, 0]);
    let anna = service.user_id("anna@example.org").await;

    let moved = "external_id,Email,City\nA-1,Anna@New.example,Paris\nA-2,ben@example.org,Brest\nA-3,carl@example.org,\n";
    let look = service.post_csv("/v1/imports?dry_run=true&match_by=external_id", moved).await;
    let look = look.then(200).json();
    assert_eq!(counts(&look), [1, 1, 1, 0]);
    assert_eq!(
        look["differences"][0]["changes"],
        json!([{ "field": "email", "old": "anna@example.org", "new": "Anna@New.example" },
               { "field": "city", "old": "Lyon", "new": "Paris" }])
    );
    let report = service.import_by("external_id", moved).await;
    assert_eq!(counts(&report), [1, 1, 1, 0]);
    assert_eq!(service.user_id("anna@new.example").await, anna, "the same user");
    assert_eq!(service.get("/v1/users?search=anna@example").await.json()["items"], json!([]));

    let history = service.get(&format!("/v1/users/{anna}/events")).await.then(200).json();
    let kinds: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["cohort.user.imported", "cohort.user.email_changed", "cohort.user.imported"]
    );
    let table = service.export("/v1/exports/user-events.csv?type=UserEmailChanged").await;
    assert_eq!(table.column("old_email"), ["anna@example.org"]);
    assert_eq!(table.column("user_email"), ["Anna@New.example"]);
    assert_eq!(table.column("import_row"), ["1"]);

    // By address now: the new one finds her, the former one nobody, and says who it was.
    let by_email =
        service.import("Email,City\nanna@new.example,Nice\nanna@example.org,Oslo\n").await;
    assert_eq!(counts(&by_email), [0, 1, 0, 1]);
    assert_eq!(refusals(&by_email), [(3, "email_was_changed")]);
    assert!(by_email["rejects"][0]["reason"].as_str().unwrap().contains(&anna), "{by_email}");
    assert_eq!(service.user("anna@new").await["fields"]["city"], "Nice");
    let rejected = format!("/v1/imports/{}/rejected.csv", by_email["id"].as_str().unwrap());
    assert!(service.get(&rejected).await.then(200).text().contains(&anna));

    // Nobody else gets either of them.
    let taken = service
        .import_by(
            "external_id",
            "external_id,Email\nA-2,anna@example.org\nA-4,anna@new.example\nA-5,\n",
        )
        .await;
    assert_eq!(refusals(&taken), [(2, "email_taken"), (3, "email_taken"), (4, "email_missing")]);
    // She may have her first one back, and then her second.
    for address in ["anna@example.org", "anna@new.example"] {
        let back =
            service.import_by("external_id", &format!("external_id,Email\nA-1,{address}\n")).await;
        assert_eq!(counts(&back), [0, 1, 0, 0], "{back}");
        assert_eq!(service.user_id(address).await, anna);
    }
    service.stop().await;
}

#[tokio::test]
async fn the_id_of_a_user_finds_it_and_makes_nobody() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Brest\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    let nobody = "00000000-0000-8000-8000-000000000000";
    let file = format!(
        "user_id,Email,City,external_id\n{anna},anna@new.example,Nice,X\n{ben},,Paris,Y\n{nobody},c@example.org,,\nA-1,,,\n,,,\n"
    );
    let report = service.import_by("user_id", &file).await;
    assert_eq!(counts(&report), [0, 2, 0, 3]);
    assert_eq!(
        refusals(&report),
        [(4, "user_not_found"), (5, "user_id_invalid"), (6, "user_id_missing")]
    );
    assert_eq!(
        service.user("anna@new").await["fields"],
        json!({ "city": "Nice", "external_id": "X" })
    );
    assert_eq!(service.user("ben@").await["fields"]["city"], "Paris");
    // Without an address column too, and a claimed address is no user.
    assert_eq!(
        counts(&service.import_by("user_id", &format!("user_id,City\n{ben},Lille\n")).await),
        [0, 1, 0, 0]
    );
    service
        .post_csv("/v1/imports?start=true&match_by=user_id&mode=create_only", &file)
        .await
        .then_problem(422, "match_by_makes_nobody");
    service
        .post_csv("/v1/imports?start=true&match_by=user_id", "Email,City\na@b.org,X\n")
        .await
        .then_problem(422, "match_column_missing");
    service.stop().await;
}

#[tokio::test]
async fn what_a_file_gives_to_several_users_none_of_them_gets() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\nben@example.org,B\n").await;
    let report = service.import_by("external_id",
        "external_id,Email\nA,one@example.org\nB,one@example.org\nC,two@example.org\nC,three@example.org\n",
    )
    .await;
    assert_eq!(refusals(&report), [(2, "email_contested"), (3, "email_contested")]);
    assert_eq!(counts(&report), [1, 1, 0, 2], "C is made, then moved");
    assert_eq!(service.user("three@").await["fields"]["external_id"], "C");
    // External ids are nobody else's either, and what a file takes from one user it gives to no other.
    let ids = service
        .import("Email,external_id\nanna@example.org,B\nben@example.org,N\nnew@example.org,M\nother@example.org,M\nthree@example.org,B\n")
        .await;
    assert_eq!(
        refusals(&ids),
        [
            (2, "external_id_contested"),
            (4, "external_id_contested"),
            (5, "external_id_contested"),
            (6, "external_id_contested")
        ]
    );
    let ids = service.import("Email,external_id\nthree@example.org,D\nanna@example.org,C\n").await;
    assert_eq!((counts(&ids), refusals(&ids)), ([0, 1, 0, 1], vec![(3, "external_id_taken")]));
    let ids = service.import("Email,external_id\nanna@example.org,C\n").await;
    assert_eq!(counts(&ids), [0, 1, 0, 0], "free by now");
    service.stop().await;
}

#[tokio::test]
async fn taking_it_back_gives_the_address_back_unless_it_changed_since() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\nben@example.org,B\n").await;
    let (anna, before) =
        (service.user_id("anna@").await, service.get("/v1/exports/users.csv").await.text());
    let moved = service
        .import_by("external_id", "external_id,Email\nA,anna@new.example\nB,ben@new.example\n")
        .await;
    let revert =
        |report: &Value| format!("/v1/imports/{}/revert?wait=true", report["id"].as_str().unwrap());
    let done = service.act(&revert(&moved)).await.then(200).json();
    assert_eq!((&done["revert"]["restored"], &done["revert"]["kept"]), (&json!(2), &json!(0)));
    assert_eq!(service.get("/v1/exports/users.csv").await.text(), before);
    assert_eq!(service.user_id("anna@example.org").await, anna);
    // What it gave is free again: as if it had never been.
    let ben = service.import_by("external_id", "external_id,Email\nB,anna@new.example\n").await;
    assert_eq!(counts(&ben), [0, 1, 0, 0]);
    service.act(&revert(&ben)).await.then(200);

    let again = service.import_by("external_id", "external_id,Email\nA,anna@new.example\n").await;
    service.import_by("external_id", "external_id,Email\nA,anna@third.example\n").await;
    let done = service.act(&revert(&again)).await.then(200).json();
    assert_eq!((&done["revert"]["restored"], &done["revert"]["kept"]), (&json!(0), &json!(1)));
    assert_eq!(done["revert"]["kept_first"][0]["field"], "email");
    let kept = format!("/v1/imports/{}/kept.csv", again["id"].as_str().unwrap());
    let kept = service.get(&kept).await.then(200).text();
    assert!(kept.contains("email,value_changed,anna@new.example,anna@third.example"), "{kept}");

    // The tables are what a replay makes of the facts.
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

#[tokio::test]
async fn a_draft_is_matched_as_its_mapping_says_and_the_next_file_as_the_last() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\n").await;
    let file = "Customer,Mail,City\nA,anna@new.example,Lyon\n";
    let draft = service.draft(file).await;
    let column = |number: u64, target: Value| {
        let mut column = json!({ "column": number });
        column.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        column
    };
    let mapping = json!({ "match_by": "external_id", "columns": [
        column(1, json!({ "target": "field", "reference_id": "external_id" })),
        column(2, json!({ "target": "email" })),
        column(3, json!({ "target": "field", "reference_id": "city", "type": "text" })),
    ] });
    let path = format!("{draft}/mapping");
    let wrong = json!({ "match_by": "user_id", "columns": mapping["columns"] });
    service.put(&path, &wrong).await.then_problem(422, "match_column_missing");
    let wrong = json!({ "columns": [column(1, json!({ "target": "user_id" })), column(2, json!({ "target": "email" }))] });
    service.put(&path, &wrong).await.then_problem(400, "body_invalid");
    let mapped = service.put(&path, &mapping).await.then(200).json();
    assert_eq!(mapped["match_by"], "external_id");
    let checked = service.act(&format!("{draft}/check")).await.then(200).json();
    assert_eq!(counts(&checked["check"]), [0, 1, 0, 0]);
    // Somebody moves the address meanwhile: what the check said does not hold.
    service.import_by("external_id", "external_id,Email\nA,anna@else.example\n").await;
    service.act(&format!("{draft}/start")).await.then_problem(409, "import_changed_since_check");
    let done =
        service.act(&format!("{draft}/start?wait=true&accept_changes=true")).await.then(200).json();
    assert_eq!(counts(&done), [0, 1, 0, 0]);
    let next = service.draft(file).await;
    assert_eq!(service.get(&next).await.json()["match_by"], "external_id", "remembered");
    service.stop().await;
}

/// A small file of rows that get in each other's way.
fn file(random: &mut impl FnMut(u64) -> u64, key: &str) -> String {
    let mut csv = format!(
        "{},City\n",
        if key == "email" { "Email,external_id" } else { "external_id,Email" }
    );
    for _ in 0..=random(25) {
        let address = match random(6) {
            0 => String::new(),
            _ => format!("p{}@example.org", random(14)),
        };
        let id = match random(8) {
            0 => String::new(),
            _ => format!("X{}", random(10)),
        };
        let city = ["", "Lyon", "Nice"][random(3) as usize];
        csv += &match key {
            "email" => format!("{address},{id},{city}\n"),
            _ => format!("{id},{address},{city}\n"),
        };
    }
    csv
}

#[tokio::test]
async fn a_check_says_what_the_import_then_does_whatever_gets_in_whose_way() {
    let folder = tempfile::tempdir().unwrap();
    // Batches of three rows: most decisions are made while the facts they hang on are on their way.
    let small = [("import_batch_rows", "3")];
    let service = Service::open(&folder.path().join("data"), None, &small).await;
    for seed in 0..60u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let key = ["external_id", "email"][random(2) as usize];
        let csv = file(&mut random, key);
        let look =
            service.post_csv(&format!("/v1/imports?dry_run=true&match_by={key}"), &csv).await;
        let look = look.then(200).json();
        let done = service.import_by(key, &csv).await;
        assert_eq!(counts(&look), counts(&done), "seed {seed}, by {key}:\n{csv}");
        assert_eq!(refusals(&look), refusals(&done), "seed {seed}, by {key}:\n{csv}");
        let users = service.get("/v1/users?limit=1000").await.then(200).json();
        let users = users["items"].as_array().unwrap();
        let emails: BTreeSet<_> =
            users.iter().map(|user| user["email"].as_str().unwrap()).collect();
        assert_eq!(emails.len(), users.len(), "seed {seed}: two users have one address");
        let ids: Vec<&str> =
            users.iter().filter_map(|user| user["fields"]["external_id"].as_str()).collect();
        let once: BTreeSet<_> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "seed {seed}: two users have one external id");
        // The same once more changes nothing, as far as it was taken.
        if refusals(&done).is_empty() && done["warnings"] == 0 {
            let again = service.import_by(key, &csv).await;
            assert_eq!(counts(&again), [0, 0, done["rows"].as_u64().unwrap(), 0], "seed {seed}");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn nobody_moves_whom_nobody_asked_to_move_and_mended_rows_are_matched_as_they_were() {
    let service = Service::start().await;
    service.import("Email,external_id,City\nanna@example.org,A,Lyon\n").await;
    service.import_by("external_id", "external_id,Email\nA,anna@new.example\n").await;
    let old = "external_id,Email,City\nA,anna@example.org,Nice\nB,,Nice\n";
    let only =
        service.import_with(old, "&match_by=external_id&columns=City").await.then(200).json();
    assert_eq!((counts(&only), refusals(&only)), ([0, 1, 0, 1], vec![(3, "email_missing")]));
    assert_eq!(service.user("anna@new").await["fields"]["city"], "Nice");
    let updates = "external_id,City\nA,Oslo\nB,Oslo\n";
    let only = service
        .import_with(updates, "&match_by=external_id&mode=update_only")
        .await
        .then(200)
        .json();
    assert_eq!(refusals(&only), [(3, "user_not_found")]);
    // The rejected file, mended, goes where it went the first time although no column is an e-mail.
    let rejected = format!("/v1/imports/{}/rejected.csv", only["id"].as_str().unwrap());
    let rejected = service.get(&rejected).await.then(200).text();
    let mended = rejected.replace(",B,Oslo", ",A,Bergen");
    assert_ne!(mended, rejected);
    assert_eq!(counts(&service.import(mended).await), [0, 1, 0, 0]);
    assert_eq!(service.user("anna@new").await["fields"]["city"], "Bergen");
    service
        .post_csv("/v1/imports?start=true", "_line,_code,_reason,City\n1,x,y,Oslo\n")
        .await
        .then_problem(422, "email_column_missing");
    service.stop().await;
}
