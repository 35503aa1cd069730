//! Saved views of the table of users: columns, order and filters under a name.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service, Visitor};

const PEOPLE: &str = "Email,City,Points\nanna@example.org,Łódź,7\nben@example.org,Lyon,9\n\
    bea@example.org,Lyon,12\ncleo@example.org,Nice,3\n";

async fn given() -> Service {
    let service = Service::start().await;
    let points = json!({ "reference_id": "points", "name": "Points", "type": "number" });
    service.post("/v1/properties", &points).await.then(201);
    service.import(PEOPLE).await;
    service
}

fn lyon() -> Value {
    json!({ "name": "Lyon", "columns": ["points", "user_id"], "sort": "-email", "filter": { "property.city.is": "Lyon" } })
}

async fn put(
    service: &Service,
    method: Method,
    path: &str,
    body: Option<&Value>,
    etag: &str,
) -> Answer {
    let request = service.request(method, path).header("if-match", etag);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

fn emails(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_view_is_columns_order_and_filters_under_a_name() {
    let service = given().await;
    let saved = service.post("/v1/views", &lyon()).await.then(201).json();
    assert_eq!((&saved["id"], &saved["outdated"]), (&json!("lyon"), &json!(false)));
    assert_eq!(saved["filter"], json!({ "property.city.is": ["Lyon"] }));
    let page = service.get("/v1/users?view=lyon").await.then(200).json();
    assert_eq!(emails(&page), ["ben@example.org", "bea@example.org"]);
    assert_eq!(
        (&page["columns"], &page["sort"]),
        (&json!(["points", "user_id"]), &json!("-email"))
    );
    // What the request says itself goes before the view's, and filters hold together.
    let page = service.get("/v1/users?view=lyon&sort=email&search=be").await.then(200).json();
    assert_eq!(emails(&page), ["bea@example.org", "ben@example.org"]);
    let page =
        service.get("/v1/users?view=lyon&property.points.more_than=10").await.then(200).json();
    assert_eq!(emails(&page), ["bea@example.org"]);
    // Words that either searches for all have to be found.
    let an = json!({ "name": "An", "filter": { "search": "an" } });
    service.post("/v1/views", &an).await.then(201);
    assert_eq!(service.get("/v1/users?view=an").await.then(200).json()["total"], 1);
    assert_eq!(service.get("/v1/users?view=an&search=ben").await.then(200).json()["total"], 0);
    let all = service.get("/v1/users").await.then(200).json();
    assert_eq!((&all["total"], &all["sort"]), (&json!(4), &json!("member_since")));
}

#[tokio::test]
async fn an_export_holds_what_a_view_shows_and_says_it_in_full() {
    let service = given().await;
    service.post("/v1/views", &lyon()).await.then(201);
    let export = service.export("/v1/exports/users.csv?view=lyon").await;
    let leading = [
        "email",
        "member_since",
        "last_active_at",
        "challenges_completed",
        "digital_assets",
        "perks_used",
    ];
    assert_eq!(export.columns, [leading.as_slice(), &["points", "user_id"]].concat());
    assert_eq!(export.column("email"), ["ben@example.org", "bea@example.org"], "in its order");
    let sorted = service.export("/v1/exports/users.csv?view=lyon&sort=email").await;
    assert_eq!(sorted.column("email"), ["bea@example.org", "ben@example.org"]);
    let chosen = service.export("/v1/exports/users.csv?view=lyon&columns=email").await;
    assert_eq!((chosen.columns, chosen.rows.len()), (vec!["email".to_owned()], 2));
    // What was exported can be told when the view is another, or is no more.
    let body = json!({ "content": "users", "format": "csv", "view": "lyon" });
    let stored = service.post("/v1/exports?wait=true", &body).await.then(200).json();
    put(&service, Method::DELETE, "/v1/views/lyon", None, "*").await.then(204);
    let path = format!("/v1/exports/{}", stored["id"].as_str().unwrap());
    let told = service.get(&path).await.then(200).json();
    assert_eq!(told["query"]["property.city.is"], "Lyon");
    assert_eq!(told["query"]["sort"], "-email");
    assert_eq!(told["query"].get("view"), None);
    service.get("/v1/exports/users.csv?view=lyon").await.then_problem(404, "view_unknown");
    let past = "/v1/exports/users.csv?view=lyon&as_of=2020-01-01";
    service.get(past).await.then_problem(400, "parameter_invalid");
}

#[tokio::test]
async fn a_view_stays_what_it_is_when_a_property_is_called_otherwise_and_says_when_it_is_gone() {
    let service = given().await;
    service.post("/v1/views", &lyon()).await.then(201);
    let renamed = json!({ "reference_id": "town", "name": "Town" });
    put(&service, Method::PUT, "/v1/properties/city", Some(&renamed), "*").await.then(200);
    let view = service.get("/v1/views/lyon").await.then(200).json();
    assert_eq!(view["filter"], json!({ "property.town.is": ["Lyon"] }));
    assert_eq!(service.get("/v1/users?view=lyon").await.json()["total"], 2);
    // What is saved by the name of today is called by that of tomorrow, too.
    let nice = json!({ "name": "Nice", "sort": "-town", "filter": { "property.town.is": "Nice" } });
    service.post("/v1/views", &nice).await.then(201);
    let again = json!({ "reference_id": "place", "name": "Place" });
    put(&service, Method::PUT, "/v1/properties/city", Some(&again), "*").await.then(200);
    let page = service.get("/v1/users?view=nice").await.then(200).json();
    assert_eq!((&page["total"], &page["sort"]), (&json!(1), &json!("-place")));
    put(&service, Method::DELETE, "/v1/properties/points", None, "*").await.then(204);
    let page = service.get("/v1/users?view=lyon").await.then(200).json();
    assert_eq!(page["columns"], json!(["user_id"]), "a column that is gone drops out");
    put(&service, Method::DELETE, "/v1/properties/city", None, "*").await.then(204);
    service.get("/v1/users?view=lyon").await.then_problem(422, "view_outdated");
    let listed = service.get("/v1/views").await.then(200).json();
    assert_eq!(listed["items"][0]["outdated"], true);
}

#[tokio::test]
async fn a_view_of_a_list_or_a_segment_that_is_gone_says_so() {
    let service = given().await;
    service.post("/v1/lists", &json!({ "id": "vip", "name": "VIP" })).await.then(201);
    let in_lyon = json!({ "property": "city", "operator": "is", "value": "Lyon" });
    let conditions = json!({ "groups": [{ "conditions": [in_lyon] }] });
    let segment = json!({ "id": "near", "name": "Near", "conditions": conditions });
    service.post("/v1/segments", &segment).await.then(201);
    for (of, id) in [("list", "vip"), ("segment", "near")] {
        let view = json!({ "name": format!("Of a {of}"), "id": of, "filter": { of: id } });
        service.post("/v1/views", &view).await.then(201);
        let shown = service.get(&format!("/v1/views/{of}")).await.json();
        assert_eq!(shown["outdated"], false);
        put(&service, Method::DELETE, &format!("/v1/{of}s/{id}"), None, "*").await.then(204);
        let shown = service.get(&format!("/v1/views/{of}")).await.json();
        assert_eq!(shown["outdated"], true, "{shown}");
        let used = service.get(&format!("/v1/users?view={of}")).await;
        let said = used.then_problem(422, "view_outdated");
        assert!(said["detail"].as_str().unwrap().contains(of), "{said}");
    }
}

#[tokio::test]
async fn a_view_is_saved_anew_by_who_has_seen_it_and_is_gone_for_good() {
    let service = given().await;
    let saved = service.post("/v1/views", &lyon()).await.then(201);
    let etag = saved.header("etag").to_owned();
    put(&service, Method::PUT, "/v1/views/lyon", Some(&lyon()), &etag).await.then(200);
    let head = service.app.log.head();
    let same = put(&service, Method::PUT, "/v1/views/lyon", Some(&lyon()), &etag).await.then(200);
    assert_eq!((same.header("etag"), service.app.log.head()), (etag.as_str(), head), "no fact");
    let nice = json!({ "name": "Nice", "filter": { "property.city.is": "Nice" } });
    put(&service, Method::PUT, "/v1/views/lyon", Some(&nice), &etag).await.then(200);
    put(&service, Method::PUT, "/v1/views/lyon", Some(&lyon()), &etag)
        .await
        .then_problem(412, "version_conflict");
    service.put("/v1/views/lyon", &nice).await.then_problem(428, "if_match_missing");
    let page = service.get("/v1/users?view=lyon").await.then(200).json();
    assert_eq!(emails(&page), ["cleo@example.org"]);
    put(&service, Method::DELETE, "/v1/views/lyon", None, "*").await.then(204);
    assert_eq!(service.get("/v1/views").await.json()["items"], json!([]));
    let again = json!({ "id": "lyon", "name": "Lyon" });
    service.post("/v1/views", &again).await.then_problem(409, "reference_id_taken");
    let before = service.get("/v1/views").await.json();
    service.act("/v1/operations/rebuild").await.then(200);
    assert_eq!(
        service.get("/v1/views").await.json(),
        before,
        "built anew, the tables say the same"
    );
}

#[tokio::test]
async fn what_nobody_could_open_is_not_saved_and_personal_values_are_withheld() {
    let service = given().await;
    for (body, status, code) in [
        (json!({ "name": "" }), 400, "body_invalid"),
        (json!({ "name": "x", "sort": "colour" }), 422, "column_unknown"),
        (json!({ "name": "x", "columns": ["colour"] }), 422, "column_unknown"),
        (
            json!({ "name": "x", "filter": { "property.colour.is": "red" } }),
            422,
            "condition_invalid",
        ),
        (json!({ "name": "x", "filter": { "list": "nobody" } }), 404, "list_unknown"),
        (json!({ "name": "x", "filter": { "view": "nobody" } }), 404, "view_unknown"),
        (json!({ "name": "x", "filter": { "user": "0" } }), 400, "body_invalid"),
        (json!({ "name": "x", "filter": { "colour": "red" } }), 400, "parameter_unknown"),
        (
            json!({ "name": "x", "filter": { "search": "a".repeat(900), "property.city.is": "b".repeat(8_000) } }),
            400,
            "body_invalid",
        ),
    ] {
        service.post("/v1/views", &body).await.then_problem(status, code);
    }
    service.post("/v1/views", &lyon()).await.then(201);
    let viewer = service.with_token(&["users:read", "exports:create"]).await;
    let seen = viewer.get("/v1/views/lyon").await.then(200).json();
    assert_eq!(seen["filter"], json!({ "property.city.is": [null] }));
    viewer.get("/v1/users?view=lyon").await.then_problem(403, "personal_data_required");
    viewer.post("/v1/views", &json!({ "name": "x" })).await.then_problem(403, "scope_missing");
    let definer = service.with_token(&["users:read", "definitions:write"]).await;
    let another = json!({ "name": "Nice", "filter": { "property.city.is": "Nice" } });
    definer.post("/v1/views", &another).await.then_problem(403, "personal_data_required");
    // Who is not shown what a view asks for does not open it to everybody either.
    let url = format!("{}/v1/views/lyon", service.address);
    let open = tests::client().put(url).bearer_auth(&definer.token).header("if-match", "*");
    let open = Answer::of(open.json(&json!({ "name": "Lyon" }))).await;
    open.then_problem(403, "personal_data_required");
}

#[tokio::test]
async fn a_bulk_action_on_a_view_keeps_the_filters_it_had() {
    let service = given().await;
    service.post("/v1/views", &lyon()).await.then(201);
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    let asked = json!({ "action": "join_list", "list": "spring", "filter": { "view": "lyon" } });
    let done = service.post("/v1/bulk-actions?wait=true", &asked).await.then(200).json();
    assert_eq!(
        (&done["matched"], &done["filter"]),
        (&json!(2), &json!({ "property.city.is": ["Lyon"] }))
    );
    // Without filters a view is everybody, which has to be said.
    let all = json!({ "name": "All" });
    put(&service, Method::PUT, "/v1/views/lyon", Some(&all), "*").await.then(200);
    service.post("/v1/bulk-actions", &asked).await.then_problem(400, "body_invalid");
    let nothing = json!({ "action": "delete", "filter": { "search": " " } });
    service.post("/v1/bulk-actions", &nothing).await.then_problem(400, "body_invalid");
    // An accent is no such nothing: nobody is called so.
    let accent = json!({ "action": "delete", "filter": { "search": "\u{301}" } });
    let done = service.post("/v1/bulk-actions?wait=true", &accent).await.then(200).json();
    assert_eq!(done["matched"], 0, "{done}");
}

#[tokio::test]
async fn what_the_table_shows_is_saved_and_opened_again() {
    let service = given().await;
    let visitor = Visitor::of(&service);
    let table = visitor.open("/users?property.city.is=Lyon&sort=-email").await.then(200);
    let form = "form[action='/users/views'] input[type=hidden]";
    let names = table.attributes(form, "name");
    let values = table.attributes(form, "value");
    let mut fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    fields.push(("name", "Lyon"));
    let opened = visitor.done("/users/views", &fields).await;
    assert_eq!(opened.text(".notice"), "The view is saved.");
    assert_eq!(opened.texts(".chips bdi"), ["View: Lyon"]);
    assert_eq!(opened.count("tbody tr"), 2);
    assert_eq!(opened.attribute("th[aria-sort]", "aria-sort"), "descending");
    assert!(opened.has("#views a[href='/users?view=lyon'][aria-current=true]"));
    let said = "City is Lyon";
    assert_eq!(opened.attribute(".chips a", "title"), said);
    assert_eq!(opened.text("#views li .hint"), said);
    // The export asks for the same, and says so.
    let export = visitor.open("/exports/new?content=users&view=lyon").await.then(200);
    assert!(export.html().contains("View: Lyon"));
    let ids = json!({ "name": "Ids", "columns": ["user_id"] });
    service.post("/v1/views", &ids).await.then(201);
    let menu = visitor.open("/users").await.then(200).texts("#views li .hint");
    assert_eq!(menu, [said, "Everybody: it has no filter"]);
    let export = visitor.open("/exports/new?content=users&view=ids").await.then(200);
    let columns = export.text(".of-users > .hint");
    assert!(columns.contains("Perks used") && !columns.contains("City"), "{columns}");
    put(&service, Method::DELETE, "/v1/views/ids", None, "*").await.then(204);
    // A name that is taken leads back, and the one that has it is saved over when that is wanted.
    let taken = visitor.done("/users/views", &fields).await;
    assert!(taken.text(".notice").starts_with("There is a view of this name"));
    let over: Vec<(&str, &str)> =
        fields.iter().filter(|(name, _)| *name != "sort").copied().collect();
    let over = [over.as_slice(), &[("sort", "email"), ("over", "lyon")]].concat();
    visitor.done("/users/views", &over).await;
    assert_eq!(service.get("/v1/views/lyon").await.json()["sort"], "email");
    let removed = visitor.done("/users/views/lyon/remove", &[]).await;
    assert_eq!(
        (removed.text(".notice").as_str(), removed.has("#views li")),
        ("The view is removed.", false)
    );
    let again = service.post("/v1/views", &lyon()).await.then(201).json();
    let blind = service.with_token(&["users:read"]).await;
    let looked = Visitor::with(&service, &blind.token).open("/users").await.then(200);
    assert_eq!(looked.text("#views li .hint"), "City is withheld");
    let again = format!("/v1/views/{}", again["id"].as_str().unwrap());
    put(&service, Method::DELETE, &again, None, "*").await.then(204);
    let viewer = service.with_token(&["users:read", "personal:read"]).await;
    let looked = Visitor::with(&service, &viewer.token).open("/users").await.then(200);
    assert!(!looked.has("#views"), "nothing to open, and nothing that may be saved");
}
