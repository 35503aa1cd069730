//! Exports in the admin interface: the form counts and asks, what it makes is what the API makes, and its history stays.

use serde_json::json;
use tests::{Clock, Page, Service, Visitor};

use crate::stored_exports::waiting;

const PEOPLE: &str = "\
Email,First Name,City
anna@example.org,Anna,Łódź
ben@example.org,Ben,=Lyon
cleo@example.org,Cleo,\"Aix, Provence\"
";

async fn given_people() -> Service {
    let service = Service::start().await;
    service.import_with(PEOPLE, "&new_list=Spring%202026").await.then(200);
    service.settle().await;
    service
}

/// Two badges on the first of July in Paris, which is June still in UTC; one on the last of September, one after it.
async fn given_badges() -> (Clock, Service) {
    let clock = Clock::at("2026-06-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import(PEOPLE).await;
    let id = service.user_id("anna@").await;
    for (badge, instant) in [
        ("june", "2026-06-30T21:59:59Z"),
        ("first", "2026-06-30T22:00:00Z"),
        ("last", "2026-09-30T21:59:59Z"),
        ("after", "2026-09-30T22:00:00Z"),
    ] {
        clock.set(instant);
        service.act(&format!("/v1/users/{id}/badges/{badge}")).await.then(200);
    }
    clock.set("2026-10-02T10:00:00Z");
    service.act(&format!("/v1/users/{id}/apps/shop")).await.then(200);
    service.settle().await;
    (clock, service)
}

/// What a browser sends of the form as it stands.
fn fields(page: &Page) -> Vec<(String, String)> {
    let inputs = "form.export input[type=hidden], form.export input[checked], form.export input[type=date], \
        form.export input[type=time], form.export input[type=text]";
    let names = page.attributes(inputs, "name").into_iter();
    let mut fields: Vec<_> = names.zip(page.attributes(inputs, "value")).collect();
    for name in page.attributes("form.export select", "name") {
        let chosen = format!("form.export select[name='{name}'] option[selected]");
        let chosen = page.attributes(&chosen, "value").into_iter().next().unwrap_or_default();
        fields.push((name, chosen));
    }
    fields
}

/// The same, with some of it chosen otherwise.
fn with(page: &Page, other: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = fields(page);
    fields.retain(|(name, _)| !other.iter().any(|(known, _)| known == name));
    fields.extend(other.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

async fn send(visitor: &Visitor, path: &str, fields: &[(String, String)]) -> Page {
    let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    visitor.send(path, &fields).await
}

/// Sends the form, waits until the export has ended, and answers its page.
async fn exported(service: &Service, visitor: &Visitor, fields: &[(String, String)]) -> Page {
    let begun = send(visitor, "/exports/new", fields).await.then(303);
    let there = begun.leads_to();
    let id = there.strip_prefix("/exports/").unwrap().strip_suffix("?fetch=true").unwrap();
    service.get(&format!("/v1/exports/{id}?wait=true")).await.then(200);
    visitor.open(there).await.then(200)
}

async fn file(service: &Service, page: &Page) -> Vec<u8> {
    service.get(&page.attribute("#export-file", "href")).await.then(200).body.to_vec()
}

#[tokio::test]
async fn users_are_exported_in_three_clicks_as_the_api_exports_them() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let filters =
        "list=spring_2026&property.city.is_set=true&property.first_name.is_one_of=Anna%2CBen";
    let table = visitor.open(&format!("/users?{filters}")).await.then(200);
    assert_eq!(table.attribute("a[href^='/exports/new']", "data-module"), "export-dialog");

    let page = visitor.open(&table.attribute("a[href^='/exports/new']", "href")).await.then(200);
    assert_eq!(
        page.texts("form.export bdi"),
        ["List: Spring 2026", "City is there", "First name is one of Anna,Ben"]
    );
    assert!(page.text(".of-users .hint").contains("E-mail, Member since"));
    let back = page.attribute("a[data-close]", "href");
    assert_eq!(visitor.open(&back).await.then(200).text(".table-head p"), "2 users");
    // How much it would be is known before.
    let counted = send(&visitor, "/exports/count", &fields(&page)).await.then(200);
    let api = format!("/v1/exports/users.csv?{filters}&safe=true&bom=true");
    let bytes = service.get(&api).await.then(200).body;
    assert_eq!(counted.text("#export-count"), format!("2 users, {} bytes", bytes.len()));
    assert_eq!(service.get("/v1/exports?kept=true").await.json()["items"], json!([]));

    let done = exported(&service, &visitor, &fields(&counted)).await;
    assert_eq!(done.text("#export-said"), "The export is complete.");
    assert!(done.has("#export[data-fetch][data-module=export-watch]"), "it is fetched by itself");
    assert_eq!(file(&service, &done).await, bytes, "as safe as the API's, and marked");
    assert!(bytes.starts_with("\u{feff}".as_bytes()));
    assert!(String::from_utf8_lossy(&bytes).contains("'=Lyon"));
    let manifest = service.get(&done.attribute("a[href$='/manifest']", "href")).await.then(200);
    assert_eq!(done.text("dd > code"), manifest.json()["sha256"].as_str().unwrap());

    // Filters can be left out, and what was left out is there to be ticked again.
    let mut fields = fields(&page);
    fields.retain(|(name, value)| name != "filter.users" || value.starts_with("list"));
    let counted = send(&visitor, "/exports/count", &fields).await.then(200);
    assert!(counted.text("#export-count").starts_with("3 users, "));
    assert_eq!(counted.count("form.export input[name='filter.users']"), 3);
    assert_eq!(counted.count("form.export input[name='filter.users'][checked]"), 1);
    // Semicolons, without the guard and the mark.
    let plain = [("safe", ""), ("bom", ""), ("delimiter", "semicolon"), ("filter.users", "")];
    let plain = exported(&service, &visitor, &with(&page, &plain)).await;
    let api = service.get("/v1/exports/users.csv?delimiter=semicolon").await.then(200).body;
    assert_eq!(file(&service, &plain).await, api);
}

#[tokio::test]
async fn chosen_events_of_a_range_in_a_zone_are_counted_and_exported() {
    let (_clock, service) = given_badges().await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/exports/new?content=user_events").await.then(200);
    assert!(page.texts(".ticks label").contains(&"Badge gained 4".to_owned()));
    let all = send(&visitor, "/exports/count", &fields(&page)).await.then(200);
    assert!(all.text("#export-count").starts_with("8 events, about "), "{}", all.html());

    let chosen = with(
        &page,
        &[
            ("which", "some"),
            ("type", "cohort.badge.gained"),
            ("type", "cohort.app.connected"),
            ("when", "custom"),
            ("from", "2026-07-01"),
            ("through", "2026-09-30"),
            ("zone", "Europe/Paris"),
        ],
    );
    let counted = send(&visitor, "/exports/count", &chosen).await.then(200);
    assert!(counted.text("#export-count strong").starts_with("2 events, about "));
    let words = "1 July 2026 00:00 to 30 September 2026 24:00, Europe/Paris";
    assert_eq!(counted.text("#export-count .hint"), words);
    assert_eq!(
        counted.attribute("#export-count .hint", "title"),
        "2026-06-30 22:00:00 UTC – 2026-09-30 22:00:00 UTC"
    );
    let done = exported(&service, &visitor, &fields(&counted)).await;
    let query =
        "type=BadgeGained&type=AppConnected&from=2026-07-01&through=2026-09-30&zone=Europe/Paris";
    let api = format!("/v1/exports/user-events.csv?{query}&safe=true&bom=true");
    assert_eq!(file(&service, &done).await, service.get(&api).await.then(200).body);
    assert_eq!(done.texts(".chips bdi"), ["Badge gained", "App connected"]);
    assert_eq!(done.text("dd .hint"), words);

    // Of one badge; by when things happened; the days before today, which are the zone's.
    let count = async |other: &[(&str, &str)]| {
        let counted = send(&visitor, "/exports/count", &with(&page, other)).await.then(200);
        counted.texts("#export-count p")
    };
    service.post("/v1/badges", &json!({ "id": "last", "name": "Last" })).await;
    let days = [("when", "7"), ("zone", "Europe/Paris"), ("basis", "occurred")];
    let counted = count(&days).await;
    assert!(counted[0].starts_with("3 events, "), "{counted:?}");
    assert_eq!(counted[1], "26 September 2026 00:00 to 2 October 2026 24:00, Europe/Paris");
    assert!(count(&[("badge", "last")]).await[0].starts_with("1 event, "));
}

#[tokio::test]
async fn what_is_refused_keeps_what_was_typed_and_is_told_beside_its_field() {
    let (_clock, service) = given_badges().await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/exports/new?content=user_events").await.then(200);
    let range = [
        ("which", "some"),
        ("type", "cohort.badge.gained"),
        ("when", "custom"),
        ("from", "2026-09-30"),
        ("through", "2026-07-01"),
        ("format", "xlsx"),
        ("reason", "Q3 <audit>"),
    ];
    for path in ["/exports/new", "/exports/count"] {
        let refused = send(&visitor, path, &with(&page, &range)).await.then(400);
        assert_eq!(refused.attribute(".refused a", "href"), "/problems/range_inverted");
        assert_eq!(refused.text("#export-fault-from"), "the range ends before it begins");
        assert_eq!(refused.attribute("[aria-invalid]", "aria-describedby"), "export-fault-from");
        for (name, value) in range {
            let kept = fields(&refused).contains(&(name.to_owned(), value.to_owned()));
            assert!(kept, "{name} is forgotten");
        }
    }
    let refusals = [
        (vec![("zone", "Mars/Base"), ("when", "today")], "unknown_zone", "zone"),
        (vec![("which", "some")], "parameter_invalid", "type"),
        (vec![("when", "custom")], "parameter_invalid", "from"),
        (vec![("when", "custom"), ("through", "soon")], "time_unreadable", "through"),
        (vec![("content", "users"), ("as_of", "2027-01-01")], "as_of_in_future", "as_of"),
    ];
    for (typed, code, field) in refusals {
        let refused = send(&visitor, "/exports/new", &with(&page, &typed)).await.then(400);
        assert_eq!(refused.attribute(".refused a", "href"), format!("/problems/{code}"));
        assert!(refused.has(&format!("#export-fault-{field}")), "{code}: {}", refused.html());
    }
    assert_eq!(service.get("/v1/exports").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_workbook_and_the_table_as_it_was_are_exported_too() {
    let (clock, service) = given_badges().await;
    let visitor = Visitor::of(&service);
    let then = service.get("/v1/exports/users.xlsx").await.then(200).body;
    clock.set("2026-10-04T10:00:00Z");
    service.import("Email\nlate@example.org\n").await;
    let page = visitor.open("/exports/new").await.then(200);
    let past = with(&page, &[("format", "xlsx"), ("as_of", "2026-10-03"), ("zone", "UTC")]);
    let done = exported(&service, &visitor, &past).await;
    assert_eq!(file(&service, &done).await, then);
    assert_eq!(done.attribute("dd time", "title"), "2026-10-03 23:59:59 UTC");
    assert!(done.text("#export-file").ends_with(".xlsx"));
    let history = visitor.open("/exports").await.then(200);
    assert_eq!(
        history.texts("tbody td:nth-child(3)"),
        ["All users As of 2026-10-03 23:59", "All users"]
    );
    let past = with(&page, &[("as_of", "2026-10-04"), ("as_of_time", "09:59"), ("zone", "UTC")]);
    let counted = send(&visitor, "/exports/count", &past).await.then(200);
    assert!(counted.text("#export-count").starts_with("3 users, "));
}

#[tokio::test]
async fn the_history_says_who_had_what_and_leads_to_the_same_again() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/exports").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no exports here yet");
    assert_eq!(empty.text("nav a[aria-current=page]"), "Exports");

    let streamed = "/v1/exports/user-events.csv?type=UserImported&from=2026-01-01";
    service.get(streamed).await.then(200);
    let page = visitor.open("/exports/new?list=spring_2026").await.then(200);
    exported(&service, &visitor, &with(&page, &[("reason", "a yearly audit")])).await;
    let page = visitor.open("/exports").await.then(200);
    assert_eq!(page.texts("tbody td:nth-child(2)"), ["Users, CSV", "User events, CSV"]);
    let asked = page.texts("tbody td:nth-child(3)");
    assert_eq!(asked[0], "List: Spring 2026");
    assert_eq!(asked[1], "User imported from 1 January 2026 00:00, UTC");
    assert_eq!(page.texts("tbody td:nth-child(4)"), ["3", "3"]);
    assert_eq!(page.texts("tbody .tag.good"), ["Completed"; 2]);
    assert_eq!(page.count("tbody a[download]"), 1);
    for (kept, content) in [("true", "Users, CSV"), ("false", "User events, CSV")] {
        let page = visitor.open(&format!("/exports?kept={kept}")).await.then(200);
        assert_eq!(page.texts("tbody td:nth-child(2)"), [content]);
    }
    visitor.open("/exports?kept=perhaps").await.then(400);
    visitor.open("/exports?colour=red").await.then(400);

    // One leads to the form with the same in it.
    let one = visitor.open(&page.attribute("tbody a", "href")).await.then(200);
    assert!(!one.has("[data-fetch]"), "who looks later fetches by hand");
    assert!(one.texts("dd").contains(&"a yearly audit".to_owned()));
    let again = one.attribute("a[href^='/exports/new']", "href");
    let again = visitor.open(&again).await.then(200);
    assert_eq!(again.texts("form.export bdi"), ["List: Spring 2026"]);
    assert!(again.has("[name=safe][checked]") && again.has("[name=bom][checked]"));
    let second = page.attributes("tbody td:first-child a", "href")[1].clone();
    let second = visitor.open(&second).await.then(200);
    let again = visitor.open(&second.attribute("a[href^='/exports/new']", "href")).await.then(200);
    let held = fields(&again);
    for (name, value) in
        [("content", "user_events"), ("which", "some"), ("when", "custom"), ("from", "2026-01-01")]
    {
        assert!(held.contains(&(name.to_owned(), value.to_owned())), "{name} in {held:?}");
    }
    assert!(!again.has("[name=safe][checked]"));

    // Pages lead on, and to the newest again.
    for _ in 0..49 {
        service.get("/v1/exports/users.csv?columns=email").await.then(200);
    }
    service.settle().await;
    let first = visitor.open("/exports").await.then(200);
    assert_eq!(first.count("tbody tr"), 50);
    let rest = visitor.open(&first.attribute("a[rel=next]", "href")).await.then(200);
    assert_eq!((rest.count("tbody tr"), rest.has("a[rel=next]")), (1, false));
    assert_eq!(rest.attribute("nav.pages a", "href"), "/exports");
}

#[tokio::test]
async fn without_a_right_nothing_is_offered_and_personal_data_is_withheld() {
    let service = given_people().await;
    let reader = service.with_token(&["users:read", "events:read"]).await;
    let reader = Visitor::with(&service, &reader.token);
    assert!(!reader.open("/users").await.then(200).has("[href^='/exports']"));
    for path in ["/exports", "/exports/new"] {
        let page = reader.open(path).await.then(403);
        assert_eq!(page.attribute("main a", "href"), "/problems/scope_missing");
    }
    reader.send("/exports/new", &[("content", "users"), ("format", "csv")]).await.then(403);

    let blind = service.with_token(&["exports:create"]).await;
    let visitor = Visitor::with(&service, &blind.token);
    let page = visitor.open("/exports/new").await.then(200);
    let said = "You may not see personal data: cells that name a person will be empty in the file.";
    assert_eq!(page.text(".warning"), said);
    assert!(!page.has(".of-events") && !page.has("[value=user_events]"));
    assert!(!Visitor::of(&service).open("/exports/new").await.then(200).has(".warning"));
    let done = exported(&service, &visitor, &fields(&page)).await;
    assert!(done.html().contains("Cells that name a person are empty in it."));
    let file = blind.get(&done.attribute("#export-file", "href")).await.then(200);
    assert!(!file.text().contains("anna"));
    let history = visitor.open("/exports").await.then(200);
    assert_eq!(history.text("tbody td:nth-child(3)"), "withheld");
    assert_eq!(
        history.text("main > p.hint"),
        "You see the exports that you asked for. Who manages access sees all of them."
    );
    // Another's is not there for them.
    service.get("/v1/exports/users.csv").await.then(200);
    let all = Visitor::of(&service).open("/exports").await.then(200);
    let foreign = all.attributes("tbody td:first-child a", "href")[0].clone();
    assert_eq!(
        visitor.open(&foreign).await.then(404).attribute("main a", "href"),
        "/problems/export_unknown"
    );
    assert_eq!(visitor.open("/exports").await.count("tbody tr"), 1);
}

#[tokio::test]
async fn a_file_that_was_taken_back_or_whose_time_is_over_is_said_to_be_gone() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import(PEOPLE).await;
    let visitor = Visitor::of(&service);
    let form = visitor.open("/exports/new").await.then(200);
    let first = exported(&service, &visitor, &fields(&form)).await;
    assert!(first.has("time[datetime='2026-01-08T00:00:00Z']"), "until when it is kept");
    let page = visitor.done(&first.attribute("form[action$='/take-back']", "action"), &[]).await;
    assert_eq!(page.text(".notice"), "The file is taken back.");
    assert_eq!(page.text("#export-said"), "Its file was taken back. Its manifest stays.");
    assert!(!page.has("#export-file") && !page.has("form[action$='/take-back']"));
    service
        .get(&first.attribute("#export-file", "href"))
        .await
        .then_problem(410, "export_file_gone");

    let second = exported(&service, &visitor, &with(&form, &[("format", "ndjson")])).await;
    clock.set("2026-01-08T01:00:00Z");
    api::export::stored::retention::remove_old_files(&service.app).await.unwrap();
    service.settle().await;
    let history = visitor.open("/exports").await.then(200);
    assert_eq!(history.texts("tbody .tag"), ["Expired", "Taken back"]);
    assert_eq!(history.count("tbody a[download]"), 0);
    let there = second.attribute("form[action$='/take-back']", "action");
    let there = there.strip_suffix("/take-back").unwrap();
    let page = visitor.open(there).await.then(200);
    assert_eq!(
        page.text("#export-said"),
        "The time of its file is over: the file is gone. Its manifest stays."
    );
    // It ended: there is nothing to cancel.
    let refused = visitor.send(&format!("{there}/cancel"), &[]).await.then(409);
    assert_eq!(refused.attribute("main a", "href"), "/problems/export_already_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_runs_says_how_far_it_is_and_can_be_cancelled() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let (runs, _held) = waiting(&service).await;
    let there = format!("/exports/{}", runs["id"].as_str().unwrap());
    let page = visitor.open(&format!("{there}?fetch=true")).await.then(200);
    assert_eq!(page.text("#export-said[role=status]"), "0 of 3 rows, 0 bytes");
    assert_eq!(page.attribute("progress", "max"), "3");
    assert_eq!(page.attribute("#export", "data-progress"), format!("/v1{there}/progress"));
    assert!(!page.has("#export-file"));
    assert_eq!(page.attribute(".actions a.button", "href"), format!("{there}?fetch=true"));
    let page = visitor.done(&page.attribute("form[action$='/cancel']", "action"), &[]).await;
    assert_eq!(page.text(".notice"), "The export is cancelled.");
    assert_eq!(page.text("#export-said"), "The export was cancelled. Nothing of it was kept.");
    assert!(!page.has("progress") && !page.has("#export-file"));
}
