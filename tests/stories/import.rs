//! Importing users: what is created, updated, unchanged, rejected, and told.

use tests::people;
use tests::service::counts;
use tests::{Answer, Service};

const THREE: &str = "Email,First Name,City\nanna@example.org,Anna,Lyon\nbob@example.org,Bob,\nzoe@example.org,Zoë,Köln\n";

#[tokio::test]
async fn a_file_makes_users_and_again_changes_nothing() {
    let service = Service::start().await;
    assert_eq!(service.import_counts(THREE).await, [3, 0, 0, 0]);
    let facts = service.app.log.head();
    let report = service.import(THREE).await;
    assert_eq!(counts(&report), [0, 0, 3, 0]);
    // Only the facts of the import itself were added: no user has a new one.
    assert_eq!(service.app.log.head().number() - facts.number(), 2);
    let types = service.get("/v1/event-types").await.then(200).json();
    assert_eq!(types["items"][0]["name"], "UserImported");
    assert_eq!(types["items"][0]["events"], 3);
}

#[tokio::test]
async fn filled_cells_override_and_empty_cells_are_skipped() {
    let service = Service::start().await;
    service.import(THREE).await;
    let second = "Courriel;Ville;city\nANNA@example.org;;Paris\nbob@example.org;Brest;\n";
    assert_eq!(service.import_counts(second).await, [0, 2, 0, 0]);
    let anna = service
        .get(&format!("/v1/users/{}", service.user_id("anna@").await))
        .await
        .then(200)
        .json();
    assert_eq!(anna["email"], "anna@example.org", "the first spelling stays");
    assert_eq!(anna["fields"]["city"], "Paris");
    assert_eq!(anna["fields"]["first_name"], "Anna");
    assert!(anna["fields"].get("ville").is_none());
    let bob =
        service.get(&format!("/v1/users/{}", service.user_id("bob@").await)).await.then(200).json();
    assert_eq!(bob["fields"], serde_json::json!({ "first_name": "Bob", "ville": "Brest" }));
}

#[tokio::test]
async fn every_row_is_counted_once_and_every_refusal_has_a_line_and_a_name() {
    let service = Service::start().await;
    let file = "Email,Notes\r\n\r\n\"a@example.org\",\"two\r\nlines\"\r\n,x\r\nnot-an-address,x\r\nb@example.org\r\n\
                c@example.org,x,y\r\nd@example.org,a\0b\r\n";
    let report = service.import(file).await;
    assert_eq!(counts(&report), [1, 0, 0, 5]);
    assert_eq!(report["rows"], 6);
    let rejects: Vec<_> = report["rejects"].as_array().unwrap().iter().collect();
    let told: Vec<(u64, u64, &str, &str)> = rejects
        .iter()
        .map(|row| {
            let column = row["column"].as_str().unwrap_or("-");
            (
                row["line"].as_u64().unwrap(),
                row["row"].as_u64().unwrap(),
                row["code"].as_str().unwrap(),
                column,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (5, 2, "email_missing", "Email"),
            (6, 3, "email_invalid", "Email"),
            (7, 4, "column_count_mismatch", "-"),
            (8, 5, "column_count_mismatch", "-"),
            (9, 6, "control_character", "Notes"),
        ]
    );
}

#[tokio::test]
async fn the_same_address_twice_applies_in_file_order_with_a_warning() {
    let service = Service::start().await;
    let file =
        "email,city,points\na@example.org,Lyon,1\nb@example.org,Nice,1\nA@EXAMPLE.org,Paris,\n";
    let report = service.import(file).await;
    assert_eq!(counts(&report), [2, 1, 0, 0]);
    assert_eq!(report["warnings"], 1);
    assert_eq!(report["warned"][0]["code"], "duplicate_in_file");
    assert_eq!(report["warned"][0]["line"], 4);
    let user = service.get(&format!("/v1/users/{}", service.user_id("a@").await)).await.json();
    assert_eq!(user["fields"], serde_json::json!({ "city": "Paris", "points": "1" }));
    assert_eq!(user["revision"], 1);
}

#[tokio::test]
async fn rows_of_one_address_that_together_change_nothing_write_nothing() {
    let service = Service::start().await;
    service.import("email,city\na@example.org,Lyon\n").await;
    let back_and_forth = "email,city\na@example.org,Paris\na@example.org,Lyon\n";
    assert_eq!(service.import_counts(back_and_forth).await, [0, 0, 2, 0]);
    let away = "email,city\na@example.org,Lyon\na@example.org,Paris\n";
    assert_eq!(service.import_counts(away).await, [0, 1, 1, 0]);
    let user = service.get(&format!("/v1/users/{}", service.user_id("a@").await)).await.json();
    assert_eq!(user["revision"], 1);
}

#[tokio::test]
async fn the_dialect_is_found_and_text_survives_exactly() {
    let service = Service::start().await;
    for (name, file) in [
        ("comma", "\u{feff}Email,Phone\nx@example.org,\" +33 6 \"\"12\"\"\"\n".to_owned()),
        ("semicolon", "Email;Phone\r\ny@example.org;0012\r\n".to_owned()),
        ("tab", "Phone\tEmail\r=1+1\tz@example.org\r".to_owned()),
    ] {
        let report = service.import(file).await;
        assert_eq!(counts(&report), [1, 0, 0, 0], "{name}: {report}");
    }
    let phone = async |email: &str| {
        service.get(&format!("/v1/users/{}", service.user_id(email).await)).await.json()["fields"]["phone"].clone()
    };
    assert_eq!(phone("x@").await, " +33 6 \"12\"");
    assert_eq!(phone("y@").await, "0012");
    assert_eq!(phone("z@").await, "=1+1");
}

#[tokio::test]
async fn columns_takes_only_those_named() {
    let service = Service::start().await;
    let report = service.import_with(THREE, "&columns=City").await.then(200).json();
    assert_eq!(counts(&report), [3, 0, 0, 0]);
    assert_eq!(report["columns"][1]["target"], "ignored");
    let anna = service.get(&format!("/v1/users/{}", service.user_id("anna@").await)).await.json();
    assert_eq!(anna["fields"], serde_json::json!({ "city": "Lyon" }));
}

#[tokio::test]
async fn a_file_with_a_header_only_answers_zeros() {
    let service = Service::start().await;
    let report = service.import("Email,City").await;
    assert_eq!(counts(&report), [0, 0, 0, 0]);
    assert_eq!(report["state"], "completed");
}

#[tokio::test]
async fn without_waiting_the_answer_says_where_to_look() {
    let service = Service::start().await;
    let path = "/v1/imports?start=true&filename=contacts.csv";
    let request =
        service.request(reqwest::Method::POST, path).header("content-type", "text/csv").body(THREE);
    let answer = Answer::of(request).await.then(202);
    let location = answer.header("location").to_owned();
    let report = service.get(&format!("{location}?wait=true")).await.then(200).json();
    assert_eq!(
        (report["state"].as_str(), report["filename"].as_str()),
        (Some("completed"), Some("contacts.csv"))
    );
    assert_eq!(counts(&report), [3, 0, 0, 0]);
    let list = service.get("/v1/imports?limit=1").await.then(200).json();
    assert_eq!(list["items"][0]["id"], report["id"]);
}

#[tokio::test]
async fn imports_run_one_after_another_and_none_is_refused_for_another() {
    let service = Service::start().await;
    let file =
        |name: &str| format!("email,city\nshared@example.org,{name}\n{name}@example.org,{name}\n");
    let imports = ["a", "b", "c", "d"].map(|name| service.import(file(name)));
    let [a, b, c, d] = imports;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let total = [a, b, c, d]
        .iter()
        .map(counts)
        .fold([0; 4], |sum, one| std::array::from_fn(|i| sum[i] + one[i]));
    assert_eq!(total, [5, 3, 0, 0], "five users, and the shared one was changed three times");
}

#[tokio::test]
async fn thousands_of_rows_add_up_to_what_the_generator_knows() {
    let service = Service::start().await;
    let people = people::csv(25_000, 7, 5);
    let report = service.import(people.text.clone()).await;
    let rejected = people.rejected_rows as u64;
    assert!(rejected > 100, "the generator makes faults");
    assert_eq!(counts(&report), [25_000 - rejected, 0, 0, rejected]);
    let facts = service.app.log.head();
    assert_eq!(service.import_counts(people.text).await, [0, 0, 25_000 - rejected, rejected]);
    assert_eq!(
        service.app.log.head().number() - facts.number(),
        4,
        "started, two progress facts, completed"
    );
}

#[tokio::test]
async fn a_header_that_holds_other_delimiters_is_still_split_by_its_own() {
    let service = Service::start().await;
    let file = "Email,\"Interests (sport; music; travel)\",\"a;\"\"b\"\nx@example.org,music,1\n";
    let report = service.import(file).await;
    assert_eq!((counts(&report), report["delimiter"].as_str()), ([1, 0, 0, 0], Some(",")));
    assert_eq!(report["columns"][1]["reference_id"], "interests_sport_music_travel");
}

#[tokio::test]
async fn an_accepted_import_is_finished_though_its_client_has_gone() {
    let service = Service::start().await;
    let people = people::csv(30_000, 8, 0);
    let send = || {
        let request = service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true");
        request
            .header("content-type", "text/csv")
            .header("idempotency-key", "once")
            .body(people.text.clone())
    };
    let impatient =
        tokio::time::timeout(std::time::Duration::from_millis(700), send().send()).await;
    let import = loop {
        let list = service.get("/v1/imports").await.then(200).json();
        match list["items"][0]["id"].as_str() {
            Some(id) => break id.to_owned(),
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    drop(impatient);
    let report = service.get(&format!("/v1/imports/{import}?wait=true")).await.then(200).json();
    assert_eq!((counts(&report), report["state"].as_str()), ([30_000, 0, 0, 0], Some("completed")));
    // The key still names it: sent again, nothing is imported again.
    let again = loop {
        let answer = Answer::of(send()).await;
        match answer.status.as_u16() {
            409 => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            _ => break answer.then(200).json(),
        }
    };
    assert_eq!(again["id"], import.as_str());
    assert_eq!(service.get("/v1/imports").await.json()["items"].as_array().unwrap().len(), 1);
}
