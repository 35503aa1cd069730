//! What somebody is told who is new here: in plain words, where it went wrong, and what to do instead.

use serde_json::{Value, json};
use tests::{Answer, Service};

use crate::segments::segment;

#[track_caller]
fn says(problem: &Value, words: &[&str]) {
    let detail = problem["detail"].as_str().unwrap();
    assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
    for rust in ["struct", "EOF", "sequence", "invalid type", "expected", " map"] {
        assert!(!detail.contains(rust), "{detail}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_is_wanted_is_told_in_plain_words_and_where() {
    let service = Service::start().await;
    let send = async |path: &str, body: &str| {
        let request = service.request(reqwest::Method::POST, path);
        let request = request.header("content-type", "application/json").body(body.to_owned());
        Answer::of(request).await.then_problem(400, "body_invalid")
    };
    let badge = r#"{"name": "Gold", "texts": {"fr": {"title": 5}}}"#;
    let step =
        r#"{"name": "A", "steps": [{"id": "x", "title": "X", "action": "x"}, ["y", "Y", "y"]]}"#;
    for (path, body, words) in [
        ("/v1/lists", "", &["there is no body", "a JSON object is wanted"][..]),
        ("/v1/lists", "{\"name\":", &["ends in the middle"]),
        ("/v1/lists", "{\"name\": Lyon}", &["is no JSON from line 1, column 10"]),
        (
            "/v1/lists",
            "[\"vip\", \"VIP\"]",
            &["an object is wanted, and this is a list; it takes id, name"],
        ),
        ("/v1/lists", "\"VIP\"", &["an object is wanted, and this is a text"]),
        ("/v1/lists", "{}", &["the member \"name\" is missing; it takes id, name"]),
        ("/v1/lists", "{\"nam\": \"A\"}", &["no member \"nam\" here; it takes id, name"]),
        ("/v1/lists", "{\"name\": 7}", &["/name: a text is wanted, and this is a number"]),
        ("/v1/lists", "{\"name\": \"A\", \"name\": \"B\"}", &["said twice: `name`"]),
        ("/v1/badges", badge, &["/texts/fr/title: a text is wanted, and this is a number"]),
        ("/v1/challenges", step, &["/steps/1: an object is wanted, and this is a list"]),
        ("/v1/exports", "[]", &["an object is wanted, and this is a list"]),
        (
            "/v1/bulk-actions",
            "{\"action\": \"delete\", \"users\": \"x\"}",
            &["/users: a list is wanted, and this is a text"],
        ),
    ] {
        says(&send(path, body).await, words);
    }
    assert_eq!(send("/v1/badges", badge).await["pointer"], "/texts/fr/title");
    service.stop().await;
}

#[tokio::test]
async fn what_can_be_asked_of_a_property_is_told_where_something_else_was() {
    let service = Service::start().await;
    service.import_with("Email,City,VIP\nanna@example.org,Lyon,true\n", "").await.then(200);
    for (name, kind) in [("member", "boolean"), ("points", "number")] {
        let body = json!({ "reference_id": name, "type": kind });
        service.post("/v1/properties", &body).await.then(201);
    }
    let ask = async |condition: Value| {
        let body = json!({ "conditions": { "groups": [{ "conditions": [condition] }] } });
        service.post("/v1/segments/preview", &body).await.then_problem(422, "condition_invalid")
    };
    let no = ask(json!({ "property": "city", "operator": "equals_to", "value": "Lyon" })).await;
    says(
        &no,
        &[
            "group 1, condition 1: there is no operator \"equals_to\"",
            "of a text are is, is_not, contains",
        ],
    );
    let no = ask(json!({ "property": "member", "operator": "is_true", "value": false })).await;
    says(&no, &["is_true takes nothing beside it; its opposite is the operator is_false"]);
    let no = ask(json!({ "event": "ChallengeJoined", "at_most": 0 })).await;
    says(&no, &["who never did it is asked with \"not\": true"]);
    let never = json!({ "event": "ChallengeJoined", "not": true });
    let body = json!({ "conditions": { "groups": [{ "conditions": [never] }] } });
    let users = service.post("/v1/segments/preview", &body).await.then(200).json();
    assert_eq!(users["users"], 1, "what is told to be written instead says it");

    let filter = async |filter: &str, status: u16, code: &str| {
        service.get(&format!("/v1/users?{filter}")).await.then_problem(status, code)
    };
    let no = filter("property.points.more=5", 422, "condition_invalid").await;
    says(&no, &["no operator \"more\"; those of a number are equals, does_not_equal, less_than"]);
    let no = filter("property.points.contains=5", 422, "condition_type_mismatch").await;
    says(&no, &["contains is asked of values of another type than number", "are equals"]);
    let no = filter("property.member.is_true=false", 422, "condition_invalid").await;
    says(&no, &["nothing behind the =, or true", "property.member.is_false=true"]);
    service.get("/v1/users?property.member.is_false=true").await.then(200);
    service.stop().await;
}

#[tokio::test]
async fn what_a_filter_names_and_is_not_there_is_refused_by_name() {
    let service = Service::start().await;
    service
        .import_with("Email\nanna@example.org\n", "&new_list=Customers%20%26%20Co")
        .await
        .then(200);
    let refused = async |filter: &str, status: u16, code: &str| {
        service.get(&format!("/v1/users?{filter}")).await.then_problem(status, code)
    };
    let no = refused("list=Customers%20%26%20Co", 400, "parameter_invalid").await;
    says(&no, &["\"Customers & Co\" has the id \"customers_co\""]);
    says(
        &refused("list=Nobody", 400, "parameter_invalid").await,
        &["an id: 1 to 64 of a-z", "GET /v1/lists tells them"],
    );
    says(&refused("challenge=spring", 404, "challenge_unknown").await, &["nobody ever joined it"]);
    refused("badge=gold", 404, "badge_unknown").await;
    let export = service.get("/v1/exports/users.csv?challenge=spring").await;
    export.then_problem(404, "challenge_unknown");
    // An app has no definition: nobody connected this one.
    assert_eq!(service.get("/v1/users?app=shop").await.then(200).json()["total"], 0);
    // Once somebody joined it, a challenge that nobody defined is there.
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/challenges/spring/join")).await.then(200);
    assert_eq!(
        service.get("/v1/users?challenge=spring&settled=true").await.then(200).json()["total"],
        1
    );
    let draft = json!({ "name": "Summer" });
    service.post("/v1/challenges", &draft).await.then(201);
    assert_eq!(service.get("/v1/users?challenge=summer").await.then(200).json()["total"], 0);
    service.stop().await;
}

#[tokio::test]
async fn a_name_whose_id_is_taken_is_refused_and_says_how_to_go_on() {
    let service = Service::start().await;
    for (path, sort) in [
        ("lists", "list"),
        ("segments", "segment"),
        ("badges", "badge"),
        ("challenges", "challenge"),
    ] {
        let path = format!("/v1/{path}");
        let body = |id: Option<&str>| {
            let mut body = json!({ "name": "Lyon!" });
            if let Some(id) = id {
                body["id"] = json!(id);
            }
            if sort == "segment" {
                let is_set = json!({ "property": "member_since", "operator": "is_set" });
                body["conditions"] = json!({ "groups": [{ "conditions": [is_set] }] });
            }
            body
        };
        service.post(&path, &body(None)).await.then(201);
        let no = service.post(&path, &body(None)).await.then_problem(409, "reference_id_taken");
        says(
            &no,
            &["the id \"lyon\"", &format!("a {sort} \"lyon\" already"), "\"id\": \"lyon_2\""],
        );
        assert_eq!((&no["id"], &no["free_id"]), (&json!("lyon"), &json!("lyon_2")));
        let made = service.post(&path, &body(Some("lyon_2"))).await.then(201).json();
        assert_eq!(made["id"], "lyon_2", "what is told to be sent instead is taken");
    }
    // Names without letters for an id tell nothing apart: those are numbered.
    for id in ["list", "list_2"] {
        let made = service.post("/v1/lists", &json!({ "name": "東京" })).await.then(201).json();
        assert_eq!(made["id"], id);
    }
    service.stop().await;
}

#[tokio::test]
async fn how_many_are_in_a_segment_is_told_once_everybody_was_looked_at() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Lyon\n").await;
    let lyon = |operator: &str| {
        let condition = json!({ "property": "city", "operator": operator, "value": "Lyon" });
        json!({ "groups": [{ "conditions": [condition] }] })
    };
    let sound = |segment: &Value, users: u64| match segment["settled"].as_bool().unwrap() {
        true => assert_eq!(segment["users"], users, "{segment}"),
        false => assert_eq!(segment["users"], Value::Null, "{segment}"),
    };
    sound(&segment(&service, "lyon", lyon("is")).await, 2);
    sound(&service.get("/v1/segments/lyon").await.then(200).json(), 2);
    let settled = service.get("/v1/segments/lyon?settled=true").await.then(200);
    let changed = service.request(reqwest::Method::PUT, "/v1/segments/lyon");
    let changed = changed.header("if-match", settled.header("etag").to_owned());
    let settled = settled.json();
    assert_eq!((&settled["settled"], &settled["users"]), (&json!(true), &json!(2)));
    let body = json!({ "name": "Elsewhere", "conditions": lyon("is_not") });
    sound(&Answer::of(changed.json(&body)).await.then(200).json(), 0);
    // However it is asked for, it never says less than there are.
    for _ in 0..200 {
        let listed = service.get("/v1/segments").await.then(200).json()["items"][0].clone();
        sound(&listed, 0);
        if listed["settled"] == true {
            service.stop().await;
            return;
        }
    }
    panic!("it was never settled");
}

#[tokio::test]
async fn who_is_not_there_is_told_before_what_is_wrong_with_the_rest() {
    let service = Service::start().await;
    service.post("/v1/badges", &json!({ "name": "Gold" })).await.then(201);
    let nobody = "/v1/users/00000000-0000-8000-8000-000000000000";
    service.act(&format!("{nobody}/badges/gold")).await.then_problem(404, "user_unknown");
    service.act(&format!("{nobody}/lists/nothing")).await.then_problem(404, "user_unknown");
    service.import("Email\nanna@example.org\n").await;
    let anna = service.user_id("anna@").await;
    let draft = service.act(&format!("/v1/users/{anna}/badges/gold")).await;
    draft.then_problem(409, "badge_not_published");
    service.act(&format!("/v1/users/{anna}/lists/nothing")).await.then_problem(404, "list_unknown");
    service.stop().await;
}
