//! What conditions must not say, though it could be read: nobody means it.

use super::form::FormFault;
use super::{Condition, Conditions, Group, Happened, Operator, Test};
use crate::event::EventKind;

impl Conditions {
    /// Whether somebody can mean this.
    ///
    /// # Errors
    /// [`FormFault`], with the place: no group, a group of no conditions, a range whose end is before its beginning, `of`
    /// where a kind of events is about nothing.
    pub fn make_sense(&self) -> Result<(), FormFault> {
        if self.groups.is_empty() {
            let what = "at least one group; without any, nobody would be in".to_owned();
            return Err(FormFault { place: "the conditions".to_owned(), what });
        }
        (1..).zip(&self.groups).try_for_each(|(number, group)| group.makes_sense(number))
    }
}

impl Group {
    fn makes_sense(&self, number: usize) -> Result<(), FormFault> {
        if self.conditions.is_empty() {
            let what = "at least one condition; everybody is in by \
                        {\"property\": \"member_since\", \"operator\": \"is_set\"}";
            return Err(FormFault { place: format!("group {number}"), what: what.to_owned() });
        }
        let sense = |(place, condition): (usize, &Condition)| {
            let place = || format!("group {number}, condition {place}");
            condition.test.makes_sense().map_err(|what| FormFault { place: place(), what })
        };
        (1..).zip(&self.conditions).try_for_each(sense)
    }
}

impl Test {
    fn makes_sense(&self) -> Result<(), String> {
        match self {
            Test::Property { operator, .. } | Test::Moment { operator, .. } => {
                match operator.is_backwards() {
                    true => Err("from is after to".to_owned()),
                    false => Ok(()),
                }
            }
            Test::Happened(happened) => happened.makes_sense(),
            Test::Member(_) => Ok(()),
        }
    }
}

impl Operator {
    /// Whether its range ends before it begins.
    fn is_backwards(&self) -> bool {
        if let Operator::Between(from, to) = self {
            let number = |text: &str| text.parse::<f64>().ok();
            return number(from) > number(to);
        }
        if let Operator::BetweenDays(from, to) = self { from > to } else { false }
    }
}

impl Happened {
    fn makes_sense(&self) -> Result<(), String> {
        match self.of.is_some() && is_about_nothing(self.kind) {
            true => Err(format!("{} is about nothing that of could name", self.kind.name())),
            false => Ok(()),
        }
    }
}

/// Whether facts of this kind name no list, segment, badge, challenge, perk, digital asset or app.
fn is_about_nothing(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::UserImported
            | EventKind::UserCreated
            | EventKind::UserPropertiesChanged
            | EventKind::UserEmailChanged
            | EventKind::UserActive
            | EventKind::UserDeleted
    )
}
