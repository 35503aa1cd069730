//! Importing in the browser: from the file to the report and back, without scripts. The state is the import's, not the page's.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Page, Service, Visitor};

const PEOPLE: &str = "\
Email,First Name,City,user_id
anna@example.org,Anna,Lyon,
ben@example.org,Ben,Łódź,
nobody,Nobody,Nice,
";

/// Sends a form with a file, as browsers do.
async fn upload(visitor: &Visitor, field: &str, content: &str) -> Page {
    let body = format!(
        "--line\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n\
        --line\r\nContent-Disposition: form-data; name=\"{field}\r\n\r\n{content}\r\n--line--\r\n"
    );
    let request = visitor
        .request(Method::POST, "/imports")
        .header("content-type", "multipart/form-data; boundary=line")
        .header("sec-fetch-site", "same-origin");
    Page::of(request.body(body)).await
}

/// The address of the import that a file became.
async fn uploaded(visitor: &Visitor, content: &str) -> String {
    let sent = upload(visitor, "file\"; filename=\"people.csv\"", content).await.then(303);
    sent.leads_to().to_owned()
}

/// The form of the mapping as a browser would send it.
fn form(page: &Page) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for name in page.attributes("#mapping input:not([type=checkbox])", "name") {
        let value = page.attribute(&format!("#mapping input[name='{name}']"), "value");
        fields.push((name, value));
    }
    for name in page.attributes("#mapping input[type=checkbox][checked]", "name") {
        fields.push((name, "on".to_owned()));
    }
    for name in page.attributes("#mapping select", "name") {
        let options = format!("#mapping select[name='{name}'] option");
        let chosen = page.attributes(&format!("{options}[selected]"), "value");
        let first = || page.attribute(&options, "value");
        fields.push((name, chosen.into_iter().next().unwrap_or_else(first)));
    }
    fields
}

/// The same with some fields otherwise.
fn with(mut fields: Vec<(String, String)>, change: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

async fn send(visitor: &Visitor, path: &str, fields: &[(String, String)]) -> Page {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    visitor.send(path, &fields).await
}

/// The import as the API has it.
async fn known(service: &Service, address: &str) -> Value {
    service.get(&format!("/v1{address}?wait=true")).await.then(200).json()
}

#[tokio::test]
async fn a_file_is_uploaded_mapped_checked_imported_and_taken_back() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let new = visitor.open("/imports/new").await.then(200);
    assert!(new.text("#limits").starts_with("At most 256 MiB and 2,000,000 rows."));

    let address = uploaded(&visitor, PEOPLE).await;
    let page = visitor.open(&address).await.then(200);
    assert_eq!(page.text("h1"), "people.csv");
    assert_eq!(page.texts(".mapped strong"), ["Email", "First Name", "City", "user_id"]);
    assert_eq!(page.texts(".mapped:nth-child(3) .samples li"), ["Łódź", "Lyon", "Nice"]);
    // What is known is taken already; what would make a property is proposed, and one click takes it.
    assert_eq!(page.attributes("#mapping [name^=take-][checked]", "name"), ["take-1", "take-2"]);
    let target = |column: usize| format!("[name=target-{column}] option[selected]");
    assert_eq!(page.attribute(&target(1), "value"), "email");
    assert_eq!(page.attribute(&target(2), "value"), "field:first_name");
    assert_eq!(page.attribute(&target(3), "value"), "new");
    assert_eq!(page.attribute("[name=reference_id-3]", "value"), "city");
    assert!(page.has("#mapping[data-check-now]"), "it checks itself where scripts run");
    assert_eq!(page.text("#outcome .primary"), "Import 3");
    let all = visitor.open(&format!("{address}?take=all")).await.then(200);
    let taken = all.attributes("#mapping [name^=take-][checked]", "name");
    assert_eq!(taken, ["take-1", "take-2", "take-3"]);

    let fields = with(form(&page), &[("take-3", "on"), ("reference_id-3", "town")]);
    let checked = send(&visitor, &format!("{address}/check"), &fields).await.then(303);
    assert_eq!(checked.leads_to(), address);
    let page = visitor.open(&address).await.then(200);
    assert!(!page.has("[data-check-now]"), "once is enough");
    assert_eq!(
        page.text(".would"),
        "2 users to create, 0 to update, 0 rows that change nothing, 1 rejected."
    );
    assert_eq!(page.text("#outcome .primary"), "Import 2, skip 1");
    assert_eq!(page.texts("#rejects tbody td:first-child"), ["4"]);
    assert!(page.texts("#differences tbody td").contains(&"first_name: Ben town: Łódź".to_owned()));
    assert_eq!(form(&page), form(&visitor.open(&address).await), "the state is the service's");
    assert_eq!(service.get("/v1/users?count=only").await.json()["total"], 0);

    send(&visitor, &format!("{address}/start"), &form(&page)).await.then(303);
    assert_eq!(known(&service, &address).await["state"], "completed");
    let report = visitor.open(&address).await.then(200);
    assert_eq!(report.text(".title .tag"), "Done");
    assert_eq!(report.texts(".tile dd"), ["2", "0", "0", "1", "0"]);
    let rejected = report.attribute("a[href$='rejected.csv']", "href");
    assert!(service.get(&rejected).await.then(200).text().contains("nobody"));
    assert_eq!(service.user("ben@").await["fields"]["town"], "Łódź");

    let undo = visitor.open(&report.attribute("a.danger", "href")).await.then(200);
    assert_eq!(undo.texts(".tile dd"), ["2", "0", "0", "0"]);
    assert_eq!(service.get("/v1/users?count=only").await.json()["total"], 2, "only asked");
    visitor.send(&format!("{address}/undo"), &[]).await.then(303);
    assert_eq!(known(&service, &address).await["state"], "reverted");
    let page = visitor.open(&address).await.then(200);
    assert_eq!(page.text(".title .tag"), "Undone");
    assert!(!page.has("a.danger"), "it is undone once");
    assert_eq!(service.get("/v1/users?count=only").await.json()["total"], 0);
    visitor.open(&format!("{address}/undo")).await.then(409);
}

#[tokio::test]
async fn pasted_rows_need_no_header_and_a_file_can_be_read_in_another_way() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let sent = upload(&visitor, "csv\"", "anna@example.org,Anna,Abel\n").await.then(303);
    let address = sent.leads_to().to_owned();
    let page = visitor.open(&address).await.then(200);
    assert_eq!(page.text("h1"), "Pasted text");
    assert_eq!(page.text("summary"), "Read as utf-8, comma between cells, first row is a user");
    assert_eq!(page.count("#mapping [name^=take-][checked]"), 3);

    let reading = [("encoding", "utf-8"), ("delimiter", "comma"), ("header", "true")];
    let refused = visitor.send(&format!("{address}/reading"), &reading).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/email_column_missing");
    assert_eq!(refused.count(".mapped"), 3);

    let address = uploaded(&visitor, "Email;City\nanna@example.org;Lyon\n").await;
    assert_eq!(visitor.open(&address).await.count(".mapped"), 2);
    let page = visitor.done(&format!("{address}/reading"), &reading).await;
    assert_eq!(page.text(".notice"), "The file was read again.");
    assert_eq!(page.count(".mapped"), 1);
    let klingon = [("encoding", "klingon"), ("delimiter", "comma"), ("header", "false")];
    let refused = visitor.send(&format!("{address}/reading"), &klingon).await.then(400);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");
    assert_eq!(known(&service, &address).await["delimiter"], ",", "a refusal changes nothing");
}

#[tokio::test]
async fn what_is_no_file_to_import_is_refused_where_it_is_chosen() {
    let folder = TempDir::new().unwrap();
    let service = Service::open(folder.path(), None, &[("import_bytes_max", "100")]).await;
    let visitor = Visitor::of(&service);
    let limits = service.get("/v1/imports/limits").await.then(200).json();
    assert_eq!(limits, json!({ "bytes_max": 100, "rows_max": 2_000_000 }));
    let reader = service.with_token(&["users:read"]).await;
    reader.get("/v1/imports/limits").await.then_problem(403, "scope_missing");

    let file = "file\"; filename=\"a.csv\"";
    let large = format!("Email\n{}@example.org\n", "a".repeat(200));
    let refused = upload(&visitor, file, &large).await.then(413);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/file_too_large");
    assert!(refused.has("input[type=file]"), "another can be chosen");
    assert!(refused.text("#limits").starts_with("At most 100 B"));
    let refused = upload(&visitor, file, "").await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/empty_file");
    let refused = upload(&visitor, "colour\"", "red").await.then(400);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");
    visitor.send("/imports", &[("file", "a")]).await.then(400);
    assert_eq!(service.get("/v1/imports").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_refused_mapping_keeps_what_was_chosen() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let address = uploaded(&visitor, PEOPLE).await;
    let page = visitor.open(&address).await.then(200);
    let twice = [
        ("take-3", "on"),
        ("target-3", "field:first_name"),
        ("mode", "create_only"),
        ("list", "new"),
        ("list_name", "Spring \"2026\""),
    ];
    let fields = with(form(&page), &twice);
    let refused = send(&visitor, &format!("{address}/check"), &fields).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/field_mapped_twice");
    let (mut kept, mut sent) = (form(&refused), fields.clone());
    kept.sort();
    sent.sort();
    assert_eq!(kept, sent);
    assert!(!refused.has("[data-check-now]"), "what was refused is not sent again");
    assert_eq!(known(&service, &address).await["state"], "draft");

    // Mended, it is what the service has: a list that is to be made, a mode.
    let fields = with(fields, &[("target-3", "new"), ("reference_id-3", "city")]);
    send(&visitor, &format!("{address}/check"), &fields).await.then(303);
    let import = known(&service, &address).await;
    assert_eq!((&import["state"], &import["mode"]), (&json!("checked"), &json!("create_only")));
    assert_eq!(import["list"]["name"], "Spring \"2026\"");
    let page = visitor.open(&address).await.then(200);
    assert_eq!(page.attribute("[name=list_name]", "value"), "Spring \"2026\"");
    assert!(!page.has("[data-check-now]"));
    for wrong in [("reference_id-3", "A b"), ("reference_id-3", "")] {
        let fields = with(form(&page), &[wrong]);
        let refused = send(&visitor, &format!("{address}/check"), &fields).await.then(422);
        assert_eq!(refused.attribute(".refused a", "href"), "/problems/reference_id_invalid");
    }
}

#[tokio::test]
async fn nothing_starts_that_was_not_seen_as_it_would_be() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let address = uploaded(&visitor, PEOPLE).await;
    let (check, start) = (format!("{address}/check"), format!("{address}/start"));
    let page = visitor.open(&address).await.then(200);
    send(&visitor, &check, &form(&page)).await.then(303);

    // Another mode was chosen and not checked: that is checked and shown, and does not start.
    let page = visitor.open(&address).await.then(200);
    let fields = with(form(&page), &[("mode", "update_only")]);
    send(&visitor, &start, &fields).await.then(303);
    let import = known(&service, &address).await;
    assert_eq!((&import["state"], &import["mode"]), (&json!("checked"), &json!("update_only")));
    let page = visitor.open(&address).await.then(200);
    assert_eq!(page.text("#outcome .primary[disabled]"), "Import 0, skip 3");
    send(&visitor, &check, &with(form(&page), &[("mode", "both")])).await.then(303);

    // Somebody else makes one of its users meanwhile.
    service.import("Email,First Name\nanna@example.org,Ann\n").await;
    let page = visitor.open(&address).await.then(200);
    let refused = send(&visitor, &start, &form(&page)).await.then(409);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/import_changed_since_check");
    assert_eq!(refused.attribute("[name=accept_changes]", "value"), "true");
    let accepted = with(form(&refused), &[("accept_changes", "true")]);
    send(&visitor, &start, &accepted).await.then(303);
    assert_eq!(known(&service, &address).await["updated"], 1);
    // What has started is no draft any more, whoever still looks at its page.
    let late = send(&visitor, &start, &form(&page)).await.then(409);
    assert_eq!(late.attribute("main a", "href"), "/problems/import_not_open");
}

#[tokio::test]
async fn imports_there_were_are_listed_discarded_and_made_again() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/imports").await.then(200);
    assert_eq!(page.text(".empty strong"), "Nothing was imported yet");
    assert_eq!(page.text("nav a[aria-current=page]"), "Imports");

    let path = "/v1/imports?start=true&wait=true&filename=first.csv";
    service.post_csv(path, PEOPLE).await.then(200);
    let draft = uploaded(&visitor, "Email\nzoe@example.org\n").await;
    let page = visitor.open("/imports").await.then(200);
    assert_eq!(page.texts("tbody td:first-child"), ["people.csv", "first.csv"]);
    assert_eq!(page.texts("tbody .tag"), ["Draft", "Done"]);
    assert_eq!(page.texts("tbody tr:last-child .number"), ["3", "2", "0", "0", "1"]);
    let first = page.attributes("tbody a", "href")[1].clone();
    assert_eq!(page.attributes("tbody a", "href")[0], draft);

    let page = visitor.done(&format!("{draft}/cancel"), &[]).await;
    assert_eq!(page.text(".title .tag"), "Cancelled");
    let again = visitor.send(&format!("{first}/again"), &[]).await.then(303);
    let page = visitor.open(again.leads_to()).await.then(200);
    assert_eq!(page.text("h1"), "first.csv");
    assert_ne!(again.leads_to(), first);
    visitor.send(&format!("{draft}/again"), &[]).await.then(410);
    visitor.open("/imports/nothing").await.then(404);
    visitor.open("/imports?colour=red").await.then(400);
}

#[tokio::test]
async fn what_names_a_person_is_withheld_and_who_may_not_import_is_not_led_there() {
    let service = Service::start().await;
    let admin = Visitor::of(&service);
    let address = uploaded(&admin, PEOPLE).await;
    let reader = service.with_token(&["users:read"]).await;
    let reader = Visitor::with(&service, &reader.token);
    assert!(!reader.open("/users").await.then(200).has("a[href^='/imports']"));
    for path in ["/imports", "/imports/new", &address] {
        reader.open(path).await.then(403);
        assert!(admin.open("/users").await.has("a[href='/imports']"));
    }

    let blind = service.with_token(&["imports:write"]).await;
    let blind = Visitor::with(&service, &blind.token);
    let page = blind.open(&address).await.then(200);
    assert_eq!(page.text("h1"), "An import");
    assert_eq!(page.texts(".samples li"), [""; 0]);
    let fields = with(form(&page), &[("take-3", "on"), ("reference_id-3", "city")]);
    send(&blind, &format!("{address}/check"), &fields).await.then(303);
    let checked = blind.open(&address).await.then(200);
    assert_eq!(checked.text("#outcome .primary"), "Import 2, skip 1");
    assert!(checked.texts("#differences .withheld").len() >= 2);
    send(&blind, &format!("{address}/start"), &form(&checked)).await.then(303);
    known(&service, &address).await;
    let report = blind.open(&address).await.then(200);
    assert_eq!(report.texts(".tile dd"), ["2", "0", "0", "1", "0"]);
    assert!(!report.has("a[href$='rejected.csv']"));
    for page in [page, checked, report, blind.open("/imports").await.then(200)] {
        for secret in ["anna", "Łódź", "people.csv", "nobody"] {
            assert!(!page.html().to_lowercase().contains(secret), "{secret} is shown");
        }
    }
}
