//! The pages of badges: made as drafts, published and archived after what comes of it was told, and their holders found.

use serde_json::json;
use tests::{Service, Visitor};

use crate::segments::{in_city, members, segment};

const PEOPLE: &str = "\
Email,City
anna@example.org,Lyon
ben@example.org,Lyon
cleo@example.org,Nice
";

async fn given_people() -> Service {
    let service = Service::start().await;
    service.import_with(PEOPLE, "&new_list=Spring").await.then(200);
    segment(&service, "lyon", in_city("Lyon")).await;
    service.get("/v1/segments/lyon?settled=true").await.then(200);
    service
}

const LOCAL: [(&str, &str); 9] = [
    ("name", "Local"),
    ("audience", "segment:lyon"),
    ("visibility", "owners"),
    ("visual", "https://example.org/local.svg"),
    ("text-0-lang", "fr"),
    ("text-0-title", "D'ici"),
    ("text-0-description", "Pour\r\nLyon"),
    ("text-1-lang", ""),
    ("do", "save"),
];

#[tokio::test]
async fn a_badge_is_made_published_and_archived_and_each_says_what_comes_of_it() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/badges").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no badges yet");
    let page = visitor.open("/badges/new").await.then(200);
    let offered = page.attributes("select[name=audience] option", "value");
    assert_eq!(offered, ["", "list:spring", "segment:lyon"]);

    let page = visitor.done("/badges/new", &LOCAL).await;
    assert_eq!(page.text(".title"), "Local Draft");
    assert!(page.text(".notice").contains("a draft"));
    let made = service.get("/v1/badges/local").await.then(200).json();
    assert_eq!(
        made["texts"],
        json!({ "fr": { "title": "D'ici", "description": "Pour\nLyon", "locked_description": null } })
    );
    assert_eq!((&made["visibility"], &made["visual"]), (&json!("owners"), &json!(LOCAL[3].1)));
    assert!(
        page.text("#publish")
            .contains("2 users hold it then (Who is in the segment: Segment lyon).")
    );
    let revision = page.attribute("#publish input[name=revision]", "value");
    let page = visitor.done("/badges/local/publish", &[("revision", revision.as_str())]).await;
    assert_eq!(page.text(".title"), "Local Published");
    assert!(!page.has("#publish"));
    assert_eq!(members(&service, "badge=local").await, ["anna@example.org", "ben@example.org"]);
    let table = visitor.open("/badges").await.then(200);
    let cells = table.texts("tbody th, tbody td");
    assert_eq!(
        cells[..4],
        ["Local", "Published", "Who is in the segment: Segment lyon", "2 users"]
    );
    assert_eq!(table.attributes("tbody a", "href")[1], "/users?badge=local");

    // Seen as it is no more: nothing happens.
    let stale =
        visitor.send("/badges/local/archive", &[("revision", revision.as_str())]).await.then(412);
    assert_eq!(stale.text(".title"), "Local Published");
    let page = visitor.open("/badges/local").await.then(200);
    assert!(page.text("#archive").contains("2 users lose it at once."));
    let revision = page.attribute("#archive input[name=revision]", "value");
    let page = visitor.done("/badges/local/archive", &[("revision", revision.as_str())]).await;
    assert_eq!(page.text(".title"), "Local Archived");
    assert_eq!(members(&service, "badge=local").await, [""; 0]);
    visitor.done("/badges/local/publish", &[]).await;
    assert_eq!(members(&service, "badge=local").await.len(), 2, "it can be published again");
}

#[tokio::test]
async fn nobody_is_told_that_nobody_holds_a_badge_while_its_holders_are_counted() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let draft = visitor.done("/badges/new", &LOCAL).await;
    assert_eq!(draft.text("#holders"), "0 users", "nobody is looked at for a draft");
    // Nothing follows yet.
    service.app.policies.stop();
    let page = visitor.done("/badges/local/publish", &[]).await;
    assert_eq!(page.text("#holders[role=status][data-module=again]"), "being counted Look again");
    assert_eq!(page.attribute("#holders a", "href"), "/badges/local");
    assert!(page.text("#archive").contains("Whoever holds it loses it at once."));
    let mut fields = LOCAL.to_vec();
    fields[1].1 = "list:spring";
    let page = visitor.send("/badges/local", &fields).await.then(200);
    assert!(page.text("#sure").contains("It is still being counted who holds it now."));
    let table = visitor.open("/badges").await.then(200);
    assert_eq!(table.text("#badges[data-module=again] [role=status]"), "being counted");
    assert_eq!(table.attributes("#badges td a", "href"), ["/badges"]);
    let told = service.get("/v1/badges/local").await.then(200).json();
    assert_eq!((&told["settled"], &told["users"]), (&json!(false), &json!(0)));

    let service = service.restart().await;
    let visitor = Visitor::of(&service);
    assert_eq!(members(&service, "badge=local").await.len(), 2);
    let page = visitor.open("/badges/local").await.then(200);
    assert_eq!(page.text("#holders[role=status]"), "2 users");
    assert!(!page.has("[data-module=again]"));
    let table = visitor.open("/badges").await.then(200);
    assert!(!table.has("[data-module=again]") && table.text("#badges td.number") == "2 users");
    let told = service.get("/v1/badges").await.then(200).json();
    assert_eq!(
        (&told["items"][0]["settled"], &told["items"][0]["users"]),
        (&json!(true), &json!(2))
    );

    // It is not settled either while the segment it follows is being filled anew, and so is no segment that asks about that.
    let asks = json!({ "groups": [{ "conditions": [{ "segment": "lyon" }] }] });
    let near = json!({ "name": "Near", "conditions": asks });
    service.post("/v1/segments", &near).await.then(201);
    let asks = json!({ "groups": [{ "conditions": [{ "segment": "near" }] }] });
    let nearer = json!({ "name": "Nearer", "conditions": asks });
    service.post("/v1/segments", &nearer).await.then(201);
    for of in ["near", "nearer"] {
        let path = format!("/v1/segments/{of}?settled=true");
        let told = service.get(&path).await.then(200).json();
        assert_eq!((&told["settled"], &told["users"]), (&json!(true), &json!(2)), "{of}");
    }
    service.app.policies.stop();
    let lyon = service.get("/v1/segments/lyon").await.json();
    let body = json!({ "name": "Nice", "conditions": in_city("Nice") });
    let put = reqwest::Method::PUT;
    crate::segments::change(&service, put, "/v1/segments/lyon", &body, &lyon).await.then(200);
    assert_eq!(service.get("/v1/badges/local").await.json()["settled"], false);
    for of in ["near", "nearer"] {
        let told = service.get(&format!("/v1/segments/{of}")).await.json();
        assert_eq!((&told["settled"], &told["users"]), (&json!(false), &json!(null)), "{of}");
    }
    let service = service.restart().await;
    assert_eq!(members(&service, "badge=local").await, ["cleo@example.org"]);
    assert_eq!(service.get("/v1/badges/local").await.json()["settled"], true);
    service.stop().await;
}

#[tokio::test]
async fn who_else_would_hold_a_badge_is_told_before_it_is_saved() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    visitor.done("/badges/new", &LOCAL).await;
    visitor.done("/badges/local/publish", &[]).await;
    assert_eq!(members(&service, "badge=local").await.len(), 2);
    let typed =
        visitor.open("/badges/local").await.attribute("form.card input[name=revision]", "value");
    let mut fields = LOCAL.to_vec();
    fields[1].1 = "list:spring";
    fields.push(("revision", typed.as_str()));
    let page = visitor.send("/badges/local", &fields).await.then(200);
    let told = page.text("#sure");
    assert!(
        told.contains("2 users hold it now.") && told.contains("3 users hold it then"),
        "{told}"
    );
    assert_eq!(page.text("select[name=audience] option[selected]"), "Spring");
    assert_eq!(members(&service, "badge=local").await.len(), 2, "nothing was changed yet");
    fields.push(("sure", "list:spring"));
    visitor.done("/badges/local", &fields).await;
    assert_eq!(members(&service, "badge=local").await.len(), 3);

    // By hand: that it was agreed to the list says nothing about that.
    let mut by_hand = fields.clone();
    by_hand[1].1 = "";
    by_hand.retain(|(name, _)| *name != "revision");
    let page = visitor.send("/badges/local", &by_hand).await.then(200);
    assert!(page.text("#sure").contains("Who holds it keeps it."));
    by_hand.retain(|(name, _)| *name != "sure");
    by_hand.push(("sure", ""));
    visitor.done("/badges/local", &by_hand).await;
    assert_eq!(members(&service, "badge=local").await.len(), 3);
    assert_eq!(service.get("/v1/badges/local").await.json()["audience"], json!(null));
}

#[tokio::test]
async fn what_is_refused_stays_typed_and_who_only_looks_sees_no_form() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let mut fields = LOCAL.to_vec();
    fields[7].1 = "fr";
    fields.push(("text-1-title", "Encore"));
    let twice = visitor.send("/badges/new", &fields).await.then(400);
    assert!(twice.text(".refused").contains("\"fr\" stands twice"));
    assert_eq!(twice.attribute("input[name=text-1-title]", "value"), "Encore");
    fields[7].1 = "en";
    fields[8].1 = "language";
    let more = visitor.send("/badges/new", &fields).await.then(200);
    assert_eq!(more.count("fieldset.group"), 3);
    assert!(more.has("#text-2-lang[autofocus]"));
    assert_eq!(service.get("/v1/badges").await.json()["items"], json!([]), "nothing was saved");

    // A language is named by its code, and which is none is told where it stands.
    fields[7].1 = "English";
    fields[8].1 = "save";
    let named = visitor.send("/badges/new", &fields).await.then(422);
    assert_eq!(named.attribute(".refused a", "href"), "/problems/language_invalid");
    let why = "\"English\" is no code of a language; use a code such as en or pt-BR";
    assert_eq!(named.text("#text-1-lang-fault"), why);
    assert_eq!(named.attributes("[aria-invalid]", "name"), ["text-1-lang"]);
    assert_eq!(named.attribute("input[name=text-1-title]", "value"), "Encore");
    fields[7].1 = "";
    let missing = visitor.send("/badges/new", &fields).await.then(422);
    assert!(missing.text("#text-1-lang-fault").starts_with("the language is missing"));

    visitor.done("/badges/new", &LOCAL).await;
    let again = with_id(&LOCAL, "local");
    let taken = visitor.send("/badges/new", &again).await.then(409);
    assert_eq!(taken.attribute(".refused a", "href"), "/problems/reference_id_taken");
    let late = [&LOCAL[..], &[("revision", "99")]].concat();
    let late = visitor.send("/badges/local", &late).await.then(412);
    assert_eq!(late.attribute(".refused a", "href"), "/problems/version_conflict");
    assert_eq!(late.text("textarea[name=text-0-description]"), "Pour Lyon");

    let asker = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &asker.token);
    let page = looking.open("/badges/local").await.then(200);
    assert!(!page.has("main form") && page.text("main").contains("D'ici"));
    assert!(!looking.open("/badges").await.then(200).has(".title a"));
    looking.open("/badges/new").await.then(403);
    looking.send("/badges/local", &LOCAL).await.then(403);
    looking.send("/badges/local/publish", &[]).await.then(403);
    visitor.open("/badges/nothing").await.then(404);
}

fn with_id<'a>(fields: &[(&'a str, &'a str)], id: &'a str) -> Vec<(&'a str, &'a str)> {
    [fields, &[("id", id)]].concat()
}

#[tokio::test]
async fn a_badge_whose_list_is_gone_says_so_when_it_is_published() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let mut fields = LOCAL.to_vec();
    fields[1].1 = "list:spring";
    visitor.done("/badges/new", &fields).await;
    let removed =
        service.request(reqwest::Method::DELETE, "/v1/lists/spring").header("if-match", "*");
    tests::Answer::of(removed).await.then(204);
    let page = visitor.open("/badges/local").await.then(200);
    assert_eq!(page.attribute("select[name=audience] option[selected]", "value"), "list:spring");
    let kept = visitor.send("/badges/local/publish", &[]).await.then(409);
    assert_eq!(kept.attribute(".refused a", "href"), "/problems/audience_gone");
    assert_eq!(kept.text(".title"), "Local Draft");
}

#[tokio::test]
async fn a_text_that_is_missing_is_told_with_its_language_at_its_field() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let with = |lang: &'static str, more: (&'static str, &'static str)| {
        let mut fields = LOCAL.to_vec();
        fields[7].1 = lang;
        fields.push(more);
        fields
    };
    let described = ("text-1-description", "For Lyon");
    let refused = visitor.send("/badges/new", &with("en", described)).await.then(400);
    assert_eq!(refused.text("#text-1-title-fault"), "the title in \"en\" is missing");
    assert_eq!(refused.attributes("[aria-invalid]", "id"), ["text-1-title"]);
    assert_eq!(refused.text(".refused strong"), "This cannot be kept as it is");
    assert!(!refused.text("main").contains("/texts"), "{}", refused.html());
    let refused = visitor.send("/badges/new", &with("", described)).await.then(422);
    assert!(refused.text("#text-1-lang-fault").starts_with("the language is missing"));
    let refused = visitor.send("/badges/new", &with("in English", described)).await.then(422);
    assert!(refused.text("#text-1-lang-fault").contains("use a code such as en or pt-BR"));
    let refused = visitor.send("/badges/new", &with("fr", described)).await.then(400);
    let both = refused.attributes("[aria-invalid]", "id");
    assert_eq!(both, ["text-0-lang", "text-1-lang"], "either of the two can be another");
    let long = "a".repeat(4_001);
    let mut fields = with("en", ("text-1-title", "Local"));
    fields.push(("text-1-locked_description", &long));
    let refused = visitor.send("/badges/new", &fields).await.then(400);
    let told = refused.text("#text-1-locked_description-fault");
    assert_eq!(told, "the locked description in \"en\" has more than 4000 characters");
    fields = LOCAL.to_vec();
    fields[0].1 = " ";
    let refused = visitor.send("/badges/new", &fields).await.then(400);
    assert_eq!(refused.attributes("[aria-invalid]", "id"), ["field-name"]);

    // Programs are told the place.
    let body = json!({ "name": "Local", "texts": { "pt-BR": { "title": "" } } });
    let problem = service.post("/v1/badges", &body).await.then_problem(400, "body_invalid");
    assert_eq!(problem["pointer"], "/texts/pt-BR/title");
}
