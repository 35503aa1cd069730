//! The pages of segments: conditions put together without scripts, counted before they are saved, and never lost.

use serde_json::{Value, json};
use tests::{Page, Service, Visitor};

use crate::segments::{in_city, members, segment};

const PEOPLE: &str = "\
Email,City,Points
anna@example.org,Lyon,120
ben@example.org,Lyon,9
cleo@example.org,Nice,300
";

async fn given_people() -> Service {
    let service = Service::start().await;
    let points = json!({ "reference_id": "points", "name": "Points", "type": "number" });
    service.post("/v1/properties", &points).await.then(201);
    service.import_with(PEOPLE, "&new_list=Spring").await.then(200);
    service.settle().await;
    service
}

/// In Lyon, with at least 100 points.
const RICH_IN_LYON: [(&str, &str); 6] = [
    ("c-0-0-subject", "property:city"),
    ("c-0-0-operator", "is"),
    ("c-0-0-value", "lyon"),
    ("c-0-1-subject", "property:points"),
    ("c-0-1-operator", "at_least"),
    ("c-0-1-value", "100"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields, more].concat()
}

fn operators(page: &Page, row: &str) -> Vec<String> {
    page.attributes(&format!("select[name={row}-operator] option"), "value")
}

#[tokio::test]
async fn a_segment_is_put_together_button_by_button_and_counted() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/segments").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no segments yet");
    assert_eq!(empty.attribute(".title a", "href"), "/segments/new");

    let page = visitor.open("/segments/new").await.then(200);
    assert_eq!(page.count("fieldset.condition"), 1);
    assert_eq!(page.count("fieldset.condition input"), 0, "nothing to compare with yet");
    // What can be asked hangs on what is asked about.
    let chosen = [("do", "count"), ("c-0-0-subject", "property:points")];
    let page = visitor.send("/segments/new", &chosen).await.then(200);
    assert_eq!(operators(&page, "c-0-0")[..2], ["equals", "does_not_equal"]);
    assert_eq!(page.attribute("input[name=c-0-0-value]", "type"), "number");
    assert_eq!(page.text("#count"), "Fill in every condition to count who would be in.");
    let chosen =
        with(&chosen, &[("c-0-0-operator", "between"), ("c-0-0-from", "5"), ("c-0-0-to", "9")]);
    let page = visitor.send("/segments/new", &chosen).await.then(200);
    assert_eq!(page.attribute("input[name=c-0-0-to]", "value"), "9");
    assert_eq!(page.text("#count .would"), "1 user would be in.");
    // Another subject, to which the operator before means nothing.
    let chosen = [
        ("do", "count"),
        ("c-0-0-subject", "property:last_active_at"),
        ("c-0-0-operator", "between"),
    ];
    let page = visitor.send("/segments/new", &chosen).await.then(200);
    assert_eq!(page.attribute("input[name=c-0-0-value]", "type"), "date");
    let chosen = [("do", "count"), ("c-0-0-subject", "list"), ("c-0-0-value", "spring")];
    let page = visitor.send("/segments/new", &chosen).await.then(200);
    assert_eq!(page.text("#count .would"), "3 users would be in.");
    assert_eq!(page.text("select[name=c-0-0-value] option[selected]"), "Spring");

    let two = with(&RICH_IN_LYON, &[("name", "Rich in Lyon"), ("do", "count")]);
    let page = visitor.send("/segments/new", &two).await.then(200);
    assert_eq!(page.text("#count .would"), "1 user would be in.");
    assert!(page.text("#count .hint").contains("anna@example.org"));
    assert_eq!(page.attribute("input[name=name]", "value"), "Rich in Lyon");
    let page =
        visitor.send("/segments/new", &with(&RICH_IN_LYON, &[("do", "group")])).await.then(200);
    assert_eq!((page.count("fieldset.group"), page.count("fieldset.condition")), (2, 3));
    let page =
        visitor.send("/segments/new", &with(&RICH_IN_LYON, &[("do", "add-0")])).await.then(200);
    assert_eq!((page.count("fieldset.group"), page.count("fieldset.condition")), (1, 3));
    let page = visitor
        .send("/segments/new", &with(&RICH_IN_LYON, &[("do", "remove-0-1")]))
        .await
        .then(200);
    assert_eq!(page.count("fieldset.condition"), 1);
    assert_eq!(page.text("#count .would"), "2 users would be in.");
    assert_eq!(service.get("/v1/segments").await.json()["items"], json!([]), "nothing was saved");

    let page = visitor.done("/segments/new", &with(&two[..7], &[("do", "save")])).await;
    assert!(page.text(".notice").starts_with("The segment is made."));
    assert_eq!(page.text("h1"), "Rich in Lyon");
    assert_eq!(members(&service, "segment=rich_in_lyon").await, ["anna@example.org"]);
    let page = visitor.open("/segments").await.then(200);
    assert_eq!(page.texts("tbody th, tbody td")[..2], ["Rich in Lyon", "1 user"]);
    assert_eq!(page.attribute("tbody td a", "href"), "/users?segment=rich_in_lyon");
}

#[tokio::test]
async fn alternatives_and_what_happened_become_the_conditions_of_the_api() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let fields = [
        ("name", "Busy or listed"),
        ("id", "busy"),
        ("c-0-0-subject", "event:ChallengeCompleted"),
        ("c-0-0-of", "spring"),
        ("c-0-0-at_least", "2"),
        ("c-0-0-within_days", "30"),
        ("c-1-0-subject", "list"),
        ("c-1-0-value", "spring"),
        ("c-1-0-not", "true"),
        ("c-1-1-subject", "property:city"),
        ("c-1-1-operator", "is_one_of"),
        ("c-1-1-value", "Lyon\r\nNice"),
        ("do", "save"),
    ];
    visitor.done("/segments/new", &fields).await;
    let said = json!({ "groups": [
        { "conditions": [{ "event": "ChallengeCompleted", "of": "spring", "at_least": 2, "within_days": 30 }] },
        { "conditions": [{ "list": "spring", "not": true },
            { "property": "city", "operator": "is_one_of", "values": ["Lyon", "Nice"] }] } ] });
    assert_eq!(service.get("/v1/segments/busy").await.json()["conditions"], said);

    let page = visitor.open("/segments/busy").await.then(200);
    assert_eq!(page.attribute("input[name=c-0-0-within_days]", "value"), "30");
    assert!(page.has("input[name=c-1-0-not][checked]"));
    assert_eq!(page.text("textarea[name=c-1-1-value]"), "Lyon Nice");
    // Who may not define reads it in words; who may not see personal data reads nothing of it.
    let asker = service.with_token(&["users:read", "personal:read"]).await;
    let page = Visitor::with(&service, &asker.token).open("/segments/busy").await.then(200);
    let words = [
        "Challenge completed: spring, at least 2 times, within 30 days",
        "not: On the list: Spring",
        "City is one of Lyon, Nice",
    ];
    assert_eq!(page.texts(".asked li"), words);
    assert!(!page.has("main form"));
    let asker = service.with_token(&["users:read", "definitions:write"]).await;
    let blind = Visitor::with(&service, &asker.token);
    let page = blind.open("/segments/busy").await.then(200);
    assert!(page.has(".withheld") && !page.has("#builder") && !page.html().contains("Lyon"));
    assert!(!blind.open("/segments").await.then(200).has(".title a"));
    blind.send("/segments/busy", &fields).await.then(403);
    let asker = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &asker.token);
    looking.open("/segments/new").await.then(403);
    looking.send("/segments/busy/remove", &[]).await.then(403);
}

#[tokio::test]
async fn what_is_refused_is_told_beside_its_condition_and_what_was_typed_stays() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let backwards = [
        ("name", "Some points"),
        ("c-0-0-subject", "event:BadgeGained"),
        ("c-0-1-subject", "property:points"),
        ("c-0-1-operator", "between"),
        ("c-0-1-from", "9"),
        ("c-0-1-to", "5"),
    ];
    let counted =
        visitor.send("/segments/new", &with(&backwards, &[("do", "count")])).await.then(200);
    assert_eq!(counted.text("#c-0-1-fault"), "from is after to");
    let refused =
        visitor.send("/segments/new", &with(&backwards, &[("do", "save")])).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/condition_invalid");
    assert_eq!(refused.text("#c-0-1-fault"), "from is after to");
    assert_eq!(refused.attribute("input[name=c-0-1-from]", "value"), "9");
    let nameless = with(&RICH_IN_LYON, &[("name", ""), ("do", "save")]);
    visitor.send("/segments/new", &nameless).await.then(400);

    // Somebody was faster: what was typed stays, what they made of it is told, and the next click is meant.
    let made = segment(&service, "lyon", in_city("Lyon")).await;
    let path = "/v1/segments/lyon";
    let other = json!({ "name": "Nice people", "conditions": in_city("Nice") });
    crate::segments::change(&service, reqwest::Method::PUT, path, &other, &made).await.then(200);
    let revision = made["revision"].to_string();
    let late =
        with(&RICH_IN_LYON, &[("revision", revision.as_str()), ("name", "Mine"), ("do", "save")]);
    let mut looked = late.clone();
    looked.retain(|(name, _)| *name != "do");
    let page = visitor.send("/segments/lyon", &looked).await.then(200);
    assert_eq!(page.attribute("form.card input[name=revision]", "value"), revision);
    let page = visitor.send("/segments/lyon", &late).await.then(412);
    assert_eq!(page.attribute(".refused a", "href"), "/problems/version_conflict");
    assert_eq!(page.texts(".warning .asked li"), ["City is Nice"]);
    assert_eq!(page.attribute("input[name=name]", "value"), "Mine");
    assert_eq!(page.attribute("input[name=c-0-1-value]", "value"), "100");
    let now = page.attribute("form.card input[name=revision]", "value");
    let meant =
        with(&RICH_IN_LYON, &[("revision", now.as_str()), ("name", "Mine"), ("do", "save")]);
    assert_eq!(visitor.done("/segments/lyon", &meant).await.text("h1"), "Mine");
}

/// What a row says that lacks something, and which of its fields that is.
fn lacks(page: &Page, row: &str) -> (String, Vec<String>) {
    let fields = page.attributes(&format!("[name^={row}][aria-invalid]"), "name");
    let of_row = fields.iter().filter_map(|field| field.strip_prefix(row)?.strip_prefix('-'));
    (page.text(&format!("#{row}-fault")), of_row.map(str::to_owned).collect())
}

#[tokio::test]
async fn a_condition_that_is_not_filled_in_is_refused_at_its_row_and_never_left_out() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let blank = "Choose what this condition looks at, or remove it.".to_owned();
    let two = with(&RICH_IN_LYON, &[("name", "Rich in Lyon"), ("c-0-2-subject", "")]);
    let refused = visitor.send("/segments/new", &with(&two, &[("do", "save")])).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/condition_invalid");
    assert_eq!(
        refused.text(".refused p:nth-child(2)"),
        "Nothing was saved. Look at: Condition 3 of group 1."
    );
    assert_eq!(lacks(&refused, "c-0-2"), (blank.clone(), vec!["subject".to_owned()]));
    assert_eq!(refused.count(".fault"), 1);
    assert_eq!(refused.attribute("input[name=name]", "value"), "Rich in Lyon");
    assert_eq!(refused.attribute("input[name=c-0-1-value]", "value"), "100");
    // Counted without it, it would be counted as something else.
    let counted = visitor.send("/segments/new", &with(&two, &[("do", "count")])).await.then(200);
    assert_eq!(counted.text("#count"), "Fill in every condition to count who would be in.");
    assert_eq!(lacks(&counted, "c-0-2").0, blank);
    let json = visitor.send("/segments/new", &with(&two, &[("do", "json")])).await.then(200);
    assert_eq!((json.count("fieldset.condition"), lacks(&json, "c-0-2").0), (3, blank.clone()));
    // While it is put together, nobody hears of it.
    for button in ["add-0", "group", "apply"] {
        let page = visitor.send("/segments/new", &with(&two, &[("do", button)])).await.then(200);
        assert!(!page.has(".condition .fault"), "{button}");
    }
    // A group of nothing would be everybody, or nobody.
    let nothing = [("name", "All"), ("c-0-0-subject", ""), ("c-0-1-subject", ""), ("do", "save")];
    let refused = visitor.send("/segments/new", &nothing).await.then(422);
    assert_eq!(refused.texts(".condition .fault"), [blank.as_str(); 2]);

    // What an operator compares with is asked for in words, where it has to be typed.
    let number = "Type the number that the value is compared with.";
    for (subject, operator, why, fields) in [
        ("property:city", "is", "Type what the value is compared with.", vec!["value"]),
        (
            "property:city",
            "is_one_of",
            "Type at least one value, each in a line of its own.",
            vec!["value"],
        ),
        ("property:points", "at_least", number, vec!["value"]),
        (
            "property:points",
            "between",
            "Fill in where the range begins and where it ends.",
            vec!["from", "to"],
        ),
        (
            "property:member_since",
            "after",
            "Choose the day that the value is compared with.",
            vec!["value"],
        ),
        ("property:member_since", "in_the_last_days", "Type how many days.", vec!["days"]),
        ("list", "", "Say which list is meant.", vec!["value"]),
        // The first operator of what was chosen without scripts has not been seen yet.
        ("property:points", "", number, vec!["value"]),
    ] {
        let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
        let typed = [
            ("name", "X"),
            ("c-0-0-subject", "event:BadgeGained"),
            ("c-0-1-subject", subject),
            ("c-0-1-operator", operator),
            ("do", "save"),
        ];
        let refused = visitor.send("/segments/new", &typed).await.then(422);
        assert_eq!(lacks(&refused, "c-0-1"), (why.to_owned(), fields), "{subject} {operator}");
    }
    assert_eq!(service.get("/v1/segments").await.json()["items"], json!([]), "nothing was saved");

    // Nor does one that there is become another one.
    let made = segment(&service, "lyon", in_city("Lyon")).await;
    let more = with(&two[..6], &[("name", "Lyon"), ("c-1-0-subject", ""), ("do", "save")]);
    let refused = visitor.send("/segments/lyon", &more).await.then(422);
    assert_eq!(lacks(&refused, "c-1-0").0, blank);
    let kept = service.get("/v1/segments/lyon").await.json();
    assert_eq!(kept["revision"], made["revision"]);
}

#[tokio::test]
async fn what_the_builder_cannot_show_is_json_and_stays_what_it_was() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let lines = json!({ "property": "city", "operator": "is", "value": "Lyon\nNice" });
    let odd = json!({ "groups": [{ "conditions": [lines] }] });
    segment(&service, "odd", odd.clone()).await;
    let page = visitor.open("/segments/odd").await.then(200);
    assert!(!page.has("fieldset.condition"));
    let typed = page.text("textarea[name=json]");
    assert_eq!(serde_json::from_str::<Value>(&typed).unwrap(), odd);
    let fields = [("json", typed.as_str()), ("name", "Odd"), ("do", "builder")];
    let page = visitor.send("/segments/odd", &fields).await.then(200);
    assert_eq!(page.text("#count .fault"), "the builder cannot show these conditions");
    assert_eq!(page.text("textarea[name=json]"), typed);
    let fields = [("json", typed.as_str()), ("name", "Renamed"), ("do", "save")];
    visitor.done("/segments/odd", &fields).await;
    let kept = service.get("/v1/segments/odd").await.json();
    assert_eq!((&kept["name"], &kept["conditions"]), (&json!("Renamed"), &odd));

    // Rows become JSON and rows again; what is no JSON is refused, and stays.
    let page =
        visitor.send("/segments/odd", &with(&RICH_IN_LYON, &[("do", "json")])).await.then(200);
    let typed = page.text("textarea[name=json]");
    let fields = [("json", typed.as_str()), ("name", "Odd"), ("do", "builder")];
    let page = visitor.send("/segments/odd", &fields).await.then(200);
    assert_eq!(page.count("fieldset.condition"), 2);
    let fields = [("json", "{\"groups\""), ("name", "Odd"), ("do", "save")];
    let page = visitor.send("/segments/odd", &fields).await.then(422);
    assert_eq!(page.text("textarea[name=json]"), "{\"groups\"");
}

#[tokio::test]
async fn what_hangs_on_a_segment_is_told_before_it_changes_and_keeps_it() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let made = segment(&service, "lyon", in_city("Lyon")).await;
    let badge = json!({ "id": "local", "name": "Local", "audience": { "segment": "lyon" } });
    service.post("/v1/badges", &badge).await.then(201);
    service.settle().await;
    let fields = with(&RICH_IN_LYON, &[("name", "Lyon"), ("do", "save")]);
    // A draft follows nothing.
    visitor.done("/segments/lyon", &fields).await;
    let now = service.get("/v1/segments/lyon").await.json();
    let before = json!({ "name": "Lyon", "conditions": in_city("Lyon") });
    crate::segments::change(&service, reqwest::Method::PUT, "/v1/segments/lyon", &before, &now)
        .await
        .then(200);
    let publish =
        service.request(reqwest::Method::POST, "/v1/badges/local/publish").header("if-match", "*");
    tests::Answer::of(publish).await.then(200);
    service.settle().await;

    let page = visitor.send("/segments/lyon", &fields).await.then(200);
    assert!(page.text("#sure").contains("Badge Local: who is in gains it, who is out loses it"));
    let told = page.text("#sure");
    let numbers = "1 user would be in. 2 users are in now. Nobody enters. 1 user leaves.";
    assert!(told.contains(numbers), "{told}");
    assert_eq!(page.text("#count .would"), "1 user would be in. 2 users are in now.");
    assert_eq!(page.text("#count .moves"), "Nobody enters. 1 user leaves.");
    assert_eq!(members(&service, "badge=local").await.len(), 2, "nothing was changed yet");
    let sure = page.attribute("input[name=sure]", "value");
    // It was agreed to one change, not to another.
    let mut other = with(&fields, &[("sure", sure.as_str())]);
    other[5].1 = "5";
    assert!(visitor.send("/segments/lyon", &other).await.then(200).has("#sure"));
    visitor.done("/segments/lyon", &with(&fields, &[("sure", sure.as_str())])).await;
    assert_eq!(members(&service, "badge=local").await, ["anna@example.org"]);

    let page = visitor.open("/segments/lyon").await.then(200);
    assert!(page.text("#remove .warning").contains("Badge Local"));
    let kept = visitor.send("/segments/lyon/remove", &[]).await.then(409);
    assert_eq!(kept.attribute(".refused a", "href"), "/problems/audience_in_use");
    assert_eq!(made["id"], "lyon");
    segment(&service, "nice", in_city("Nice")).await;
    let page = visitor.done("/segments/nice/remove", &[]).await;
    assert_eq!(page.text(".notice"), "The segment was deleted.");
    assert_eq!(page.texts("tbody th"), ["Lyon"]);
    visitor.open("/segments/nice").await.then(404);
}
