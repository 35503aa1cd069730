//! Perks, digital assets and apps, and that users were there.

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::Clock;
use tests::{Answer, Service};

async fn recorded(service: &Service, method: Method, path: &str, body: &Value) -> bool {
    let request = service.request(method, path).json(body);
    Answer::of(request).await.then(200).json()["recorded"] == true
}

#[tokio::test]
async fn perks_are_received_and_used_and_digital_assets_kept() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let anna = format!("/v1/users/{}", service.user_id("anna@").await);
    service.act(&format!("{anna}/perks/coffee/use")).await.then_problem(409, "perk_not_held");
    for (path, expected) in [
        ("perks/coffee/receive", true),
        ("perks/coffee/receive", false),
        ("perks/coffee/use", true),
        ("perks/coffee/use", false),
        ("digital-assets/medal/receive", true),
        ("digital-assets/medal/receive", false),
        ("apps/shop", true),
        ("apps/shop", false),
    ] {
        let path = format!("{anna}/{path}");
        assert_eq!(recorded(&service, Method::POST, &path, &json!({})).await, expected, "{path}");
    }
    let at = service.app.cursor(service.app.log.head());
    let user = service.get(&format!("{anna}?min_position={at}")).await.then(200).json();
    assert_eq!((&user["perks_used"], &user["digital_assets"]), (&json!(1), &json!(1)));
    let perk = &user["perks"][0];
    assert_eq!(
        (&perk["perk_id"], &perk["received"], &perk["used"]),
        (&json!("coffee"), &json!(1), &json!(1))
    );
    assert_eq!(user["digital_assets_received"][0]["digital_asset_id"], "medal");
    assert_eq!(user["apps"][0]["app_id"], "shop");
    let table = service.export("/v1/exports/user-events.csv?not_type=UserImported").await;
    assert_eq!(table.column("perk_id"), ["coffee", "coffee", "", ""]);
    assert_eq!(table.column("digital_asset_id"), ["", "", "medal", ""]);
    assert_eq!(table.column("app_id"), ["", "", "", "shop"]);
    let used = service.export("/v1/exports/user-events.csv?type=PerkUsed").await;
    assert_eq!(used.column("perk_id"), ["coffee"]);
    let nobody = "/v1/users/00000000-0000-8000-8000-000000000000/perks/coffee/receive";
    service.act(nobody).await.then_problem(404, "user_unknown");

    // It comes back after a restart as it was, and a removed user leaves nothing of it.
    let service = service.restart().await;
    assert!(
        !recorded(&service, Method::POST, &format!("{anna}/perks/coffee/use"), &json!({})).await
    );
    service.delete(&anna).await.then(200);
    service.import("Email\nanna@example.org\n").await;
    let user = service.user("anna@").await;
    assert_eq!((&user["perks"], &user["perks_used"]), (&json!([]), &json!(0)));
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

#[tokio::test]
async fn a_segment_follows_the_apps_that_are_connected() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    let anna = format!("/v1/users/{}", service.user_id("anna@").await);
    let conditions = json!({ "groups": [{ "conditions": [{ "app": "shop" }] }] });
    let body = json!({ "id": "shoppers", "name": "Shoppers", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let app = format!("{anna}/apps/shop");
    service.delete(&app).await.then_problem(409, "app_not_connected");
    let preview = json!({ "conditions": conditions });
    for (method, inside) in [(Method::POST, 1), (Method::DELETE, 0), (Method::POST, 1)] {
        assert!(recorded(&service, method, &app, &json!({})).await);
        let page = service.get("/v1/users?segment=shoppers&settled=true").await.then(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), inside);
        let with_app = service.get("/v1/users?app=shop&count=only").await.then(200).json();
        assert_eq!(with_app["total"], inside);
        let export = service.export("/v1/exports/users.csv?app=shop").await;
        assert_eq!(export.rows.len(), inside);
        let looked = service.post("/v1/segments/preview", &preview).await.then(200).json();
        assert_eq!(looked["users"], inside, "a preview says the same");
    }
    service.stop().await;
}

#[tokio::test]
async fn that_a_user_was_there_is_known_once_an_hour() {
    let clock = Clock::at("2026-03-01T10:15:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\nanna@example.org\n").await;
    let path = format!("/v1/users/{}/active", service.user_id("anna@").await);
    for (now, expected) in [
        ("2026-03-01T10:16:00Z", true),
        ("2026-03-01T10:59:59Z", false),
        ("2026-03-01T11:00:00Z", true),
    ] {
        clock.set(now);
        assert_eq!(recorded(&service, Method::POST, &path, &json!({})).await, expected, "{now}");
    }
    let earlier = json!({ "occurred_at": "2026-03-01T09:00:00Z" });
    assert!(!recorded(&service, Method::POST, &path, &earlier).await, "before the last known");
    service.settle().await;
    let user = service.user("anna@").await;
    assert_eq!(user["last_active_at"], "2026-03-01T11:00:00.000000Z");
    let service = service.restart().await;
    assert!(!recorded(&service, Method::POST, &path, &json!({})).await, "known after a restart");
    service.stop().await;
}
