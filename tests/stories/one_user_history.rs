//! One user's values and events: how each value became what it is, and the events that somebody looks for.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

async fn give(service: &Service, id: &str, fields: Value) {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&json!({ "fields": fields }))).await.then(200);
}

#[tokio::test]
async fn each_value_says_since_when_by_whom_and_what_was_before() {
    let service = Service::start().await;
    let property = json!({ "reference_id": "points", "type": "number", "name": "Points" });
    service.post("/v1/properties", &property).await.then(201);
    service.import("Email,City,Points\nanna@example.org,Lyon,1\n").await;
    let id = service.user_id("anna@").await;
    for points in 2..9 {
        give(&service, &id, json!({ "points": points })).await;
    }
    give(&service, &id, json!({ "city": null })).await;
    let path = format!("/v1/users/{id}/properties");
    let page = service.get(&path).await.then(200).json();
    let [city, points] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&city["property"], &city["value"]), (&json!("city"), &Value::Null));
    let values: Vec<&Value> =
        city["history"].as_array().unwrap().iter().map(|at| &at["value"]).collect();
    assert_eq!(values, [&Value::Null, &json!("Lyon")]);
    let first = &city["history"][1];
    assert_eq!(
        (&first["type"], &first["origin"]),
        (&json!("cohort.user.imported"), &json!("import"))
    );
    assert_eq!((&city["history"][0]["origin"], &city["more"]), (&json!("api"), &json!(false)));
    assert_eq!((&points["name"], &points["type"]), (&json!("Points"), &json!("number")));
    assert_eq!((&points["value"], &points["more"]), (&json!("8"), &json!(true)));
    assert_eq!(points["history"].as_array().unwrap().len(), 5);

    let (mut values, mut cursor) = (String::new(), String::new());
    loop {
        let page = service.get(&format!("{path}/points?limit=3{cursor}")).await.then(200).json();
        for change in page["items"].as_array().unwrap() {
            values += change["value"].as_str().unwrap();
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(values, "87654321");
    service.get(&format!("{path}/shoes")).await.then_problem(422, "property_unknown");
    let asker = service.with_token(&["users:read", "events:read"]).await;
    let page = asker.get(&path).await.then(200).json();
    assert_eq!(
        (&page["items"][1]["value"], &page["items"][1]["state"]),
        (&Value::Null, &json!("withheld"))
    );
    assert_eq!(page["items"][1]["history"][0]["value"], Value::Null);
    let nobody = "00000000-0000-8000-8000-000000000000";
    let path = format!("/v1/users/{nobody}/properties");
    service.get(&path).await.then_problem(404, "user_unknown");
    // Who is removed and made again knows nothing of the life before.
    service.delete(&format!("/v1/users/{id}")).await.then(200);
    service.import("Email,City\nanna@example.org,Nice\n").await;
    let page = service.get(&format!("/v1/users/{id}/properties")).await.then(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    service.stop().await;
}

#[tokio::test]
async fn events_of_a_user_are_found_by_type_and_by_any_word_in_them() {
    let service = Service::start().await;
    service.import_with("Email,City\nanna@example.org,Łódź\n", "&new_list=Hôtel").await.then(200);
    let id = service.user_id("anna@").await;
    for path in
        ["badges/vip", "challenges/spring/join", "challenges/spring/complete", "badges/gold"]
    {
        service.act(&format!("/v1/users/{id}/{path}")).await.then(200);
    }
    let found = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/users/{id}/events?limit=1&{query}{cursor}");
            let page = service.get(&path).await.then(200).json();
            for fact in page["items"].as_array().unwrap() {
                let kind = fact["type"].as_str().unwrap();
                found.push(kind.trim_start_matches("cohort.").to_owned());
            }
            let Some(next) = page["next"].as_str() else { return found.join(" ") };
            cursor = format!("&cursor={next}");
        }
    };
    let all =
        "badge.gained challenge.completed challenge.joined badge.gained list.joined user.imported";
    assert_eq!(found("").await, all);
    let oldest: Vec<&str> = all.split(' ').rev().collect();
    assert_eq!(found("order=oldest").await, oldest.join(" "));
    for (query, expected) in [
        ("type=BadgeGained", "badge.gained badge.gained"),
        ("type=cohort.list.joined&type=UserImported&order=oldest", "user.imported list.joined"),
        ("search=LODZ", "user.imported"),
        ("search=%C5%81%C3%93D", "user.imported"),
        ("search=hotel", "list.joined"),
        ("search=spring", "challenge.completed challenge.joined"),
        ("search=spring&type=ChallengeJoined", "challenge.joined"),
        ("search=badge%20gained&order=oldest", "badge.gained badge.gained"),
        ("search=nothing", ""),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
    let path = format!("/v1/users/{id}/events");
    for (query, status, code) in
        [("type=Rained", 400, "unknown_event_type"), ("order=random", 400, "parameter_invalid")]
    {
        service.get(&format!("{path}?{query}")).await.then_problem(status, code);
    }
    let asker = service.with_token(&["users:read", "events:read"]).await;
    asker.get(&format!("{path}?search=lyon")).await.then_problem(403, "personal_data_required");
    service.stop().await;
}
