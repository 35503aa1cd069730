//! What is refused says what can be done about it, in words of the route; and what need not be refused is not.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

#[track_caller]
fn says(problem: &Value, words: &[&str], but: &[&str]) {
    let detail = problem["detail"].as_str().unwrap();
    assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
    assert!(!but.iter().any(|word| detail.contains(word)), "{detail}");
}

#[tokio::test]
async fn a_no_says_what_to_do_where_it_was_said() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    let patch = async |user: &str, body: Value| {
        let request = service.request(Method::PATCH, &format!("/v1/users/{user}"));
        Answer::of(request.json(&body)).await
    };
    patch(&anna, json!({ "email": "anna@new.example" })).await.then(200);
    let taken = patch(&ben, json!({ "email": "anna@example.org" })).await;
    let taken = taken.then_problem(409, "email_taken");
    says(&taken, &[&anna, "another one", "release"], &["row", "import"]);
    let was = service.post("/v1/users", &json!({ "email": "anna@example.org" })).await;
    says(&was.then_problem(409, "email_was_changed"), &["release"], &["row", "import"]);
    let report = service.import("Email\nanna@example.org\n").await;
    let reason = report["rejects"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("send the row") && reason.contains("release it"), "{reason}");

    let list = service.act(&format!("/v1/users/{anna}/lists/nobody")).await;
    says(&list.then_problem(404, "list_unknown"), &["POST /v1/lists"], &["mapping", "new_list"]);
    let list = service.import_with("Email\na@example.org\n", "&list=nobody").await;
    says(&list.then_problem(404, "list_unknown"), &["new_list="], &[]);
    let draft = service.draft("Email\na@example.org\n").await;
    let unchecked = service.get(&format!("{draft}/check?of=differences")).await;
    let unchecked = unchecked.then_problem(409, "import_not_checked");
    says(&unchecked, &["POST /v1/imports/{id}/check"], &[]);
    service.stop().await;
}

#[tokio::test]
async fn if_match_star_changes_whatever_there_is() {
    let service = Service::start().await;
    service.import_with("Email\nanna@example.org\n", "&new_list=Spring").await.then(200);
    let anna = format!("/v1/users/{}", service.user_id("anna@").await);
    let sent = async |method: Method, path: &str, etag: &str, body: Value| {
        let request = service.request(method, path).header("if-match", etag);
        Answer::of(request.json(&body)).await
    };
    let spring = "/v1/lists/spring";
    let named = sent(Method::PUT, spring, "*", json!({ "name": "One" })).await.then(200);
    let etag = named.header("etag").to_owned();
    let other = format!("\"77\", {etag}");
    sent(Method::PUT, spring, &other, json!({ "name": "Two" })).await.then(200);
    let stale = sent(Method::PUT, spring, &other, json!({ "name": "Three" })).await;
    stale.then_problem(412, "version_conflict");
    let fields = json!({ "fields": { "lang": "fr" } });
    sent(Method::PATCH, &anna, "*", fields.clone()).await.then(200);
    sent(Method::PATCH, &anna, "\"9\"", fields).await.then_problem(412, "version_conflict");
    let columns = json!({ "columns": ["lang"] });
    let nothing = sent(Method::PUT, "/v1/table", "*", columns.clone()).await;
    nothing.then_problem(412, "version_conflict"); // there is none to match
    service.put("/v1/table", &columns).await.then(200);
    sent(Method::PUT, "/v1/table", "*", json!({ "columns": [] })).await.then(200);
    sent(Method::DELETE, spring, "*", Value::Null).await.then(204);
    service.stop().await;
}

#[tokio::test]
async fn a_badge_that_never_was_is_no_filter() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let anna = service.user_id("anna@").await;
    let total = async |badge: &str| {
        let path = format!("/v1/users?badge={badge}&settled=true");
        service.get(&path).await.then(200).json()["total"].clone()
    };
    for path in ["/v1/users?badge=nope", "/v1/exports/users.csv?badge=nope"] {
        service.get(path).await.then_problem(404, "badge_unknown");
    }
    let vip = format!("/v1/users/{anna}/badges/vip");
    service.act(&vip).await.then(200);
    assert_eq!(total("vip").await, 1, "by hand, without a definition");
    service.delete(&vip).await.then(200);
    assert_eq!(total("vip").await, 0, "nobody holds it any more");
    service.post("/v1/badges", &json!({ "id": "gold", "name": "Gold" })).await.then(201);
    assert_eq!(total("gold").await, 0, "defined, and nobody's");
    service.stop().await;
}

#[tokio::test]
async fn letters_with_a_stroke_are_found_and_sorted_as_plain_ones() {
    let service = Service::start().await;
    let rows = "Email,First Name,City\na@example.org,Łukasz,Łódź\nb@example.org,Mia,Gießen\n\
                c@example.org,Lara,Køge\nd@example.org,Zoë,Œuilly\n";
    service.import(rows).await;
    let found = async |query: &str| {
        let page = service.get(&format!("/v1/users?{query}&settled=true")).await.then(200).json();
        let users = page["items"].as_array().unwrap().iter();
        users.map(|user| user["email"].as_str().unwrap()[..1].to_owned()).collect::<String>()
    };
    assert_eq!(found("search=lukasz").await, "a");
    assert_eq!(found("search=%C5%81UKASZ").await, "a");
    assert_eq!(found("sort=first_name").await, "cabd");
    assert_eq!(found("sort=city").await, "bcad");
    for (city, of) in [("lodz", "a"), ("Giessen", "b"), ("koge", "c"), ("oeuilly", "d")] {
        assert_eq!(found(&format!("property.city.is={city}")).await, of, "{city}");
    }
    // A column that is called by such a letter stays the one it was.
    let csv = "Email,Größe\na@example.org,180\n";
    service.import(csv).await;
    let again = service.import("Email,große\na@example.org,180\n").await;
    assert_eq!(again["unchanged"], 1, "{again}");
    service.stop().await;
}
