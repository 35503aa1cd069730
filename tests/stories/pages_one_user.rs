//! Pages about one user: made, looked at, changed, put on lists, removed; what is refused stays to be mended.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, Service, Visitor};

/// A service with Anna, and her page.
async fn given_anna() -> (Service, String) {
    let service = Service::start().await;
    let csv = "Email,First Name,City,Points\nanna@example.org,Anna,Lyon,7\n";
    service.import(csv).await;
    let id = service.user_id("anna@example.org").await;
    (service, format!("/users/{id}"))
}

#[tokio::test]
async fn a_user_is_made_and_what_was_refused_stays_typed() {
    let (service, _) = given_anna().await;
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    let visitor = Visitor::of(&service);

    let form = visitor.open("/users/new").await.then(200);
    assert!(form.has("form[action='/users/new'] input[name='fields.city']"));
    let typed = [("email", "ANNA@example.org"), ("fields.city", "\"><b>"), ("lists", "spring")];
    let refused = visitor.send("/users/new", &typed).await.then(409);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/email_taken");
    assert_eq!(refused.attribute("input[name=email]", "value"), "ANNA@example.org");
    assert_eq!(refused.attribute("input[name='fields.city']", "value"), "\"><b>");
    assert!(refused.has("input[name=lists][value=spring][checked]"));
    let nobody = visitor.send("/users/new", &[("email", "nobody")]).await.then(422);
    assert_eq!(nobody.attribute("input[name=email]", "aria-invalid"), "true");
    assert!(nobody.has("#fault-email"));

    let typed = [("email", "ben@example.org"), ("fields.city", "Łódź"), ("lists", "spring")];
    let made = visitor.done("/users/new", &typed).await;
    assert_eq!(made.text(".notice"), "The user is there.");
    assert_eq!(made.text("h1"), "ben@example.org");
    assert!(made.text("#lists ~ .rows").starts_with("Spring"));
    assert_eq!(service.user("ben@example.org").await["fields"]["city"], "Łódź");
}

#[tokio::test]
async fn values_are_changed_by_who_has_seen_them_and_their_history_is_told() {
    let (service, home) = given_anna().await;
    let page = format!("{home}/properties");
    let visitor = Visitor::of(&service);

    assert_eq!(visitor.open(&home).await.then(200).text("dl.facts dd"), "Anna");
    let form = visitor.open(&page).await.then(200);
    assert_eq!(form.attribute("input[name='fields.city']", "value"), "Lyon");
    assert_eq!(form.text("details summary"), "City");
    let etag = form.attribute("input[name=etag]", "value");
    let email = ("email", "anna@example.org");
    let changed = [("etag", etag.as_str()), email, ("fields.city", "Paris"), ("fields.lang", "")];
    let changed = visitor.done(&page, &changed).await;
    assert_eq!(changed.text(".notice"), "The changes are saved.");
    assert_eq!(changed.attribute("input[name='fields.city']", "value"), "Paris");
    let history = changed.texts("details ol li > span > bdi");
    assert_eq!(history[..2], ["Paris", "Lyon"]);

    // Somebody who saw it as it was does not undo that, and keeps what was typed.
    let late = [("etag", etag.as_str()), email, ("fields.city", "Nice")];
    let late = visitor.send(&page, &late).await.then(412);
    assert_eq!(late.attribute(".refused a", "href"), "/problems/version_conflict");
    assert_eq!(late.attribute("input[name='fields.city']", "value"), "Nice");
    assert_eq!(service.user("anna").await["fields"]["city"], "Paris");

    // What changes nothing records nothing.
    let etag = changed.attribute("input[name=etag]", "value");
    let same = [("etag", etag.as_str()), email, ("fields.city", "Paris")];
    let same = visitor.done(&page, &same).await;
    assert_eq!(same.text(".notice"), "Nothing was changed.");
    assert_eq!(same.attribute("input[name=etag]", "value"), etag);
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_beside_its_field() {
    let service = Service::start().await;
    let points = json!({ "reference_id": "points", "name": "Points", "type": "number" });
    service.post("/v1/properties", &points).await.then(201);
    let made = service.post("/v1/users", &json!({ "email": "anna@example.org" })).await.then(201);
    let page = format!("/users/{}/properties", made.json()["user_id"].as_str().unwrap());
    let typed = [("email", "anna@example.org"), ("fields.points", "many")];
    let refused = Visitor::of(&service).send(&page, &typed).await.then(422);
    assert_eq!(refused.attribute("[name='fields.points']", "value"), "many");
    assert_eq!(refused.attribute("[name='fields.points']", "aria-invalid"), "true");
    assert!(refused.texts(".fault")[0].starts_with("points:"));
    assert_eq!(refused.count("[aria-invalid]"), 1);
}

#[tokio::test]
async fn lists_are_joined_and_left_and_badges_awarded_and_withdrawn_by_hand() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let acts = format!("{home}/acts");
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    service.post("/v1/badges", &json!({ "id": "vip", "name": "VIP" })).await.then(201);
    service.post("/v1/badges", &json!({ "id": "draft", "name": "Draft" })).await.then(201);
    let publish = service.request(Method::POST, "/v1/badges/vip/publish").header("if-match", "*");
    Answer::of(publish).await.then(200);

    let page = visitor.open(&home).await.then(200);
    assert_eq!(page.texts("select[name=badge] option"), ["Choose…", "VIP"]);
    let joined = visitor.done(&acts, &[("act", "join"), ("list", "spring")]).await;
    assert_eq!(joined.text(".notice"), "The user is on the list.");
    assert_eq!(joined.attribute("input[name=list]", "value"), "spring");
    let awarded = visitor.done(&acts, &[("act", "award"), ("badge", "vip")]).await;
    assert_eq!(awarded.text(".notice"), "The user holds the badge.");
    assert!(awarded.text("#badges ~ .rows").starts_with("VIP"));

    // Every no has its name.
    let draft = visitor.send(&acts, &[("act", "award"), ("badge", "draft")]).await.then(409);
    assert_eq!(draft.attribute(".refused a", "href"), "/problems/badge_not_published");
    let left = visitor.done(&acts, &[("act", "leave"), ("list", "spring")]).await;
    assert!(!left.has("input[name=list]"));
    let again = visitor.send(&acts, &[("act", "leave"), ("list", "spring")]).await.then(409);
    assert_eq!(again.attribute(".refused a", "href"), "/problems/list_not_joined");
    let withdrawn = visitor.done(&acts, &[("act", "withdraw"), ("badge", "vip")]).await;
    assert_eq!(withdrawn.text(".notice"), "The user does not hold the badge any more.");
}

#[tokio::test]
async fn what_happened_is_searched_and_leads_to_why() {
    let (service, home) = given_anna().await;
    let audience = json!({ "id": "lyon", "name": "In Lyon", "conditions": { "groups": [
        { "conditions": [{ "property": "city", "operator": "is", "value": "Lyon" }] }] } });
    service.post("/v1/segments", &audience).await.then(201);
    service.settle().await;
    let visitor = Visitor::of(&service);

    let all = visitor.open(&format!("{home}/activity")).await.then(200);
    assert!(all.count("tbody tr") >= 2, "{}", all.html());
    let entered = visitor.open(&format!("{home}/activity?search=&type=SegmentEntered")).await;
    let entered = visitor.open(entered.then(303).leads_to()).await.then(200);
    assert_eq!(entered.count("tbody tr"), 1);
    assert!(entered.text("tbody tr").contains("In Lyon"));
    assert!(entered.text("tbody td:last-child").starts_with("of how its conditions were defined"));
    let why = visitor.open(&entered.attribute("td a[data-module]", "href")).await.then(200);
    assert!(why.count("ol.causes > li") >= 2, "{}", why.html());
    let none = visitor.open(&format!("{home}/activity?search=no+such+text")).await.then(200);
    assert_eq!(none.text(".empty strong"), "Nothing matches");
    visitor.open(&format!("{home}/activity?type=Nothing")).await.then(400);
}

#[tokio::test]
async fn a_user_is_removed_after_a_question_and_the_page_says_so() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let asked = visitor.open(&format!("{home}/delete")).await.then(200);
    assert_eq!(asked.text("h1"), "Delete this user?");
    assert!(asked.text("main").contains("anna@example.org will be removed."));
    let etag = asked.attribute("input[name=etag]", "value");
    // Somebody changes her in between: nobody removes what they have not seen.
    service.act(&format!("/v1{home}/active")).await.then(200);
    let late = visitor.send(&format!("{home}/delete"), &[("etag", &etag)]).await.then(412);
    let etag = late.attribute("input[name=etag]", "value");

    let done = visitor.done(&format!("{home}/delete"), &[("etag", &etag)]).await;
    assert_eq!(done.text(".notice"), "The user is deleted.");
    let gone = visitor.open(&home).await.then(404);
    assert_eq!(gone.text("h1"), "This user is deleted");
    let past = visitor.open(&format!("{home}/activity")).await.then(200);
    assert!(past.count("tbody tr") >= 2 && !past.has("a[href$='/delete']"));
    // Who never was there is another thing.
    let never = "/users/00000000-0000-8000-8000-000000000000";
    let never = visitor.open(never).await.then(404);
    assert_eq!(never.attribute("main a", "href"), "/problems/user_unknown");
    visitor.open("/users/x%2Fexport.zip").await.then(404);
}

#[tokio::test]
async fn without_rights_nothing_is_offered_and_nothing_personal_shown() {
    let (service, home) = given_anna().await;
    let asker = service.with_token(&["users:read", "events:read"]).await;
    let visitor = Visitor::with(&service, &asker.token);
    let everything = Visitor::of(&service);
    for page in ["", "/properties", "/activity"] {
        let page = visitor.open(&format!("{home}{page}")).await.then(200);
        for secret in ["anna", "Anna", "Lyon"] {
            assert!(!page.html().contains(secret), "{secret} is shown: {}", page.html());
        }
        assert!(!page.has("form[method=post]"));
        assert!(!page.has("a[href$='/delete'], a[href$='export.zip']"));
    }
    let page = everything.open(&home).await.then(200);
    assert!(page.has("a[href$='/delete']") && page.has("a[href$='export.zip']"));
    visitor.send(&format!("{home}/delete"), &[]).await.then(403);
}

#[tokio::test]
async fn columns_are_chosen_moved_and_kept_for_oneself_or_the_team() {
    let (service, _) = given_anna().await;
    let visitor = Visitor::of(&service);
    let shown = |page: &tests::Page| page.attributes("input[name=shown][checked]", "value");

    let page = visitor.open("/users/columns?to=%2Fusers%3Fsort%3Demail").await.then(200);
    assert_eq!(page.attribute("input[name=to]", "value"), "/users?sort=email");
    let order = ["city", "points", "first_name"];
    let typed = |more: &[(&'static str, &'static str)]| {
        let columns = order.iter().map(|name| ("column", *name));
        let ticked = [("shown", "city"), ("shown", "first_name"), ("to", "/users?sort=email")];
        columns.chain(ticked).chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let moved = visitor.send("/users/columns", &typed(&[("up", "first_name")])).await.then(200);
    assert_eq!(
        moved.attributes("input[name=column]", "value")[..3],
        ["city", "first_name", "points"]
    );
    assert_eq!(shown(&moved), ["city", "first_name"]);
    let found = visitor.send("/users/columns", &typed(&[("find", "poi"), ("look", "1")])).await;
    assert_eq!(found.attributes("li:not([hidden]) input[name=column]", "value"), ["points"]);
    assert_eq!(shown(&found), ["city", "first_name"], "what is not found is not forgotten");

    let kept = visitor.done("/users/columns", &typed(&[("save", "mine")])).await;
    assert_eq!(kept.text(".notice"), "The columns are saved.");
    assert_eq!(kept.texts("th")[7..], ["City", "First name"]);
    let elsewhere = visitor.send("/users/columns", &[("save", "mine"), ("to", "//example.org")]);
    assert_eq!(elsewhere.await.then(303).leads_to(), "/users");
    visitor.done("/users/columns", &typed(&[("save", "team")])).await;
    visitor.done("/users/columns", &typed(&[("save", "none")])).await;
    let team = service.get("/v1/table").await.json();
    assert_eq!((&team["from"], &team["effective"][0]), (&json!("team"), &json!("city")));

    // The team's is kept by who may define, and a column that is none is refused by name.
    let asker = service.with_token(&["users:read"]).await;
    let other = Visitor::with(&service, &asker.token);
    assert!(!other.open("/users/columns").await.has("button[value=team]"));
    other.send("/users/columns", &typed(&[("save", "team")])).await.then(403);
    let none = [("column", "none"), ("shown", "none"), ("save", "mine")];
    let none = visitor.send("/users/columns", &none).await.then(422);
    assert_eq!(none.attribute(".refused a", "href"), "/problems/column_unknown");
}
