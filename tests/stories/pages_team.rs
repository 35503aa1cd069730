//! Pages to sign in with, the team, and one's own account, as somebody without scripts uses them.

use reqwest::Method;
use tests::browser::PASSWORD;
use tests::{Answer, Browser, Page, Service};

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

/// A page, as a browser that is signed in opens it.
async fn open(browser: &Browser, path: &str) -> Page {
    Page::of(browser.request(Method::GET, path)).await
}

/// A form, sent by a browser that is signed in.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = tests::browser::form(fields);
    Page::of(browser.request(Method::POST, path).body(form)).await
}

#[tokio::test]
async fn somebody_signs_in_on_the_way_to_a_page_and_out_again() {
    let service = Service::start().await;
    let mut anna = Browser::new(&service);
    let link = service.first_link.clone().unwrap();
    let page = open(&anna, &link).await.then(200);
    assert_eq!(page.attribute("input#password", "autocomplete"), "new-password");
    let short = [("email", ANNA), ("password", "short")];
    let refused = send(&anna, &link, &short).await.then(422);
    assert_eq!(refused.attribute("input#email", "value"), ANNA, "what was typed stays");
    assert!(refused.has("#password[aria-invalid]") && refused.has("#fault-password"));
    assert!(!refused.html().contains("short\""), "but no password");
    anna.submit(&link, &[("email", ANNA), ("password", PASSWORD)]).await.then(303);
    assert_eq!(
        open(&anna, &link).await.then(404).attribute("main a", "href"),
        "/problems/link_invalid"
    );

    let page = open(&anna, "/users").await.then(200);
    assert_eq!(page.text(".account code"), ANNA);
    assert!(page.has("form[action='/sign-out']"));
    assert_eq!(open(&anna, "/sign-in?to=/team").await.then(303).leads_to(), "/team");
    anna.submit("/sign-out", &[]).await.then(303);
    let sent = open(&anna, "/team").await.then(303);
    assert_eq!(sent.leads_to(), "/sign-in?to=%2Fteam");
    let page = open(&anna, sent.leads_to()).await.then(200);
    assert_eq!(page.attribute("input[name=to]", "value"), "/team");
    assert_eq!(page.attribute("input#password", "autocomplete"), "current-password");
    let wrong = [("email", ANNA), ("password", "battery staple"), ("to", "/team")];
    let refused = send(&anna, "/sign-in", &wrong).await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/sign_in_failed");
    assert_eq!(refused.attribute("input#email", "value"), ANNA);
    assert_eq!(refused.attribute("input[name=to]", "value"), "/team");
    let right = [("email", ANNA), ("password", PASSWORD), ("to", "/team")];
    assert_eq!(anna.submit("/sign-in", &right).await.then(303).header("location"), "/team");
    open(&anna, "/team").await.then(200);
    let forged = anna.plain(Method::POST, "/team").header("sec-fetch-site", "cross-site");
    Page::of(forged.body("email=x&role=admin")).await.then(403);
}

#[tokio::test]
async fn the_team_is_managed_on_its_page_and_a_link_is_shown_once() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let typed = [("email", "ben"), ("name", "Ben"), ("role", "editor")];
    let refused = send(&anna, "/team", &typed).await.then(422);
    assert!(refused.has("#field-email[aria-invalid]") && refused.has("#fault-email"));
    assert_eq!(refused.attribute("#field-name", "value"), "Ben");
    assert_eq!(refused.attribute("#field-role option[selected]", "value"), "editor");
    let typed = [("email", BEN), ("name", "Ben"), ("role", "editor"), ("personal_data", "true")];
    let invited = send(&anna, "/team", &typed).await.then(200);
    let link = invited.attribute("#made-link", "value");
    let page = open(&anna, "/team").await.then(200);
    assert!(!page.has("#made-link") && !page.html().contains(&link));
    assert_eq!(page.texts("tbody .tag"), ["Joined", "Invited"]);

    let mut ben = Browser::new(&service);
    let path = link.strip_prefix(&service.address).unwrap();
    assert_eq!(open(&ben, path).await.then(200).attribute("input#email", "value"), BEN);
    ben.submit(path, &[("password", PASSWORD)]).await.then(303);
    let me = ben.me().await;
    assert_eq!([&me["role"], &me["personal_data"]], [&"editor".into(), &serde_json::json!(true)]);
    let no_page = open(&ben, "/team").await.then(403);
    assert_eq!(no_page.attribute("main a", "href"), "/problems/scope_missing");
    assert!(!no_page.has("nav a[href='/team']"));

    let of = format!("/team/{}", me["id"].as_str().unwrap());
    let changed = send(&anna, &of, &[("name", "Ben B."), ("role", "viewer")]).await.then(303);
    assert_eq!(changed.leads_to(), "/team");
    let me = ben.me().await;
    assert_eq!([&me["name"], &me["role"]], ["Ben B.", "viewer"]);
    let again = send(&anna, &format!("{of}/link"), &[]).await.then(200);
    assert!(again.has("#made-link"));
    let own = format!("/team/{}", anna.member);
    let refused = send(&anna, &format!("{own}/remove"), &[]).await.then(409);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/last_admin");
    send(&anna, &format!("{of}/remove"), &[]).await.then(303);
    ben.get("/v1/me").await.then_problem(401, "unauthenticated");
}

#[tokio::test]
async fn ones_own_account_has_a_name_a_zone_a_password_and_sessions() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let mut there = Browser::new(&service);
    there.sign_in(ANNA, PASSWORD).await.then(303);
    let page = open(&anna, "/account").await.then(200);
    assert_eq!(page.count("tbody tr"), 2);
    send(&anna, "/account", &[("name", "Anna"), ("zone", "Asia/Tokyo")]).await.then(303);
    let page = open(&anna, "/account").await.then(200);
    assert_eq!(page.attribute("#field-zone", "value"), "Asia/Tokyo");
    assert_eq!(page.text(".account code"), "Anna");
    let refused =
        send(&anna, "/account", &[("name", "Anna"), ("zone", "Mars/Base")]).await.then(400);
    assert!(refused.has("#fault-zone"));
    let wrong = [("current", "battery staple"), ("new", "a new one, quite long")];
    assert!(send(&anna, "/account/password", &wrong).await.then(422).has("#fault-current"));
    let short = [("current", PASSWORD), ("new", "short")];
    assert!(send(&anna, "/account/password", &short).await.then(422).has("#fault-new"));
    let end = page.attribute("tbody form", "action");
    send(&anna, &end, &[]).await.then(303);
    there.get("/v1/me").await.then_problem(401, "unauthenticated");
    assert_eq!(open(&anna, "/account").await.then(200).count("tbody tr"), 1);
    // A token has a page too, without what only a member has.
    let page = Page::of(service.request(Method::GET, "/account")).await.then(200);
    assert!(!page.has("#current") && page.has("dl.facts"));
    Answer::of(anna.request(Method::POST, "/sign-out-everywhere")).await.then(303);
    open(&anna, "/account").await.then(303);
}
