//! The pages of challenges: written row by row, published, followed, ended, put away.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Page, Service, Visitor};

use crate::challenges::{change, published, spring};

/// Fields of the form of a challenge with these steps, each a key, an id, a title and an action.
fn typed<'a>(
    name: &'a str,
    steps: &[[&'a str; 4]],
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("name", name)];
    for [key, id, title, action] in steps {
        let names = ["step", "step_id", "step_title", "step_action"];
        fields.extend(names.into_iter().zip([*key, *id, *title, *action]));
    }
    fields.extend(more);
    fields
}

fn titles(page: &Page) -> Vec<String> {
    page.attributes("input[name=step_title]", "value")
}

const LOOK: [&str; 4] = ["0", "", "Look around", "look"];
const SHARE: [&str; 4] = ["1", "", "Share a photo", "share_photo"];

#[tokio::test]
async fn a_challenge_is_written_row_by_row_and_nothing_typed_is_lost() {
    let service = Service::start().await;
    service.post("/v1/lists", &json!({ "id": "fans", "name": "Fans" })).await.then(201);
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/challenges").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no challenges yet");
    let new = visitor.open("/challenges/new").await.then(200);
    assert_eq!(new.texts("#audience option"), ["Everyone", "Fans"]);
    assert_eq!(titles(&new), [""], "one step waits to be filled in");

    // Without scripts, each button shows the form again: nothing is made yet.
    let more = typed("Spring", &[LOOK], &[("audience", "list:fans"), ("add", "step")]);
    let page = visitor.send("/challenges/new", &more).await.then(200);
    assert_eq!(titles(&page), ["Look around", ""]);
    assert_eq!(page.attribute("input[name=name]", "value"), "Spring");
    assert_eq!(page.attribute("#audience option[selected]", "value"), "list:fans");
    assert!(page.has("input[name=step_title][autofocus]"));
    let up = typed("Spring", &[LOOK, SHARE], &[("up", "step1")]);
    let page = visitor.send("/challenges/new", &up).await.then(200);
    assert_eq!(titles(&page), ["Share a photo", "Look around"]);
    let gone = typed("Spring", &[LOOK, SHARE], &[("remove", "step0")]);
    let page = visitor.send("/challenges/new", &gone).await.then(200);
    assert_eq!(titles(&page), ["Share a photo"]);
    assert_eq!(service.get("/v1/challenges").await.json()["items"], json!([]));

    let rest = [
        ("audience", "list:fans"),
        ("opt_in", "true"),
        ("in_order", "true"),
        ("reward", "0"),
        ("reward_kind", "perk"),
        ("reward_id", ""),
        ("reward_name", "Free coffee"),
        ("reward_limit", "100"),
        ("text", "0"),
        ("text_lang", "fr"),
        ("text_title", "Le printemps"),
        ("text_description", ""),
        ("text_opt_in", "J'y vais"),
        ("save", "yes"),
    ];
    let fields = typed("Spring", &[SHARE, LOOK, ["2", "", "", ""]], &rest);
    let page = visitor.done("/challenges/new", &fields).await;
    assert_eq!(page.text("h1"), "Spring");
    assert_eq!(page.text(".tag"), "Draft");
    let made = service.get("/v1/challenges/spring").await.then(200).json();
    assert_eq!(
        made["steps"],
        json!([{ "id": "share_a_photo", "title": "Share a photo", "action": "share_photo" },
            { "id": "look_around", "title": "Look around", "action": "look" }])
    );
    assert_eq!((&made["audience"], &made["in_order"]), (&json!({ "list": "fans" }), &json!(true)));
    assert_eq!(made["rewards"][0]["limit"], 100);
    assert_eq!(made["texts"]["fr"]["opt_in"], "J'y vais");
    assert_eq!(made["texts"]["fr"]["description"], Value::Null);
}

#[tokio::test]
async fn what_is_refused_is_told_beside_the_row_and_what_was_typed_stays() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let nameless = ["1", "", "", "share_photo"];
    let fields = typed("Spring", &[LOOK, nameless], &[("save", "yes")]);
    let refused = visitor.send("/challenges/new", &fields).await.then(400);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "step-title-1");
    assert!(refused.text("#step-title-1-fault").contains("1 to 256 characters"));
    assert_eq!(refused.attribute("#step-action-1", "value"), "share_photo");
    let french = [
        ("text_lang", "French"),
        ("text_title", "Le printemps"),
        ("text_description", ""),
        ("text_opt_in", ""),
        ("save", "yes"),
    ];
    let refused = visitor.send("/challenges/new", &typed("Spring", &[LOOK], &french)).await;
    let refused = refused.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/language_invalid");
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "text-lang-0");
    assert!(refused.text("#text-lang-0-fault").contains("use a code such as en or pt-BR"));
    let text = [
        ("text_lang", "fr"),
        ("text_title", ""),
        ("text_description", "Allez"),
        ("text_opt_in", ""),
        ("reward_kind", "perk"),
        ("reward_id", ""),
        ("reward_name", "Coffee"),
        ("reward_limit", "many"),
        ("save", "yes"),
    ];
    let refused = visitor.send("/challenges/new", &typed("Spring", &[LOOK], &text)).await.then(400);
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "reward-limit-0");
    assert!(
        refused.text("#reward-limit-0-fault").starts_with("a whole number from 0 on is wanted")
    );
    let text = [&text[..7], &[("reward_limit", ""), ("save", "yes")]].concat();
    let refused = visitor.send("/challenges/new", &typed("Spring", &[LOOK], &text)).await.then(400);
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "text-title-0");
    assert_eq!(refused.text("#text-title-0-fault"), "the title in \"fr\" is missing");
    let twice = typed("Spring", &[["0", "a", "A", "a"], ["1", "a", "B", "b"]], &[("save", "yes")]);
    let refused = visitor.send("/challenges/new", &twice).await.then(400);
    assert_eq!(refused.attribute("[aria-invalid]", "id"), "step-id-1");

    // Somebody was faster: what was typed stays, and replaces theirs only once one was told.
    service.post("/v1/challenges", &spring(json!({}))).await.then(201);
    let edit = visitor.open("/challenges/spring/edit").await.then(200);
    assert_eq!(titles(&edit), ["Look around", "Share a photo"]);
    assert_eq!(edit.attributes("input[name=step_id]", "type"), ["hidden"; 2], "ids stay");
    let seen = edit.attribute("input[name=version]", "value");
    let theirs = spring(json!({ "name": "Theirs" }));
    change(&service, Method::PUT, "/v1/challenges/spring", &theirs).await.then(200);
    let save = [("version", seen.as_str()), ("save", "yes")];
    let ours = typed("Ours", &[["0", "look", "Look twice", "look"]], &save);
    let conflict = visitor.send("/challenges/spring/edit", &ours).await.then(412);
    assert_eq!(conflict.attribute(".refused a", "href"), "/problems/version_conflict");
    assert_eq!(titles(&conflict), ["Look twice"]);
    assert_eq!(conflict.attribute("input[name=name]", "value"), "Ours");
    assert!(conflict.text(".warning").contains("Somebody changed this challenge"));
    assert_eq!(service.get("/v1/challenges/spring").await.json()["name"], "Theirs");
    let now = conflict.attribute("input[name=version]", "value");
    let save = [("version", now.as_str()), ("save", "yes")];
    let ours = typed("Ours", &[["0", "look", "Look twice", "look"]], &save);
    visitor.done("/challenges/spring/edit", &ours).await;
    let saved = service.get("/v1/challenges/spring").await.json();
    assert_eq!((&saved["name"], &saved["steps"][0]["id"]), (&json!("Ours"), &json!("look")));
}

#[tokio::test]
async fn the_funnel_says_how_far_everybody_is() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\ncleo@example.org\n").await;
    let coffee = json!([{ "kind": "perk", "id": "coffee", "name": "Free coffee", "limit": 5 }]);
    published(&service, &spring(json!({ "in_order": true, "rewards": coffee }))).await;
    let visitor = Visitor::of(&service);
    let nobody = visitor.open("/challenges/spring").await.then(200);
    assert_eq!(nobody.text(".empty strong"), "Nobody takes part yet");
    let mut users = Vec::new();
    for name in ["anna@", "ben@", "cleo@"] {
        users.push(service.user_id(name).await);
    }
    for user in &users {
        service.act(&format!("/v1/users/{user}/challenges/spring/join")).await.then(200);
    }
    for (user, step) in [(0, "look"), (0, "share"), (1, "look")] {
        let (user, path) = (&users[user], format!("challenges/spring/steps/{step}/complete"));
        service.act(&format!("/v1/users/{user}/{path}")).await.then(200);
    }
    let funnel = service.get("/v1/challenges/spring/funnel?settled=true").await.then(200).json();
    assert_eq!(
        funnel,
        json!({ "joined": 3, "completed": 1, "would_complete": 0,
            "steps": [{ "id": "look", "title": "Look around", "reached": 3, "completed": 2 },
                { "id": "share", "title": "Share a photo", "reached": 2, "completed": 1 }],
            "rewards": [{ "kind": "perk", "id": "coffee", "name": "Free coffee", "limit": 5, "given": 1 }] })
    );
    let page = visitor.open("/challenges/spring").await.then(200);
    let stages = page.texts("[aria-labelledby=funnel-title] tbody th");
    assert_eq!(stages, ["Joined", "Look around", "Share a photo", "Completed"]);
    let cells = page.texts("[aria-labelledby=funnel-title] .table tbody td");
    let rows: Vec<&[String]> = cells.chunks(4).collect();
    let wanted = [
        ["", "", "3", "100 %"],
        ["look", "3", "2", "67 %"],
        ["share_photo", "2", "1", "33 %"],
        ["", "", "1", "33 %"],
    ];
    assert_eq!(rows, wanted);
    let words = "Joined: 3; Look around: 2; Share a photo: 1; Completed: 1";
    assert_eq!(page.attribute("svg.drawn", "aria-label"), words);
    assert_eq!(page.count("svg.drawn rect"), 8);
    assert!(page.html().contains("1 given, limit 5"));
    // Who takes part is a filter of the table of users.
    let users_page = visitor.open(&page.attribute("section .title a", "href")).await.then(200);
    assert_eq!(users_page.count("tbody tr"), 3);

    // Who was removed is not counted; who has done what less asks would complete it.
    service.delete(&format!("/v1/users/{}", users[2])).await.then(200);
    change(&service, Method::POST, "/v1/challenges/spring/end", &Value::Null).await.then(200);
    let mut less = spring(json!({}));
    less["steps"].as_array_mut().unwrap().pop();
    change(&service, Method::PUT, "/v1/challenges/spring", &less).await.then(200);
    let funnel = service.get("/v1/challenges/spring/funnel?settled=true").await.then(200).json();
    assert_eq!((&funnel["joined"], &funnel["would_complete"]), (&json!(2), &json!(1)));
    let page = visitor.open("/challenges/spring").await.then(200);
    assert!(page.text("#publish").contains("1 user has done all that it asks"));
    service.get("/v1/challenges/none/funnel").await.then_problem(404, "challenge_unknown");
    service.get("/v1/challenges/spring/funnel?of=1").await.then_problem(400, "parameter_unknown");
}

#[tokio::test]
async fn publishing_ending_and_archiving_say_what_they_do_before() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    service.post("/v1/lists", &json!({ "id": "fans", "name": "Fans" })).await.then(201);
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/lists/fans")).await.then(200);
    let body = spring(json!({ "audience": { "list": "fans" } }));
    service.post("/v1/challenges", &body).await.then(201);
    service.settle().await;
    let visitor = Visitor::of(&service);

    let draft = visitor.open("/challenges/spring").await.then(200);
    let before = draft.text("#publish");
    assert!(before.contains("The list Fans") && before.contains("That is 1 user now"), "{before}");
    assert!(!draft.has("#end") && draft.has("#archive"));
    let version = [("version", "7")];
    let stale = visitor.send("/challenges/spring/publish", &version).await.then(412);
    assert_eq!(stale.text("h1"), "Spring");
    let version = draft.attribute("#publish input[name=version]", "value");
    let seen = [("version", version.as_str())];
    let page = visitor.done("/challenges/spring/publish", &seen).await;
    assert_eq!(page.text(".notice"), "The challenge is published.");
    assert!(visitor.open("/challenges/spring/edit").await.text(".warning").contains("published"));

    service.act(&format!("/v1/users/{anna}/challenges/spring/join")).await.then(200);
    service.settle().await;
    let page = visitor.open("/challenges/spring").await.then(200);
    assert!(page.text("#end").contains("1 user has joined it, has not completed it"));
    let version = page.attribute("#end input[name=version]", "value");
    let page = visitor.done("/challenges/spring/end", &[("version", version.as_str())]).await;
    assert_eq!(page.text(".actions .tag"), "Ended");
    let version = page.attribute("#archive input[name=version]", "value");
    let page = visitor.done("/challenges/spring/archive", &[("version", version.as_str())]).await;
    assert_eq!(page.text(".actions .tag"), "Archived");
    assert!(!page.has("main form") && !page.has(".actions a"), "nothing more can be done to it");
    let list = visitor.open("/challenges").await.then(200);
    assert_eq!(list.text("details summary"), "1 archived challenge");
}

#[tokio::test]
async fn who_may_not_define_looks_and_is_shown_no_forms() {
    let service = Service::start().await;
    let empty = Visitor::with(&service, &service.with_token(&["users:read"]).await.token);
    let page = empty.open("/challenges").await.then(200);
    assert!(!page.has("a[href='/challenges/new']"));
    service.post("/v1/challenges", &spring(json!({}))).await.then(201);
    let page = empty.open("/challenges/spring").await.then(200);
    assert!(!page.has("main form") && !page.has("a[href$='/edit']"));
    for path in ["/challenges/new", "/challenges/spring/edit"] {
        empty.open(path).await.then(403);
    }
    empty.send("/challenges/spring/publish", &[]).await.then(403);
    let stranger = Visitor::stranger(&service).open("/challenges/spring").await.then(303);
    assert_eq!(stranger.leads_to(), "/sign-in?to=%2Fchallenges%2Fspring");
}
