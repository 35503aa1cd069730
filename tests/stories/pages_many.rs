//! One thing done to many users from the table: chosen, looked at beforehand, begun once, watched, taken back.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Page, Service, Visitor};

async fn given_people() -> Service {
    let service = Service::start().await;
    let csv = "Email,City\nanna@example.org,Lyon\nben@example.org,Lyon\ncleo@example.org,Nice\n";
    service.import(csv).await;
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    service
}

/// The hidden fields of the form of the next step, as a browser sends them.
fn carried(page: &Page, form: &str) -> Vec<(String, String)> {
    let hidden = format!("{form} input[type=hidden]");
    let names = page.attributes(&hidden, "name");
    names.into_iter().zip(page.attributes(&hidden, "value")).collect()
}

/// Presses a button of the form that a page shows, with these fields beside those it carries.
async fn press(visitor: &Visitor, page: &Page, more: &[(&str, &str)]) -> Page {
    let carried = carried(page, "form[action='/users/many']");
    let carried = carried.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<(&str, &str)> = carried.chain(more.iter().copied()).collect();
    visitor.send("/users/many", &fields).await
}

/// The page of a bulk action, once it has ended.
async fn ended(service: &Service, visitor: &Visitor, path: &str) -> Page {
    service.get(&format!("/v1{path}?wait=true")).await.then(200);
    visitor.open(path).await.then(200)
}

#[tokio::test]
async fn who_is_ticked_is_put_on_a_list_after_a_look_and_taken_off_again() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users?sort=email").await.then(200);
    let users = table.attributes("input[name=users]", "value");
    assert_eq!(table.attribute("input[name=users]", "aria-label"), "Tick anna@example.org");

    let ticked = [("users", users[0].as_str()), ("users", users[1].as_str()), ("whom", "ticked")];
    let choice = press(&visitor, &table, &ticked).await.then(200);
    assert_eq!(choice.text("h1"), "With 2 users");
    let asked = [("action", "join_list"), ("to_join", "spring"), ("step", "look")];
    let look = press(&visitor, &choice, &asked).await.then(200);
    assert_eq!(look.text("#would"), "Add to the list Spring");
    assert_eq!(look.text("dd.matched"), "2");
    assert_eq!(look.text("dd.changed"), "2");
    let mut samples = look.texts("details li"); // by their ids, which no two services give alike
    samples.sort();
    assert_eq!(samples, ["anna@example.org", "ben@example.org"]);
    assert_eq!(service.get("/v1/lists/spring").await.json()["users"], 0, "nothing is done yet");

    let begun = press(&visitor, &look, &[("step", "begin")]).await.then(303);
    let path = begun.leads_to().to_owned();
    // Pressed twice, it is done once.
    let again = press(&visitor, &look, &[("step", "begin")]).await.then(303);
    assert_eq!(again.leads_to(), path);
    let done = ended(&service, &visitor, &path).await;
    assert_eq!(done.text(".tag"), "Done");
    assert_eq!(done.text("[data-of=changed]"), "2");
    assert!(!done.has("[data-watch]") && !done.has("form[action$='/cancel']"));
    assert_eq!(service.get("/v1/lists/spring").await.json()["users"], 2);

    // Somebody leaves by hand: what was changed since stays.
    service.delete(&format!("/v1/users/{}/lists/spring", users[0])).await.then(200);
    let undo = visitor.open(&done.attribute("a[href$='/undo']", "href")).await.then(200);
    let counts = (undo.text("dd.restored"), undo.text("dd.kept"));
    assert_eq!(counts, ("1".to_owned(), "1".to_owned()), "{}", undo.html());
    let undone = visitor.send(&format!("{path}/undo"), &[]).await.then(303);
    assert_eq!(undone.leads_to(), path);
    let undone = ended(&service, &visitor, &path).await;
    assert_eq!(undone.text(".tag"), "Taken back");
    assert_eq!(service.get("/v1/lists/spring").await.json()["users"], 0);
    let again = visitor.open(&format!("{path}/undo")).await.then(409);
    assert_eq!(again.attribute(".refused a", "href"), "/problems/bulk_action_not_revertible");
    let ended = visitor.send(&format!("{path}/cancel"), &[]).await.then(409);
    assert_eq!(ended.attribute(".refused a", "href"), "/problems/bulk_action_already_ended");
}

#[tokio::test]
async fn all_who_match_the_filters_are_meant_by_the_filters() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users?property.city.is=Lyon").await.then(200);
    assert_eq!(table.text("button[value=all]"), "With all 2 users that match…");
    let choice = press(&visitor, &table, &[("whom", "all")]).await.then(200);
    let asked =
        [("action", "set_property"), ("to_set", "city"), ("value", "Paris"), ("step", "look")];
    let look = press(&visitor, &choice, &asked).await.then(200);
    assert_eq!(look.text("#would"), "Set the property City Paris");
    assert_eq!(look.text("dd.matched"), "2");
    let begun = press(&visitor, &look, &[("step", "begin")]).await.then(303);
    ended(&service, &visitor, begun.leads_to()).await;
    let paris = service.get("/v1/users?property.city.is=Paris&count=only").await.json();
    assert_eq!(paris["total"], 2);
}

#[tokio::test]
async fn words_beside_those_of_a_view_are_all_searched_for() {
    let service = given_people().await;
    service
        .post("/v1/views", &json!({ "name": "An", "filter": { "search": "an" } }))
        .await
        .then(201);
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users?view=an&search=example").await.then(200);
    assert_eq!(table.text("button[value=all]"), "With the 1 user that matches…");
    let choice = press(&visitor, &table, &[("whom", "all")]).await.then(200);
    let asked = [("action", "join_list"), ("to_join", "spring"), ("step", "look")];
    let look = press(&visitor, &choice, &asked).await.then(200);
    assert_eq!(look.text("dd.matched"), "1", "anna, and neither all nor nobody");
}

#[tokio::test]
async fn a_choice_that_is_refused_stays_and_nothing_is_done() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users").await.then(200);
    let nobody = press(&visitor, &table, &[("whom", "ticked")]).await.then(200);
    assert_eq!(nobody.text("h1"), "No user is chosen");
    let asked = [("action", "join_list"), ("to_join", "spring"), ("step", "look")];
    let refused = press(&visitor, &nobody, &asked).await.then(400);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");

    let all = press(&visitor, &table, &[("whom", "all")]).await.then(200);
    let gone = [("action", "leave_list"), ("to_leave", "gone"), ("step", "look")];
    let refused = press(&visitor, &all, &gone).await.then(404);
    assert!(refused.has("input[value=leave_list][checked]"));
    assert_eq!(refused.attribute("input[name=whom]", "value"), "all");
    let bulk = service.get("/v1/bulk-actions").await.json();
    assert_eq!(bulk["items"], json!([]));
}

#[tokio::test]
async fn what_is_filled_alone_is_meant_and_the_way_back_keeps_the_filters() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let there = "/users?property.city.is=Lyon&sort=email";
    let table = visitor.open(there).await.then(200);
    let ticked = table.attribute("input[name=users]", "value");
    for whom in [vec![("whom", "all")], vec![("whom", "ticked"), ("users", ticked.as_str())]] {
        let choice = press(&visitor, &table, &whom).await.then(200);
        assert_eq!(choice.attributes("a[href^='/users?']", "href"), [there, there]);
        // A browser sends the other fields too, empty.
        let asked = [("to_join", "spring"), ("to_leave", ""), ("to_set", ""), ("value", "")];
        let look = press(&visitor, &choice, &[&asked[..], &[("step", "look")]].concat()).await;
        let look = look.then(200);
        assert_eq!(look.text("#would"), "Add to the list Spring");
        assert_eq!(look.attribute("input[name=action]", "value"), "join_list");
        let else_ = press(&visitor, &look, &[("step", "choose")]).await.then(200);
        assert_eq!(else_.attributes("a[href^='/users?']", "href"), [there, there]);
    }
    let choice = press(&visitor, &table, &[("whom", "all")]).await.then(200);
    let both = [("to_join", "spring"), ("to_set", "city"), ("step", "look")];
    for unclear in [&both[..], &[("step", "look")]] {
        let refused = press(&visitor, &choice, unclear).await.then(400);
        assert!(refused.text(".refused").contains("Choose what should be done."));
    }
    let which = [("action", "join_list"), ("to_join", ""), ("step", "look")];
    let which = press(&visitor, &choice, &which).await.then(400);
    assert!(which.text(".refused").contains("Choose with which"));
    let elsewhere = [("whom", "all"), ("to", "//example.org")];
    let elsewhere = visitor.send("/users/many", &elsewhere).await.then(200);
    assert_eq!(elsewhere.attribute(".dialog-foot a", "href"), "/users");
}

#[tokio::test]
async fn whom_it_was_about_is_told_in_words() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    let join = |of: &str, whom: Value| json!({ "action": "join_list", "list": "spring", of: whom });
    let act = async |asked: Value| {
        let done = service.post("/v1/bulk-actions?wait=true", &asked).await.then(200).json();
        format!("/bulk-actions/{}", done["id"].as_str().unwrap())
    };
    let lyon = json!({ "property.city.is": "Lyon", "list": "spring" });
    let named = act(join("users", json!([anna, ben]))).await;
    let filtered = act(join("filter", lyon)).await;
    let everybody = act(join("filter", json!({}))).await;
    let chosen = async |visitor: &Visitor, path: &str| {
        let page = visitor.open(path).await.then(200);
        (page.text("dd.chosen"), page.texts("dd.chosen li"))
    };
    let (said, mut who) = chosen(&visitor, &named).await;
    who.sort();
    assert!(said.starts_with("2 users, one by one"), "{said}");
    assert_eq!(who, ["anna@example.org", "ben@example.org"]);
    let (_, words) = chosen(&visitor, &filtered).await;
    assert_eq!(words, ["List: Spring", "City is Lyon"]);
    assert!(chosen(&visitor, &everybody).await.0.starts_with("everybody"));

    // Whose values may not be seen is told neither here nor by a page.
    let blind = service.with_token(&["users:read", "users:write"]).await;
    let blind = Visitor::with(&service, &blind.token);
    assert_eq!(chosen(&blind, &named).await, ("2 users, one by one".to_owned(), Vec::new()));
    let (_, words) = chosen(&blind, &filtered).await;
    assert_eq!(words, ["List: Spring", "City is withheld"]);
}

#[tokio::test]
async fn values_are_shown_as_they_are_and_as_they_would_be() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let choice = visitor.send("/users/many", &[("whom", "all")]).await.then(200);
    let asked =
        [("action", "set_property"), ("to_set", "city"), ("value", "Nice"), ("step", "look")];
    let look = press(&visitor, &choice, &asked).await.then(200);
    let mut who = look.texts("tbody th");
    who.sort();
    assert_eq!(who, ["anna@example.org", "ben@example.org"], "Cleo is in Nice already");
    assert_eq!(look.texts("tbody td"), ["Lyon", "Nice", "Lyon", "Nice"]);
    let taken = [("action", "set_property"), ("to_set", "city"), ("value", ""), ("step", "look")];
    let look = press(&visitor, &choice, &taken).await.then(200);
    assert_eq!(look.texts("tbody td")[1], "No value");
    let join = [("action", "join_list"), ("to_join", "spring"), ("step", "look")];
    assert!(!press(&visitor, &choice, &join).await.then(200).has("tbody"));
}

#[tokio::test]
async fn who_may_only_look_is_offered_nothing_to_do() {
    let service = given_people().await;
    let asker = service.with_token(&["users:read", "personal:read"]).await;
    let visitor = Visitor::with(&service, &asker.token);
    let table = visitor.open("/users").await.then(200);
    assert!(!table.has("input[name=users]") && !table.has("form[action='/users/many']"));
    let all = [("whom", "all"), ("action", "delete"), ("step", "begin")];
    visitor.send("/users/many", &all).await.then(403);
    visitor.open("/users/new").await.then(403);
    visitor.open("/bulk-actions").await.then(403);
    assert_eq!(service.get("/v1/totals").await.json()["users"], 3);
}

#[tokio::test]
async fn what_was_done_to_many_is_found_again() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users").await.then(200);
    let all = table.attribute("a[href='/bulk-actions']", "href");
    let empty = visitor.open(&all).await.then(200);
    assert!(!empty.has("table") && empty.has("a[href='/users']"), "{}", empty.html());
    for asked in [
        json!({ "action": "join_list", "list": "spring", "filter": {} }),
        json!({ "action": "set_property", "property": "city", "value": null, "filter": {} }),
    ] {
        service.post("/v1/bulk-actions?wait=true", &asked).await.then(200);
    }
    let listed = visitor.open(&all).await.then(200);
    let deeds = listed.texts("tbody a");
    assert_eq!(deeds, ["Take away the value of City", "Add to the list Spring"], "newest first");
    let first = visitor.open(&listed.attribute("tbody a", "href")).await.then(200);
    assert_eq!(first.text("h1"), deeds[0]);
    assert!(first.has("a[href='/bulk-actions']"), "and the way back");
}

#[tokio::test]
async fn what_nobody_can_be_given_is_not_offered() {
    let service = given_people().await;
    for (name, publish) in [("Guest", true), ("Unborn", false)] {
        let made = service.post("/v1/badges", &json!({ "name": name })).await.then(201).json();
        if publish {
            let path = format!("/v1/badges/{}/publish", made["id"].as_str().unwrap());
            let publish = service.request(Method::POST, &path).header("if-match", "*");
            Answer::of(publish).await.then(200);
        }
    }
    let visitor = Visitor::of(&service);
    let choice = visitor.send("/users/many", &[("whom", "all")]).await.then(200);
    assert_eq!(choice.texts("select[name=to_gain] option"), ["Choose…", "Guest"]);
}
