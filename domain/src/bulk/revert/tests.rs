//! Whom taking back a bulk action leaves as it is, and whom not.

use super::*;
use crate::bulk::decide as act;
use crate::event::{UserCreated, UserDeleted};

fn list() -> Named {
    Named::by_id("spring".parse().unwrap())
}

fn vip() -> Named {
    Named::by_id("vip".parse().unwrap())
}

fn city(value: Option<&str>) -> BulkDeed {
    BulkDeed::SetProperty { property_id: "city".to_owned(), value: value.map(str::to_owned) }
}

/// A user of whom somebody says what happens next.
#[derive(Default)]
struct Life(Vec<Past>);

impl Life {
    fn new() -> Life {
        let made = UserCreated { email: Some("anna@example.org".into()), changes: Vec::new() };
        Life(vec![Past { event: Event::UserCreated(made), by: By::Others }])
    }

    fn user(&self) -> Option<User> {
        self.0.iter().fold(None, |user, past| evolve(user, &past.event))
    }

    fn then(mut self, by: By, deed: &BulkDeed) -> Life {
        let events = act(self.user().as_ref(), deed).unwrap();
        self.0.extend(events.into_iter().map(|event| Past { event, by }));
        self
    }

    /// What an earlier bulk action did is taken back; it is ours no more.
    fn taken_back(mut self, deed: &BulkDeed) -> Life {
        if let Undo::Restored(event) = decide(deed, None, &self.0) {
            self.0.push(Past { event: *event, by: By::Undone });
        }
        let ours = self.0.iter_mut().filter(|past| past.by == By::Ours);
        ours.for_each(|past| past.by = By::Undone);
        self
    }

    fn undo(&self, deed: &BulkDeed) -> Undo {
        decide(deed, None, &self.0)
    }
}

const DEEDS: [fn() -> BulkDeed; 3] =
    [|| BulkDeed::JoinList(list()), || BulkDeed::GainBadge(vip()), || city(Some("Lyon"))];
const OPPOSITES: [fn() -> BulkDeed; 3] =
    [|| BulkDeed::LeaveList(list()), || BulkDeed::LoseBadge(vip()), || city(None)];

#[test]
fn what_it_alone_did_is_as_if_it_had_never_been() {
    for (deed, opposite) in DEEDS.into_iter().zip(OPPOSITES) {
        let (deed, opposite) = (deed(), opposite());
        let before = Life::new().user();
        let life = Life::new().then(By::Ours, &deed);
        let Undo::Restored(event) = life.undo(&deed) else { panic!("{deed:?}") };
        assert_eq!(evolve(life.user(), &event), before);

        let life = Life::new().then(By::Others, &deed);
        let before = life.user();
        let life = life.then(By::Ours, &opposite);
        let Undo::Restored(event) = life.undo(&opposite) else { panic!("{opposite:?}") };
        assert_eq!(evolve(life.user(), &event), before);
    }
}

#[test]
fn what_was_changed_since_stays() {
    let reasons = [KeptBecause::ListChanged, KeptBecause::BadgeChanged, KeptBecause::ValueChanged];
    for ((deed, opposite), reason) in DEEDS.into_iter().zip(OPPOSITES).zip(reasons) {
        let life = Life::new().then(By::Ours, &deed()).then(By::Others, &opposite());
        assert_eq!(life.undo(&deed()), Undo::Kept(reason.clone()));
        // Somebody who did the same again by hand has the last word on a list or a badge.
        let again = life.then(By::Others, &deed());
        let same_value = reason == KeptBecause::ValueChanged;
        let expected = if same_value { Undo::Unchanged } else { Undo::Kept(reason) };
        assert_eq!(again.undo(&deed()), expected);
    }
}

#[test]
fn two_are_taken_back_in_any_order() {
    for (deed, opposite) in DEEDS.into_iter().zip(OPPOSITES) {
        let first = |by| Life::new().then(by, &deed());
        // The second one first: then the first one is the last word again.
        let life = Life(first(By::Others).0).then(By::Ours, &opposite()).taken_back(&opposite());
        let ours = |mut life: Life| {
            life.0[1].by = By::Ours;
            life
        };
        let Undo::Restored(event) = ours(Life(life.0.clone())).undo(&deed()) else {
            panic!("{:?}", deed())
        };
        assert_eq!(evolve(life.user(), &event), Life::new().user());
        // The first one first: that stays; then the second one leaves the user as it was before both.
        let both = first(By::Ours).then(By::Others, &opposite());
        assert!(matches!(both.undo(&deed()), Undo::Kept(_)));
        let mut second = both.taken_back(&deed());
        second.0[2].by = By::Ours;
        assert_eq!(second.undo(&opposite()), Undo::Unchanged);
    }
}

#[test]
fn who_is_gone_or_what_is_closed_stays_as_it_is() {
    let deed = BulkDeed::JoinList(list());
    let mut life = Life::new().then(By::Ours, &deed);
    let gone = decide(&BulkDeed::LeaveList(list()), Some(&KeptBecause::ListGone), &life.0);
    assert_eq!(gone, Undo::Kept(KeptBecause::ListChanged), "joined, though it was to leave");
    let deleted = UserDeleted { reverted_import: None, email: None };
    life.0.push(Past { event: Event::UserDeleted(deleted), by: By::Others });
    assert_eq!(life.undo(&deed), Undo::Kept(KeptBecause::UserGone));
    assert_eq!(Life::new().undo(&deed), Undo::Unchanged, "it was never touched");

    let badge = Life::new().then(By::Ours, &BulkDeed::GainBadge(vip()));
    let because = KeptBecause::BadgeFollowsAudience;
    let kept = decide(&BulkDeed::GainBadge(vip()), Some(&because), &badge.0);
    assert_eq!(kept, Undo::Kept(because));
    let left = Life::new().then(By::Others, &deed).then(By::Ours, &BulkDeed::LeaveList(list()));
    let gone = decide(&BulkDeed::LeaveList(list()), Some(&KeptBecause::ListGone), &left.0);
    assert_eq!(gone, Undo::Unchanged, "nobody is on a list that is no more");
}
