//! What other conditions would do to a segment: told before, and then just that.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Service;

use crate::segments::{change, in_city, kinds, members, segment};

const PEOPLE: &str = "\
Email,City
anna@example.org,Lyon
ben@example.org,Lyon
cleo@example.org,Nice
dora@example.org,Brest
";

async fn preview(service: &Service, body: &Value) -> Value {
    service.post("/v1/segments/preview", body).await.then(200).json()
}

fn moves(preview: &Value) -> [&Value; 4] {
    ["users", "members", "entering", "leaving"].map(|name| &preview[name])
}

#[tokio::test]
async fn who_would_enter_and_leave_is_told_and_then_does() {
    let service = Service::start().await;
    service.import(PEOPLE).await;
    let made = segment(&service, "ours", in_city("Lyon")).await;
    assert_eq!(members(&service, "segment=ours").await.len(), 2);
    // Anna stays, Ben leaves, Cleo and Dora enter.
    let is = |email: &str| json!({ "conditions": [{ "property": "email", "operator": "is", "value": email }] });
    let groups = ["anna@example.org", "cleo@example.org", "dora@example.org"].map(is);
    let conditions = json!({ "groups": groups });
    let asked = json!({ "conditions": conditions, "segment": "ours" });
    let told = preview(&service, &asked).await;
    assert_eq!(moves(&told), [3, 2, 2, 1].map(Value::from).each_ref());
    let same = json!({ "filter": { "property.city.is": "Lyon" }, "segment": "ours" });
    assert_eq!(moves(&preview(&service, &same).await), [2, 2, 0, 0].map(Value::from).each_ref());
    // Of none that there is, nobody enters or leaves it.
    let none = preview(&service, &json!({ "conditions": conditions })).await;
    assert_eq!((&none["users"], moves(&none)[1..].to_vec()), (&json!(3), vec![&Value::Null; 3]));

    let body = json!({ "name": "Ours", "conditions": conditions });
    change(&service, Method::PUT, "/v1/segments/ours", &body, &made).await.then(200);
    let now = members(&service, "segment=ours").await;
    assert_eq!(now, ["anna@example.org", "cleo@example.org", "dora@example.org"]);
    for (email, last) in [("ben@", "cohort.segment.left"), ("dora@", "cohort.segment.entered")] {
        let history = crate::segments::history(&service, email).await;
        assert_eq!(kinds(&history).last(), Some(&last), "{email}");
    }
    assert_eq!(moves(&preview(&service, &asked).await), [3, 3, 0, 0].map(Value::from).each_ref());
}

#[tokio::test]
async fn nobody_is_counted_out_of_a_segment_that_is_still_being_filled() {
    let service = Service::start().await;
    service.import(PEOPLE).await;
    service.app.policies.stop();
    segment(&service, "ours", in_city("Lyon")).await;
    let asked = json!({ "conditions": in_city("Nice"), "segment": "ours" });
    let told = preview(&service, &asked).await;
    assert_eq!((&told["users"], moves(&told)[1..].to_vec()), (&json!(1), vec![&Value::Null; 3]));

    let service = service.restart().await;
    service.get("/v1/segments/ours?settled=true").await.then(200);
    let told = preview(&service, &asked).await;
    assert_eq!(moves(&told), [1, 2, 1, 2].map(Value::from).each_ref());
    // What is no segment is said, and who may not see values asks nothing.
    let of = |segment: &str| json!({ "conditions": in_city("Nice"), "segment": segment });
    let gone = service.post("/v1/segments/preview", &of("gone")).await;
    gone.then_problem(404, "segment_unknown");
    let no_id = service.post("/v1/segments/preview", &of("No Id")).await;
    no_id.then_problem(400, "id_invalid");
    let blind = service.with_token(&["users:read"]).await;
    let blind = blind.post("/v1/segments/preview", &asked).await;
    blind.then_problem(403, "personal_data_required");
    service.stop().await;
}
