//! Users made by hand, addresses changed by hand, and who gets an address that several want at once.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::{counts, refusals};
use tests::{Answer, Service};

pub(crate) async fn patch(service: &Service, id: &str, body: Value) -> Answer {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&body)).await
}

#[tokio::test]
async fn a_user_is_made_by_hand_once() {
    let service = Service::start().await;
    for (name, kind) in [("points", "number"), ("born", "date")] {
        let property = json!({ "reference_id": name, "type": kind });
        service.post("/v1/properties", &property).await.then(201);
    }
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    let body = json!({ "email": " Léa@Example.org", "lists": ["spring"],
        "fields": { "first_name": "Léa", "points": 7.50, "born": null } });
    let made = service.post("/v1/users", &body).await.then(201);
    let path = made.header("location").to_owned();
    let made = made.json();
    assert_eq!((&made["recorded"], &made["revision"]), (&json!(true), &json!(1)));
    let at = made["position"].as_str().unwrap();
    let user = service.get(&format!("{path}?min_position={at}")).await.then(200).json();
    assert_eq!(user["email"], "Léa@Example.org");
    assert_eq!(user["fields"], json!({ "first_name": "Léa", "points": "7.5" }));
    assert_eq!(user["lists"][0]["list_id"], "spring");
    assert_eq!(user["id"], made["user_id"]);
    let events = service.export("/v1/exports/user-events.csv?type=cohort.user.created").await;
    assert_eq!(events.column("user_email"), ["Léa@Example.org"]);
    assert!(events.column("new")[0].contains("Léa"), "{events:?}");

    let again = json!({ "email": "LÉA@example.org" });
    let taken = service.post("/v1/users", &again).await.then_problem(409, "email_taken");
    assert_eq!(taken["user_id"], user["id"]);
    let asker = service.with_token(&["users:write"]).await;
    let url = format!("{}/v1/users", service.address);
    let request = tests::client().post(url).bearer_auth(&asker.token);
    let taken = Answer::of(request.json(&again)).await.then_problem(409, "email_taken");
    assert!(!taken.to_string().contains(user["id"].as_str().unwrap()), "{taken}");
    for (body, status, code) in [
        (json!({ "email": "nobody" }), 422, "email_invalid"),
        (json!({ "email": "b@example.org", "fields": { "points": "many" } }), 422, "value_invalid"),
        (json!({ "email": "b@example.org", "fields": { "shoes": 43 } }), 422, "property_unknown"),
        (json!({ "email": "b@example.org", "lists": ["winter"] }), 404, "list_unknown"),
        (json!({ "email": "b@example.org", "name": "B" }), 400, "body_invalid"),
        (json!({ "fields": {} }), 400, "body_invalid"),
    ] {
        service.post("/v1/users", &body).await.then_problem(status, code);
    }
    // An import finds the user, and who was removed begins anew.
    let import = service.import("Email,City\nléa@example.org,Lyon\n").await;
    assert_eq!(counts(&import), [0, 1, 0, 0]);
    service.delete(&path).await.then(200);
    let anew = service.post("/v1/users", &again).await.then(201).json();
    assert_eq!(anew["user_id"], user["id"]);
    let at = anew["position"].as_str().unwrap();
    let user = service.get(&format!("{path}?min_position={at}")).await.then(200).json();
    assert_eq!((&user["email"], &user["fields"]), (&json!("LÉA@example.org"), &json!({})));
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

#[tokio::test]
async fn an_address_is_changed_by_hand_and_the_former_one_stays_the_users() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Brest\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    let body = json!({ "email": "Anna@New.example", "fields": { "city": "Nice" } });
    let done = patch(&service, &anna, body.clone()).await.then(200).json();
    assert_eq!((&done["recorded"], &done["revision"]), (&json!(true), &json!(2)));
    assert_eq!(patch(&service, &anna, body).await.then(200).json()["recorded"], false);
    let path = format!("/v1/users/{anna}?min_position={}", done["position"].as_str().unwrap());
    let user = service.get(&path).await.then(200).json();
    assert_eq!(
        (&user["email"], &user["fields"]["city"]),
        (&json!("Anna@New.example"), &json!("Nice"))
    );
    assert_eq!(service.user_id("anna@new").await, anna);

    let moved = service.post("/v1/users", &json!({ "email": "anna@example.org" })).await;
    assert_eq!(moved.then_problem(409, "email_was_changed")["user_id"], json!(anna));
    let moved = service.post("/v1/users", &json!({ "email": "anna@new.example" })).await;
    assert_eq!(moved.then_problem(409, "email_taken")["user_id"], json!(anna));
    for taken in ["anna@example.org", "anna@new.example"] {
        let taken = patch(&service, &ben, json!({ "email": taken })).await;
        assert_eq!(taken.then_problem(409, "email_taken")["user_id"], json!(anna));
    }
    patch(&service, &anna, json!({ "email": "ben@example.org" }))
        .await
        .then_problem(409, "email_taken");
    patch(&service, &anna, json!({ "email": "ben" })).await.then_problem(422, "email_invalid");
    patch(&service, &anna, json!({})).await.then_problem(400, "body_invalid");
    let nobody = "00000000-0000-8000-8000-000000000000";
    patch(&service, nobody, json!({ "email": "c@example.org" }))
        .await
        .then_problem(404, "user_unknown");
    // Whoever has not seen the last change is refused, and the address stays free.
    let stale =
        service.request(Method::PATCH, &format!("/v1/users/{ben}")).header("if-match", "\"7\"");
    let stale = Answer::of(stale.json(&json!({ "email": "ben@new.example" }))).await;
    stale.then_problem(412, "version_conflict");
    service.post("/v1/users", &json!({ "email": "ben@new.example" })).await.then(201);

    // Rows by address follow, and the first one may come back.
    let rows = service.import("Email,City\nanna@new.example,Oslo\nanna@example.org,Rome\n").await;
    assert_eq!(refusals(&rows), [(3, "email_was_changed")]);
    patch(&service, &anna, json!({ "email": "anna@example.org" })).await.then(200);
    let rows = service.import("Email,City\nanna@example.org,Rome\n").await;
    assert_eq!(counts(&rows), [0, 1, 0, 0]);
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

const MOVED: usize = 200;
const ROUNDS: usize = 3;

/// Makes users with the addresses of a round, one after the other; answers their ids by address.
async fn take(service: &Service, round: usize) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for i in 0..MOVED {
        let email = format!("round{round}-{i}@example.org");
        let answer = service.post("/v1/users", &json!({ "email": email })).await;
        if answer.status() == 201 {
            made.insert(email, answer.json()["user_id"].as_str().unwrap().to_owned());
        } else {
            let code = answer.json()["code"].as_str().unwrap().to_owned();
            assert!(["email_taken", "email_was_changed"].contains(&code.as_str()), "{code}");
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_an_import_and_a_hand_want_at_once_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let small = [("import_batch_rows", "3")];
    let service = Service::open(&folder.path().join("data"), None, &small).await;
    let rows: String = (0..MOVED).map(|i| format!("X{i},old{i}@example.org\n")).collect();
    service.import_by("external_id", &format!("external_id,Email\n{rows}")).await;
    let (mut made, mut moved) = (BTreeMap::new(), 0);
    for round in 0..ROUNDS {
        // Both want the same addresses in the same order, a few at a time.
        let row = |i: usize| format!("X{i},round{round}-{i}@example.org\n");
        let moves = format!("external_id,Email\n{}", (0..MOVED).map(row).collect::<String>());
        let (report, by_hand) =
            tokio::join!(service.import_by("external_id", &moves), take(&service, round));
        let [created, updated, unchanged, rejected] = counts(&report);
        assert_eq!(created + updated + unchanged + rejected, MOVED as u64, "{report}");
        assert_eq!((created, unchanged), (0, 0), "{report}");
        assert_eq!(
            by_hand.len() as u64,
            rejected,
            "each is refused for one made by hand: {report}"
        );
        assert!(refusals(&report).iter().all(|(_, code)| *code == "email_taken"), "{report}");
        moved += updated;
        made.extend(by_hand);
    }
    assert!(!made.is_empty() && moved > 0, "nobody raced: {} made, {moved} moved", made.len());

    let page = service.get("/v1/users?limit=1000&settled=true").await.then(200).json();
    let users = page["items"].as_array().unwrap();
    let owners: BTreeMap<&str, &str> = users
        .iter()
        .map(|user| (user["email"].as_str().unwrap(), user["id"].as_str().unwrap()))
        .collect();
    assert_eq!((owners.len(), users.len()), (MOVED + made.len(), MOVED + made.len()));
    assert!(made.iter().all(|(email, id)| owners[email.as_str()] == id));
    // In the log each address was given once.
    let mut given: Vec<String> = Vec::new();
    for kind in ["UserCreated", "UserEmailChanged"] {
        let events = service.export(&format!("/v1/exports/user-events.csv?type={kind}")).await;
        given.extend(events.column("user_email").into_iter().map(str::to_owned));
    }
    let once: BTreeSet<&String> = given.iter().collect();
    assert_eq!((given.len(), once.len()), (MOVED * ROUNDS, MOVED * ROUNDS));
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}
