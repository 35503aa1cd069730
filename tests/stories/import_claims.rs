//! Whose an address is, as the log itself says: what an import falls back on when somebody else was faster.

use api::app::{App, entry, system};
use api::import::registry::Logged;
use domain::email::Email;
use domain::event::{EmailClaimed, EmailReleased, UserDeleted, UserImported};
use domain::matching::Registry;
use domain::{Event, UserId};
use eventlog::{Expected, Position, Stream};
use tests::Service;
use uuid::Uuid;

async fn record(app: &App, id: UserId, event: Event) {
    let stream = Stream::User(id);
    let expected = Expected::after(app.log.stream_revision(&stream).unwrap());
    let entry = entry(stream, expected, &event, None, &system(Uuid::now_v7()));
    app.log.append(vec![entry]).await.unwrap().remove(0).unwrap();
}

fn imported() -> Event {
    Event::UserImported(UserImported {
        import_id: Uuid::nil(),
        row: 1,
        created: true,
        email: Some("anna@example.org".to_owned()),
        member_since: None,
        changes: Vec::new(),
    })
}

#[tokio::test]
async fn an_address_is_its_claimants_until_it_is_released_taken_anew_or_the_claimant_is_gone() {
    let service = Service::start().await;
    let app = &service.app;
    let id = |text: &str| app.key.user_id(&Email::parse(text).unwrap(), 0);
    let (anna, address) = (id("anna@example.org"), id("anna@new.example"));
    let profiles = app.follower.store().profiles().unwrap();
    let logged = Logged { app, profiles: &profiles, began: Position::START };
    let claimed = || {
        let email = Some("anna@new.example".to_owned());
        Event::EmailClaimed(EmailClaimed { owner: anna, email })
    };
    let owner = || logged.claimed_by(address).unwrap();
    record(app, anna, imported()).await;
    assert_eq!(owner(), None, "nobody ever did");
    record(app, address, claimed()).await;
    assert_eq!(owner(), Some(anna));
    record(app, address, Event::EmailReleased(EmailReleased { owner: anna })).await;
    assert_eq!(owner(), None, "released");
    record(app, address, claimed()).await;
    record(app, anna, Event::UserDeleted(UserDeleted { reverted_import: None, email: None })).await;
    assert_eq!(owner(), None, "gone since");
    record(app, anna, imported()).await;
    assert_eq!(owner(), None, "who begins anew has not claimed it");
    record(app, address, claimed()).await;
    assert_eq!(owner(), Some(anna), "until it does");
    record(app, address, imported()).await;
    assert_eq!(owner(), None, "somebody else has it as a first address");
    assert!(!logged.released(address).unwrap(), "only a claim was");
    record(app, address, Event::EmailReleased(EmailReleased { owner: address })).await;
    assert!(logged.released(address).unwrap(), "for ever: the address has another stream now");
    drop(profiles);
    service.stop().await;
}
