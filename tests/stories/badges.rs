//! Badges by hand: gained and lost strictly alternate, whoever is first.

use tests::Service;

async fn with_anna() -> (Service, String) {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let id = service.user_id("anna@").await;
    (service, id)
}

#[tokio::test]
async fn a_badge_is_gained_once_and_lost_once() {
    let (service, id) = with_anna().await;
    let badge = format!("/v1/users/{id}/badges/vip");
    let first = service.act(&badge).await.then(200).json();
    assert_eq!((first["recorded"].as_bool(), first["revision"].as_u64()), (Some(true), Some(1)));
    assert_eq!(service.act(&badge).await.then(200).json()["recorded"], false);
    assert_eq!(service.delete(&badge).await.then(200).json()["recorded"], true);
    service.delete(&badge).await.then_problem(409, "badge_not_held");
    assert_eq!(service.act(&badge).await.then(200).json()["recorded"], true);
    let history = service.get(&format!("/v1/users/{id}/events")).await.json();
    let types: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["cohort.badge.gained", "cohort.badge.lost", "cohort.badge.gained", "cohort.user.imported"]
    );
    assert_eq!(history["items"][1]["data"]["because"], "by_hand");
}

#[tokio::test]
async fn of_many_who_award_at_once_one_records() {
    let (service, id) = with_anna().await;
    let path = format!("/v1/users/{id}/badges/rush");
    let awards = (0..64).map(|_| service.act(&path));
    let mut recorded = 0;
    for answer in futures_util::future::join_all(awards).await {
        recorded += usize::from(answer.then(200).json()["recorded"] == true);
    }
    assert_eq!(recorded, 1);
    let exported = service.export("/v1/exports/user-events.csv?type=BadgeGained").await;
    assert_eq!(exported.column("badge_id"), ["rush"]);
}

#[tokio::test]
async fn nobody_and_nothing_are_refused_by_name() {
    let (service, id) = with_anna().await;
    let nobody = "0190b3c4-5d6e-8f70-8123-456789abcdef";
    service.act(&format!("/v1/users/{nobody}/badges/vip")).await.then_problem(404, "user_unknown");
    service
        .delete(&format!("/v1/users/{nobody}/badges/vip"))
        .await
        .then_problem(404, "user_unknown");
    service.act(&format!("/v1/users/{id}/badges/VIP")).await.then_problem(400, "id_invalid");
    service
        .act(&format!("/v1/users/{id}/badges/vip?since=x"))
        .await
        .then_problem(400, "parameter_unknown");
    let misspelt = serde_json::json!({ "ocurred_at": "2026-01-01T00:00:00Z" });
    service
        .post(&format!("/v1/users/{id}/badges/vip"), &misspelt)
        .await
        .then_problem(400, "body_invalid");
    let large = serde_json::json!({ "occurred_at": "x".repeat(600_000) });
    service
        .post(&format!("/v1/users/{id}/badges/vip"), &large)
        .await
        .then_problem(413, "body_too_large");
    service
        .get(&format!("/v1/users/{id}/badges/vip"))
        .await
        .then_problem(405, "method_not_allowed");
    assert_eq!(
        service.get(&format!("/v1/users/{id}")).await.json()["badges"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn something_may_have_happened_earlier_but_not_later() {
    let (service, id) = with_anna().await;
    let path = format!("/v1/users/{id}/badges/vip");
    for bad in ["2999-01-01T00:00:00Z", "2026-01-01", "yesterday"] {
        let body = serde_json::json!({ "occurred_at": bad });
        service.post(&path, &body).await.then_problem(400, "occurred_at_invalid");
    }
    service
        .post(&path, &serde_json::json!({ "occurred_at": "2020-05-06T07:08:09+02:00" }))
        .await
        .then(200);
    let table = service.export("/v1/exports/user-events.csv?type=BadgeGained&basis=occurred").await;
    assert_eq!(table.column("time"), ["2020-05-06T05:08:09.000000Z"]);
    assert_eq!(table.column("occurred_at"), table.column("time"));
}
