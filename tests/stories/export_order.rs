//! Exports of users in the order of the table: by any column, either way, and as the table's pages show it.

use reqwest::Method;
use serde_json::json;
use tests::{Service, Visitor};

use crate::segments::change;
use crate::stored_exports::{path, stored};
use crate::users_table::{names, people};

/// Of one city, however it is written, and with as many points.
const ALIKE: &str =
    "Email,City,Points\neva@example.org,Łódź,9\nfinn@example.org,lodz,9\ngil@example.org,Łódź,9\n";

async fn given() -> Service {
    let service = people().await;
    service.import(ALIKE).await;
    for who in ["cleo@", "gil@"] {
        let id = service.user_id(who).await;
        service.act(&format!("/v1/users/{id}/active")).await.then(200);
        service.act(&format!("/v1/users/{id}/challenges/spring/join")).await.then(200);
    }
    let gil = service.user_id("gil@").await;
    service.act(&format!("/v1/users/{gil}/challenges/spring/complete")).await.then(200);
    service.settle().await;
    service
}

/// First letters of the addresses in an export, in its order.
async fn rows(service: &Service, query: &str) -> String {
    let table = service.export(&format!("/v1/exports/users.csv?{query}")).await;
    let first = |email: &&str| email.to_lowercase().chars().next().unwrap();
    table.column("email").iter().map(first).collect()
}

#[tokio::test]
async fn rows_are_in_the_order_of_the_tables_pages_by_any_column() {
    let service = given().await;
    for column in [
        "email",
        "member_since",
        "last_active_at",
        "challenges_completed",
        "digital_assets",
        "perks_used",
        "user_id",
        "first_name",
        "last_name",
        "lang",
        "external_id",
        "city",
        "points",
        "born",
        "vip",
    ] {
        for sort in [format!("sort={column}"), format!("sort=-{column}")] {
            let pages = names(&service, &sort, 2).await;
            assert_eq!(rows(&service, &sort).await, pages, "{sort}");
            let some = format!("{sort}&property.points.is_set=true");
            assert_eq!(rows(&service, &some).await, names(&service, &some, 2).await, "{some}");
        }
    }
    assert_eq!(rows(&service, "sort=email").await, "abcdefg");
    assert_eq!(rows(&service, "sort=-email&columns=email").await, "gfedcba");
    // Łódź is written before Lyon, in whichever letters; who has no value comes last, either way.
    let cities = rows(&service, "sort=city").await;
    assert!(cities[..4].chars().all(|who| "aefg".contains(who)), "{cities}");
    assert!(cities[4..6].chars().all(|who| "bc".contains(who)) && cities.ends_with('d'));
    assert!(rows(&service, "sort=-city").await.ends_with('d'));
    // What is not asked for is as it always was, to the byte; what only counts is exact.
    let plain = service.get("/v1/exports/users.csv").await.then(200).body;
    let by_since = service.get("/v1/exports/users.csv?sort=member_since").await.then(200).body;
    assert_eq!(plain, by_since);
    let sorted = service.get("/v1/exports/users.csv?sort=-points&compression=gzip").await.then(200);
    let counted = "/v1/exports/users.csv?sort=-points&compression=gzip&count=only";
    let counted = service.get(counted).await.then(200).json();
    assert_eq!(
        (&counted["rows"], &counted["bytes_estimate"]),
        (&json!(7), &json!(sorted.body.len()))
    );
    // In other forms the rows are the same.
    let lines = service.get("/v1/exports/users.ndjson?sort=-points&columns=email").await.then(200);
    let lines = lines.text();
    let first: String = lines.lines().filter_map(|line| line.chars().nth(10)).collect();
    assert_eq!(first.to_lowercase(), rows(&service, "sort=-points").await);
    service.stop().await;
}

#[tokio::test]
async fn a_file_that_is_kept_says_its_order_and_another_order_is_another_file() {
    let service = given().await;
    let with = |sort: &str| json!({ "content": "users", "format": "csv", "columns": "email,points", "sort": sort });
    let done = stored(&service, &with("-points")).await;
    let file = service.get(&format!("{}/file", path(&done))).await.then(200);
    let streamed = "/v1/exports/users.csv?columns=email,points&sort=-points";
    assert_eq!(file.body, service.get(streamed).await.then(200).body);
    let manifest = service.get(&format!("{}/manifest", path(&done))).await.then(200).json();
    assert_eq!(
        manifest["order"],
        json!({ "asked": "-points", "column": "points", "descending": true })
    );
    let early = service.get(&format!("{streamed}&manifest=only")).await.then(200).json();
    assert_eq!(early["order"], manifest["order"]);

    assert_eq!(stored(&service, &with("-points")).await["id"], done["id"], "the same again");
    let other = stored(&service, &with("points")).await;
    assert_ne!(other["id"], done["id"]);
    let turned = service.get(&format!("{}/file", path(&other))).await.then(200);
    assert_ne!(turned.header("etag"), file.header("etag"));
    assert_ne!(turned.body, file.body);

    let plain = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    let manifest = service.get(&format!("{}/manifest", path(&plain))).await.then(200).json();
    let by_since = json!({ "asked": null, "column": "member_since", "descending": false });
    assert_eq!(manifest["order"], by_since);
    let events = service.get("/v1/exports/user-events.csv?manifest=only").await.then(200).json();
    assert_eq!(events["order"], json!(null));
    service.stop().await;
}

#[tokio::test]
async fn the_order_of_then_is_by_the_values_and_names_of_then() {
    let service = given().await;
    let sorted = "sort=-points&columns=email,points";
    let answer = service.get(&format!("/v1/exports/users.csv?{sorted}")).await.then(200);
    let (cursor, before) = (answer.header("cohort-position").to_owned(), answer.body);
    service.import("Email,Points\nanna@example.org,1\ndan@example.org,500\n").await;
    let points = service.get("/v1/properties/points").await.then(200).json();
    let body = json!({ "reference_id": "score", "name": "Score" });
    change(&service, Method::PUT, "/v1/properties/points", &body, &points).await.then(200);
    service.settle().await;
    assert!(rows(&service, "sort=-score").await.starts_with('d'));

    let then = format!("/v1/exports/users.csv?{sorted}&as_of={cursor}");
    assert_eq!(service.get(&then).await.then(200).body, before);
    let body = json!({ "content": "users", "format": "csv", "columns": "email,points",
        "sort": "-points", "as_of": cursor });
    let done = stored(&service, &body).await;
    let file = service.get(&format!("{}/file", path(&done))).await.then(200);
    assert_eq!(file.body, before);
    let score = format!("/v1/exports/users.csv?sort=-score&as_of={cursor}");
    service.get(&score).await.then_problem(422, "column_unknown");
    service.stop().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_is_refused_and_tells_nobody_what_they_may_not_see() {
    let service = given().await;
    for (query, status, code) in [
        ("sort=colour", 422, "column_unknown"),
        ("sort=", 422, "column_unknown"),
        ("sort=email&sort=city", 400, "parameter_invalid"),
    ] {
        let path = format!("/v1/exports/users.csv?{query}");
        service.get(&path).await.then_problem(status, code);
    }
    let events = service.get("/v1/exports/user-events.csv?sort=email").await;
    events.then_problem(400, "parameter_unknown");
    let body = json!({ "content": "users", "format": "csv", "sort": "colour" });
    service.post("/v1/exports", &body).await.then_problem(422, "column_unknown");

    let blind = service.with_token(&["users:read", "exports:create"]).await;
    for sort in ["city", "-email", "vip"] {
        let path = format!("/v1/exports/users.csv?sort={sort}");
        blind.get(&path).await.then_problem(403, "personal_data_required");
    }
    let path = "/v1/exports/users.csv?columns=user_id&sort=-challenges_completed";
    let text = blind.get(path).await.then(200).text();
    assert_eq!(text.lines().nth(1), Some(service.user_id("gil@").await.as_str()));
    service.stop().await;
}

#[tokio::test]
async fn what_is_exported_in_any_order_imports_again_unchanged() {
    let service = given().await;
    for sort in ["-city", "last_active_at", "user_id"] {
        let path = format!("/v1/exports/users.csv?sort={sort}");
        let text = service.get(&path).await.then(200).text();
        assert_eq!(service.import_counts(text).await, [0, 0, 7, 0], "{sort}");
    }
    service.stop().await;
}

#[tokio::test]
async fn the_page_of_users_hands_its_order_on_and_says_it_in_words() {
    let service = given().await;
    let visitor = Visitor::of(&service);
    let plain = visitor.open("/users").await.then(200);
    let link = plain.attribute("a[data-module=export-dialog]", "href");
    assert_eq!(link, "/exports/new?content=users");
    assert!(!visitor.open(&link).await.then(200).has("input[name=sort]"));

    let sorted = visitor.open("/users?sort=-points&search=example").await.then(200);
    let link = sorted.attribute("a[data-module=export-dialog]", "href");
    assert_eq!(link, "/exports/new?content=users&sort=-points&search=example");
    let form = visitor.open(&link).await.then(200);
    assert_eq!(form.attribute("input[name=sort][checked]", "value"), "-points");
    let called = service.get("/v1/properties/points").await.then(200).json();
    let words = format!("By {}, descending", called["name"].as_str().unwrap());
    assert!(form.texts("label.tick").contains(&words), "{:?}", form.texts("label.tick"));
    assert_eq!(form.attribute("a[data-close]", "href"), "/users?sort=-points&search=example");

    let fields = [("content", "users"), ("format", "csv"), ("offered.sort", "-points")];
    let chosen = [&fields[..], &[("sort", "-points")]].concat();
    let counted = visitor.send("/exports/count", &chosen).await.then(200);
    assert!(counted.has("input[name=sort][checked]"));
    let asked = visitor.send("/exports/new", &chosen).await.then(303);
    let page = visitor.open(asked.leads_to()).await.then(200);
    assert_eq!(page.texts(".chips bdi"), [words]);
    let left = visitor.send("/exports/count", &fields).await.then(200);
    assert!(left.has("input[name=sort]:not([checked])"), "what was left out can be taken back");
    // A view's order is the table's.
    let view = json!({ "name": "Rich", "sort": "-points" });
    service.post("/v1/views", &view).await.then(201);
    let viewed = visitor.open("/users?view=rich").await.then(200);
    let link = viewed.attribute("a[data-module=export-dialog]", "href");
    assert_eq!(link, "/exports/new?content=users&sort=-points&view=rich");
    service.stop().await;
}
