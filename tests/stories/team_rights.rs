//! What each role may do, and that seeing personal data is a right of its own, which nobody gives who has it not.

use reqwest::Method;
use serde_json::json;
use tests::browser::PASSWORD;
use tests::{Browser, Service};

use super::cli::{cohort, then};

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";
const CANARY: &str = "canary-7f3a";

#[tokio::test]
async fn each_role_is_refused_by_name_what_it_may_not_and_a_change_holds_at_once() {
    let service = Service::start().await;
    let report = service.import("Email\ncleo@example.org\n").await;
    let cleo = service.user_id("cleo").await;
    Browser::first(&service, ANNA).await;
    let ben = Browser::invited(&service, BEN, "viewer", true).await;
    let award = format!("/v1/users/{cleo}/badges/vip");
    let missing = async |ben: &Browser, method: Method, path: &str, scope: &str| {
        let problem = ben.act(method, path).await.then_problem(403, "scope_missing");
        assert_eq!(problem["scope"], scope);
    };
    ben.get("/v1/users?search=cleo").await.then(200);
    ben.get(&format!("/v1/users/{cleo}/events")).await.then(200);
    ben.get("/v1/exports/users.csv").await.then(200);
    missing(&ben, Method::POST, &award, "users:write").await;
    missing(&ben, Method::GET, "/v1/imports", "imports:write").await;
    missing(&ben, Method::GET, "/v1/team", "admin").await;
    let make_admin = async |role: &str| {
        let path = format!("/v1/team/{}", ben.member);
        let patch = service.request(Method::PATCH, &path).json(&json!({ "role": role }));
        tests::Answer::of(patch).await.then(200);
    };
    make_admin("editor").await;
    ben.act(Method::POST, &award).await.then(200);
    ben.get(&format!("/v1/imports/{}", report["id"].as_str().unwrap())).await.then(200);
    ben.send(Method::POST, "/v1/lists", &json!({ "name": "Spring" })).await.then(201);
    missing(&ben, Method::GET, "/v1/tokens", "admin").await;
    missing(&ben, Method::POST, "/v1/operations/check", "admin").await;
    make_admin("admin").await;
    ben.get("/v1/tokens").await.then(200);
    make_admin("viewer").await;
    missing(&ben, Method::GET, "/v1/tokens", "admin").await;
    missing(&ben, Method::POST, &award, "users:write").await;
}

#[tokio::test]
async fn an_admin_without_the_right_sees_nothing_personal() {
    let service = Service::start().await;
    let file = format!("Email,First Name,Secret\n{CANARY}@example.org,{CANARY},{CANARY}\n");
    let report =
        service.import_with(file, &format!("&filename={CANARY}.csv")).await.then(200).json();
    let id = service.user_id(CANARY).await;
    let (seeing, blind) = (
        Browser::first(&service, ANNA).await,
        Browser::invited(&service, BEN, "admin", false).await,
    );
    assert_eq!(blind.me().await["personal_data"], false);
    for path in [
        "/v1/users".to_owned(),
        format!("/v1/users/{id}"),
        format!("/v1/users/{id}/events"),
        format!("/v1/imports/{}", report["id"].as_str().unwrap()),
        "/v1/imports".to_owned(),
        "/v1/exports/users.csv".to_owned(),
        "/v1/exports/user-events.ndjson".to_owned(),
    ] {
        let (full, withheld) =
            (seeing.get(&path).await.then(200), blind.get(&path).await.then(200));
        assert!(full.text().contains(CANARY), "{path}: {}", full.text());
        assert!(!withheld.text().contains(CANARY), "{path}: {}", withheld.text());
    }
    let search = format!("/v1/users?search={CANARY}");
    for path in [search.as_str(), "/v1/operations/backup", &format!("/v1/users/{id}/export.zip")] {
        blind.get(path).await.then_problem(403, "personal_data_required");
        seeing.get(path).await.then(200);
    }
}

#[tokio::test]
async fn nobody_gives_the_right_who_has_it_not() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let blind = Browser::invited(&service, BEN, "admin", false).await;
    let refused = async |method: Method, path: &str, body: serde_json::Value| {
        blind.send(method, path, &body).await.then_problem(403, "personal_data_required");
    };
    let own = format!("/v1/team/{}", blind.member);
    refused(Method::PATCH, &own, json!({ "personal_data": true })).await;
    let invited = json!({ "email": "cleo@example.org", "role": "viewer", "personal_data": true });
    refused(Method::POST, "/v1/team", invited).await;
    refused(Method::POST, "/v1/tokens", json!({ "scopes": ["admin"] })).await;
    refused(Method::POST, "/v1/tokens", json!({ "scopes": ["users:read", "personal:read"] })).await;
    // Whoever has her link can be her.
    refused(Method::POST, &format!("/v1/team/{}/link", anna.member), json!({})).await;
    refused(Method::POST, "/v1/sign-in-links", json!({})).await;
    blind.act(Method::POST, &format!("{own}/link")).await.then(201);
    let token = json!({ "scopes": ["users:read"] });
    blind.send(Method::POST, "/v1/tokens", &token).await.then(201);
    anna.send(Method::PATCH, &own, &json!({ "personal_data": true })).await.then(200);
    blind.send(Method::POST, "/v1/tokens", &json!({ "scopes": ["admin"] })).await.then(201);
}

#[tokio::test]
async fn keys_exports_and_columns_belong_to_the_member_who_used_them() {
    let service = Service::start().await;
    service.import("Email\ncleo@example.org\n").await;
    let anna = Browser::invited(&service, ANNA, "editor", true).await;
    let ben = Browser::invited(&service, BEN, "editor", true).await;
    let with_key = async |who: &Browser, name: &str| {
        let request = who.request(Method::POST, "/v1/lists").header("idempotency-key", "once");
        tests::Answer::of(request.json(&json!({ "name": name }))).await
    };
    with_key(&anna, "Spring").await.then(201);
    let again = with_key(&anna, "Spring").await.then(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    with_key(&anna, "Summer").await.then_problem(422, "idempotency_key_reused");
    with_key(&ben, "Summer").await.then(201);
    let body = json!({ "content": "users", "format": "csv" });
    let made = anna.send(Method::POST, "/v1/exports?wait=true", &body).await.then(200).json();
    let by = json!({ "type": "team_member", "id": anna.member, "name": ANNA });
    assert_eq!(made["requested_by"], by);
    let file = format!("/v1/exports/{}/file", made["id"].as_str().unwrap());
    anna.get(&file).await.then(200);
    ben.get(&file).await.then_problem(404, "export_unknown");
    service.get(&file).await.then(200);
    let listed = ben.get("/v1/exports").await.then(200).json();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_way_in_gets_a_link_from_the_command_line() {
    let service = Service::start().await;
    let mut anna = Browser::first(&service, ANNA).await;
    let out = then(&cohort(&service, &["sign-in-link", "--email", "Anna@example.org"]).await, 0);
    let link = out.trim().strip_prefix(&service.address).unwrap().to_owned();
    anna.submit(&link, &[("password", "a new one, quite long")]).await.then(303);
    let unknown = cohort(&service, &["sign-in-link", "--email", "nobody@example.org"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    let data = service.data.clone();
    let data = data.to_str().unwrap();
    let busy = cohort(&service, &["sign-in-link", "--data", data]).await;
    assert_eq!(busy.status.code(), Some(1), "a service holds the folder");
    let (address, folder) = (service.address.clone(), service.stop().await);
    let offline = async |args: &[&str]| {
        let args = [&["sign-in-link", "--data", data], args].concat();
        then(&super::cli::cohort_at(&address, &args).await, 0).trim().to_owned()
    };
    let (hers, new) = (offline(&["--email", ANNA]).await, offline(&[]).await);
    let service = Service::open(std::path::Path::new(data), None, &[]).await;
    let mut anna = Browser::new(&service);
    anna.submit(&hers, &[("password", PASSWORD)]).await.then(303);
    let mut ben = Browser::new(&service);
    ben.submit(&new, &[("email", BEN), ("password", PASSWORD)]).await.then(303);
    assert_eq!(ben.me().await["role"], "admin");
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.contains("\"sound\":true"), "{check}");
    service.stop().await;
    drop(folder);
}
