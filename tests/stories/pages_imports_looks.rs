//! Looking closer at imports: at what is in doubt, at what a check found page by page, at what was kept, at the history.

use serde_json::json;
use tests::{Page, Service, Visitor};

/// The page of a file that was uploaded.
async fn uploaded(service: &Service, visitor: &Visitor, csv: &str) -> (String, Page) {
    let address = service.draft(csv).await.trim_start_matches("/v1").to_owned();
    let page = visitor.open(&address).await.then(200);
    (address, page)
}

#[tokio::test]
async fn a_first_row_that_is_a_user_can_be_said_to_be_one() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let (address, page) = uploaded(&service, &visitor, "anna@example.org\nben@example.org\n").await;
    let reading = async |header: &str| {
        let said = [("encoding", "utf-8"), ("delimiter", "comma"), ("header", header)];
        visitor.send(&format!("{address}/reading"), &said).await
    };
    assert!(page.text("summary").ends_with("first row is a user"), "{}", page.text("summary"));
    let refused = reading("true").await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/email_column_missing");
    reading("false").await.then(303);
    let import = service.get(&format!("/v1{address}")).await.then(200).json();
    assert_eq!((&import["header"], &import["rows"]), (&json!(false), &json!(2)));
}

#[tokio::test]
async fn days_that_fit_two_orders_are_in_doubt_until_one_is_chosen() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let born = json!({ "reference_id": "born", "name": "Born", "type": "date" });
    service.post("/v1/properties", &born).await.then(201);
    let csv = "Email,Born\nanna@example.org,01/02/1990\n";
    let (_, page) = uploaded(&service, &visitor, csv).await;
    let doubt = ".mapped p.warning";
    assert_eq!(page.count(doubt), 1, "{}", page.html());
    assert_eq!(page.attributes("[name=date_order-2] option[selected]", "value"), [""; 0]);
    let clear = "Email,Born\nanna@example.org,31/01/1990\nben@example.org,30/11/1990\n";
    let (_, page) = uploaded(&service, &visitor, clear).await;
    assert_eq!(page.count(doubt), 0);
    assert_eq!(page.attribute("[name=date_order-2] option[selected]", "value"), "dmy");
}

#[tokio::test]
async fn what_a_check_found_is_looked_at_page_by_page() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let rows: String = (0..25).map(|n| format!("nobody{n}\n")).collect();
    let csv = format!("Email\nanna@example.org\n{rows}");
    let (address, _) = uploaded(&service, &visitor, &csv).await;
    let fields = [("take-1", "on"), ("target-1", "email"), ("mode", "both")];
    visitor.send(&format!("{address}/check"), &fields).await.then(303);
    let first = visitor.open(&address).await.then(200);
    let lines = |page: &Page| page.texts("#rejects tbody td:first-child");
    assert_eq!(lines(&first).len(), 20);
    assert_eq!(lines(&first)[0], "3");
    assert!(!first.has("#rejects[open]"), "nobody looks into it yet");
    let next = first.attribute("#rejects a[rel=next]", "href");
    assert!(next.ends_with("#rejects"), "{next}");
    let second = visitor.open(next.trim_end_matches("#rejects")).await.then(200);
    assert_eq!(lines(&second), ["23", "24", "25", "26", "27"]);
    assert!(second.has("#rejects[open]") && !second.has("#rejects a[rel=next]"));
    let first = second.attribute("#rejects .pages a", "href");
    assert_eq!(first, format!("{address}?of=rejects#rejects"));
    let first = visitor.open(first.trim_end_matches("#rejects")).await.then(200);
    assert_eq!(lines(&first)[0], "3");
}

#[tokio::test]
async fn what_an_undo_kept_is_told_with_the_rows() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let report = service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    let address = format!("/imports/{}", report["id"].as_str().unwrap());
    let anna = service.user_id("anna@example.org").await;
    service.act(&format!("/v1/users/{anna}/active")).await.then(200);
    let kept = "a[href$='/kept.csv']";
    let before = visitor.open(&address).await.then(200);
    assert!(!before.has(kept), "nothing was undone yet");
    let undo = visitor.open(&format!("{address}/undo")).await.then(200);
    assert_eq!(undo.texts(".tile dd")[3], "1", "{}", undo.html());
    assert!(undo.has(kept), "which one can be had before");
    visitor.send(&format!("{address}/undo"), &[]).await.then(303);
    service.get(&format!("/v1{address}?wait=true")).await.then(200);
    let page = visitor.open(&address).await.then(200);
    let rows = service.get(&page.attribute(kept, "href")).await.then(200).text();
    assert!(rows.contains("anna@example.org") && !rows.contains("ben@example.org"), "{rows}");
}

#[tokio::test]
async fn the_history_leads_on_to_older_imports_and_back_to_the_newest() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    for n in 0..51 {
        service.draft(format!("Email\nuser{n}@example.org\n")).await;
    }
    let newest = visitor.open("/imports").await.then(200);
    assert_eq!(newest.count("tbody tr"), 50);
    assert!(!newest.has(".pages a:not([rel])"), "this is the newest page");
    let older = visitor.open(&newest.attribute("a[rel=next]", "href")).await.then(200);
    assert_eq!(older.count("tbody tr"), 1);
    assert!(!older.has("a[rel=next]"));
    assert_eq!(older.attribute(".pages a", "href"), "/imports");
}
