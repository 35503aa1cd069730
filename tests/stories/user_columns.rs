//! The columns of the users export that the table does not show: what users belong to, and how they came.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Clock, Service};

use crate::segments::change;

const ALL: &str = "email,external_id,lang,badges,lists,segments,source,import";

/// Anna came with a file, Ben by hand; a file of later touches both and changes nothing of how they came.
async fn given(clock: &Clock) -> (Service, String) {
    let service = Service::start_at(clock).await;
    let conditions = json!({ "groups": [{ "conditions": [
        { "property": "city", "operator": "is", "value": "Lyon" }] }] });
    let body = json!({ "id": "lyon", "name": "Lyon", "conditions": conditions });
    service.import("Email,City\nnobody@example.org,Lyon\n").await;
    service.post("/v1/segments", &body).await.then(201);
    let file = "Email,City,External ID\nanna@example.org,Lyon,A-1\n";
    let report = service.import_with(file, "&new_list=Spring").await.then(200).json();
    let ben = json!({ "email": "ben@example.org" });
    service.post("/v1/users", &ben).await.then(201);
    let nobody = service.user_id("nobody@").await;
    service.delete(&format!("/v1/users/{nobody}")).await.then(200);
    clock.set("2026-02-01T08:00:00Z");
    let both = "Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n";
    service.import_with(both, "&new_list=-2026").await.then(200);
    let anna = service.user_id("anna@").await;
    for badge in ["vip", "early"] {
        service.act(&format!("/v1/users/{anna}/badges/{badge}")).await.then(200);
    }
    service.settle().await;
    (service, report["id"].as_str().unwrap().to_owned())
}

/// Anna's and Ben's lines, as columns that were asked for say.
async fn told(service: &Service, query: &str) -> Vec<Value> {
    let path = format!("/v1/exports/users.ndjson?columns={ALL}{query}");
    let text = service.get(&path).await.then(200).text();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["email"].to_string());
    lines
}

#[tokio::test]
async fn each_says_what_users_belong_to_and_how_they_came() {
    let clock = Clock::at("2026-01-02T08:00:00Z");
    let (service, import) = given(&clock).await;
    let anna = json!({ "email": "anna@example.org", "external_id": "A-1", "lang": null,
        "badges": ["early", "vip"], "lists": ["2026", "spring"], "segments": ["lyon"],
        "source": "import", "import": import });
    let ben = json!({ "email": "ben@example.org", "external_id": null, "lang": null,
        "badges": [], "lists": ["2026"], "segments": [], "source": "hand", "import": null });
    assert_eq!(told(&service, "").await, [anna.clone(), ben.clone()]);
    let columns = format!("/v1/exports/users.csv?columns={ALL},user_id");
    let mut table = service.export(&columns).await;
    assert_eq!(table.columns.join(","), format!("{ALL},user_id"), "in the order asked for");
    table.rows.sort_by_key(|row| row["email"].clone());
    let cells = |row: usize, name: &str| table.rows[row][name].clone();
    for (name, first, second) in [
        ("badges", "early;vip", ""),
        ("lists", "2026;spring", "2026"),
        ("segments", "lyon", ""),
        ("source", "import", "hand"),
        ("import", import.as_str(), ""),
        ("external_id", "A-1", ""),
        ("lang", "", ""),
    ] {
        assert_eq!((cells(0, name).as_str(), cells(1, name).as_str()), (first, second), "{name}");
    }
    assert_eq!(cells(0, "user_id"), service.user_id("anna@").await);
    // As they were then: before the second file and the badges.
    let then = told(&service, "&as_of=2026-01-31").await;
    assert_eq!(
        then[0],
        json!({ "email": "anna@example.org", "external_id": "A-1", "lang": null,
        "badges": [], "lists": ["spring"], "segments": ["lyon"], "source": "import", "import": import })
    );
    assert_eq!(then[1]["lists"], json!([]));
    // The tables are what a replay of the log makes.
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

#[tokio::test]
async fn ids_are_guarded_as_text_is_and_name_nobody() {
    let clock = Clock::at("2026-01-02T08:00:00Z");
    let (service, import) = given(&clock).await;
    let list = json!({ "id": "-late", "name": "Late" });
    service.post("/v1/lists", &list).await.then(201);
    service.import_with("Email\nben@example.org\n", "&list=-late").await.then(200);
    let table = service.export("/v1/exports/users.csv?columns=email,lists&safe=true").await;
    let mut lists = table.column("lists");
    lists.sort_unstable();
    assert_eq!(lists, ["'-late;2026", "2026;spring"]);
    let blind = service.with_token(&["exports:create", "users:read"]).await;
    let text = blind.get(&format!("/v1/exports/users.csv?columns={ALL}")).await.then(200).text();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.sort_unstable();
    assert_eq!(
        rows,
        [",,,,-late;2026,,hand,", &format!(",,,early;vip,2026;spring,lyon,import,{import}")]
    );
    service.stop().await;
}

#[tokio::test]
async fn what_there_is_to_ask_for_is_listed_and_a_property_goes_first() {
    let service = Service::start().await;
    let unknown = service.get("/v1/exports/users.csv?columns=perks").await;
    let unknown = unknown.then_problem(422, "column_unknown");
    let known: Vec<&str> =
        unknown["known"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in ALL.split(',').chain(["user_id", "first_name", "last_name"]) {
        assert!(known.contains(&name), "{name} of {known:?}");
    }
    // A file may have had a column of that name: what came with it goes by its name, as ever.
    service.import("Email,Source,Badges\nanna@example.org,Fair,gold\n").await;
    let query = "columns=source,badges,lists";
    let table = service.export(&format!("/v1/exports/users.csv?{query}")).await;
    assert_eq!((&*table.rows[0]["source"], &*table.rows[0]["badges"]), ("Fair", "gold"));
    let source = service.get("/v1/properties/source").await.then(200).json();
    let body = json!({ "reference_id": "heard_of_us", "name": "Heard of us" });
    change(&service, Method::PUT, "/v1/properties/source", &body, &source).await.then(200);
    let table = service.export("/v1/exports/users.csv?columns=source,heard_of_us").await;
    let cells = (&*table.rows[0]["source"], &*table.rows[0]["heard_of_us"]);
    assert_eq!(cells, ("import", "Fair"), "by what it is called now");
    service.stop().await;
}
