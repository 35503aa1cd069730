//! The page of custom properties: made, called otherwise, taken away, and what keeps one.

use serde_json::json;
use tests::{Service, Visitor};

#[tokio::test]
async fn a_property_is_made_renamed_and_taken_away() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/properties").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no custom properties yet");

    let fields = [("name", "City"), ("reference_id", "city"), ("type", "text")];
    let page = visitor.done("/properties", &fields).await.then(200);
    assert_eq!(page.text(".notice"), "The property was made.");
    assert_eq!(page.texts("tbody td"), ["City", "city", "Text"]);

    let one = visitor.open("/properties/city").await.then(200);
    assert_eq!(one.attribute("input[name=name]", "value"), "City");
    let revision = one.attribute("input[name=revision]", "value");
    let fields = [("revision", revision.as_str()), ("name", "Town"), ("reference_id", "town")];
    let page = visitor.done("/properties/city", &fields).await.then(200);
    assert_eq!(page.texts("tbody td"), ["Town", "town", "Text"]);
    // Somebody was faster: what was typed stays, and nothing changes.
    let fields = [("revision", revision.as_str()), ("name", "Place"), ("reference_id", "town")];
    let refused = visitor.send("/properties/city", &fields).await.then(412);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/version_conflict");
    assert_eq!(refused.attribute("input[name=name]", "value"), "Place");
    let stale = visitor.send("/properties/city/remove", &fields).await.then(412);
    assert_eq!(stale.text("h1"), "Town");

    let now = visitor.open("/properties/city").await.attribute("input[name=revision]", "value");
    let page = visitor.done("/properties/city/remove", &[("revision", now.as_str())]).await;
    assert_eq!(page.then(200).text(".notice"), "The property was deleted.");
    assert_eq!(service.get("/v1/properties").await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_is_refused_is_told_and_what_is_needed_stays() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let fields = [("name", "City"), ("reference_id", "City of birth"), ("type", "text")];
    let refused = visitor.send("/properties", &fields).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/reference_id_invalid");
    assert_eq!(refused.attribute("input[name=reference_id]", "value"), "City of birth");

    let city = json!({ "reference_id": "city", "type": "text" });
    service.post("/v1/properties", &city).await.then(201);
    let lyon = json!({ "property": "city", "operator": "is", "value": "Lyon" });
    let lyon = json!({ "id": "lyon", "name": "In Lyon", "conditions": { "groups": [{ "conditions": [lyon] }] } });
    service.post("/v1/segments", &lyon).await.then(201);
    let kept = visitor.send("/properties/city/remove", &[]).await.then(409);
    assert_eq!(kept.attribute(".refused a", "href"), "/problems/property_in_use");
    assert!(kept.text(".refused").contains("lyon"), "{}", kept.text(".refused"));

    let asker = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &asker.token);
    let page = looking.open("/properties").await.then(200);
    assert!(!page.has("main form") && !page.has("tbody a"));
    looking.send("/properties", &fields).await.then(403);
    visitor.open("/properties/nothing").await.then(404);
}
