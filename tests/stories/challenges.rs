//! Challenges: joined, advanced, completed; repeats write nothing.

use tests::Service;

#[tokio::test]
async fn a_challenge_runs_from_joining_to_completion() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let id = service.user_id("anna@").await;
    let challenge = format!("/v1/users/{id}/challenges/spring");
    let step = |name: &str| format!("{challenge}/steps/{name}/complete");
    service.act(&step("share")).await.then_problem(409, "challenge_not_joined");
    service.act(&format!("{challenge}/complete")).await.then_problem(409, "challenge_not_joined");
    for (path, recorded) in [
        (format!("{challenge}/join"), true),
        (format!("{challenge}/join"), false),
        (step("share"), true),
        (step("share"), false),
        (step("invite"), true),
        (format!("{challenge}/complete"), true),
        (format!("{challenge}/complete"), false),
        (step("invite"), false),
    ] {
        assert_eq!(service.act(&path).await.then(200).json()["recorded"], recorded, "{path}");
    }
    service.act(&step("late")).await.then_problem(409, "challenge_already_completed");

    let position = service.app.cursor(service.app.log.head());
    let user =
        service.get(&format!("/v1/users/{id}?min_position={position}")).await.then(200).json();
    assert_eq!(user["challenges_completed"], 1);
    assert_eq!(user["challenges"][0]["steps"], serde_json::json!(["share", "invite"]));
    assert!(
        user["last_active_at"].is_string() && user["challenges"][0]["completed_at"].is_string()
    );
    let events = service.export("/v1/exports/user-events.csv?not_type=UserImported").await;
    assert_eq!(
        events.column("event_label"),
        [
            "Challenge joined",
            "Challenge step completed",
            "Challenge step completed",
            "Challenge completed"
        ]
    );
    assert_eq!(events.column("step_id"), ["", "share", "invite", ""]);
    assert_eq!(events.column("user_email"), ["anna@example.org"; 4]);
}
