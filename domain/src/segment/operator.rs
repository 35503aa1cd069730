//! What can be asked of a value, by its type.

use chrono::{DateTime, NaiveDate, SecondsFormat};

use super::{Answer, Now, days_after};
use crate::fold::fold;
use crate::value::{CellRule, ValueType};

/// What is asked of a value. Texts are compared without regard to case and accents; days are those of the instance's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// There is a value.
    IsSet,
    /// There is none.
    IsNotSet,
    /// Text: the same.
    Is(String),
    /// Text: another, or none.
    IsNot(String),
    /// Text: it holds this.
    Contains(String),
    /// Text: it does not hold this, or there is none.
    DoesNotContain(String),
    /// Text: it begins so.
    StartsWith(String),
    /// Text: it ends so.
    EndsWith(String),
    /// Text: one of these.
    IsOneOf(Vec<String>),
    /// Number: equal.
    Equals(String),
    /// Number: another, or none.
    DoesNotEqual(String),
    /// Number: less.
    LessThan(String),
    /// Number: less or equal.
    AtMost(String),
    /// Number: more.
    MoreThan(String),
    /// Number: more or equal.
    AtLeast(String),
    /// Number: from the first to the second, both included.
    Between(String, String),
    /// Boolean: true.
    IsTrue,
    /// Boolean: false.
    IsFalse,
    /// Date: this day.
    On(NaiveDate),
    /// Date: an earlier day.
    Before(NaiveDate),
    /// Date: a later day.
    After(NaiveDate),
    /// Date: from the first day to the second, both included.
    BetweenDays(NaiveDate, NaiveDate),
    /// Date: today or one of the days before it, so many in all.
    InTheLastDays(u32),
    /// Date: more than so many days before today.
    MoreThanDaysAgo(u32),
    /// Date: today or one of the days after it, so many in all.
    InTheNextDays(u32),
}

/// Why an operator cannot be asked of values of a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// It is for values of another type.
    #[error(
        "{operator} is asked of values of another type than {kind}; those of a {kind} are {names}",
        kind = .kind.name(), names = Operator::names_of(*.kind).join(", ")
    )]
    Type {
        /// Its name.
        operator: &'static str,
        /// The type there is.
        kind: ValueType,
    },
    /// What it compares with is no number.
    #[error("{operator} compares with numbers of at most 15 significant digits")]
    Number {
        /// Its name.
        operator: &'static str,
    },
}

impl Operator {
    /// Its public name.
    pub fn name(&self) -> &'static str {
        match self {
            Operator::IsSet => "is_set",
            Operator::IsNotSet => "is_not_set",
            Operator::Is(_) => "is",
            Operator::IsNot(_) => "is_not",
            Operator::Contains(_) => "contains",
            Operator::DoesNotContain(_) => "does_not_contain",
            Operator::StartsWith(_) => "starts_with",
            Operator::EndsWith(_) => "ends_with",
            Operator::IsOneOf(_) => "is_one_of",
            Operator::Equals(_) => "equals",
            Operator::DoesNotEqual(_) => "does_not_equal",
            Operator::LessThan(_) => "less_than",
            Operator::AtMost(_) => "at_most",
            Operator::MoreThan(_) => "more_than",
            Operator::AtLeast(_) => "at_least",
            Operator::Between(..) => "between",
            Operator::BetweenDays(..) => "between_days",
            Operator::IsTrue => "is_true",
            Operator::IsFalse => "is_false",
            Operator::On(_) => "on",
            Operator::Before(_) => "before",
            Operator::After(_) => "after",
            Operator::InTheLastDays(_) => "in_the_last_days",
            Operator::MoreThanDaysAgo(_) => "more_than_days_ago",
            Operator::InTheNextDays(_) => "in_the_next_days",
        }
    }

    /// The names of those that values of a type can be asked.
    pub fn names_of(kind: ValueType) -> &'static [&'static str] {
        match kind {
            ValueType::Text => &[
                "is",
                "is_not",
                "contains",
                "does_not_contain",
                "starts_with",
                "ends_with",
                "is_one_of",
                "is_set",
                "is_not_set",
            ],
            ValueType::Number => &[
                "equals",
                "does_not_equal",
                "less_than",
                "at_most",
                "more_than",
                "at_least",
                "between",
                "is_set",
                "is_not_set",
            ],
            ValueType::Boolean => &["is_true", "is_false", "is_set", "is_not_set"],
            ValueType::Date => &[
                "on",
                "before",
                "after",
                "between_days",
                "in_the_last_days",
                "more_than_days_ago",
                "in_the_next_days",
                "is_set",
                "is_not_set",
            ],
        }
    }

    /// Whether time alone can change the answer.
    pub fn is_timed(&self) -> bool {
        matches!(
            self,
            Operator::InTheLastDays(_) | Operator::MoreThanDaysAgo(_) | Operator::InTheNextDays(_)
        )
    }

    /// Whether values of this type can be asked it.
    ///
    /// # Errors
    /// See [`Unsuitable`].
    pub fn suits(&self, kind: ValueType) -> Result<(), Unsuitable> {
        let operator = self.name();
        match self.kind() {
            Some(of) if of != kind => return Err(Unsuitable::Type { operator, kind }),
            Some(_) | None => {}
        }
        let numbers = self.numbers();
        let number = |text: &&String| CellRule::of(ValueType::Number).read(text).is_ok();
        if numbers.iter().all(number) { Ok(()) } else { Err(Unsuitable::Number { operator }) }
    }

    /// The type of the values it is for; none: any.
    fn kind(&self) -> Option<ValueType> {
        match self {
            Operator::IsSet | Operator::IsNotSet => None,
            Operator::Is(_)
            | Operator::IsNot(_)
            | Operator::Contains(_)
            | Operator::DoesNotContain(_)
            | Operator::StartsWith(_)
            | Operator::EndsWith(_)
            | Operator::IsOneOf(_) => Some(ValueType::Text),
            Operator::Equals(_)
            | Operator::DoesNotEqual(_)
            | Operator::LessThan(_)
            | Operator::AtMost(_)
            | Operator::MoreThan(_)
            | Operator::AtLeast(_)
            | Operator::Between(..) => Some(ValueType::Number),
            Operator::IsTrue | Operator::IsFalse => Some(ValueType::Boolean),
            Operator::On(_)
            | Operator::Before(_)
            | Operator::After(_)
            | Operator::BetweenDays(..)
            | Operator::InTheLastDays(_)
            | Operator::MoreThanDaysAgo(_)
            | Operator::InTheNextDays(_) => Some(ValueType::Date),
        }
    }

    fn numbers(&self) -> Vec<&String> {
        if let Operator::Between(from, to) = self {
            return vec![from, to];
        }
        if let Operator::Equals(number)
        | Operator::DoesNotEqual(number)
        | Operator::LessThan(number)
        | Operator::AtMost(number)
        | Operator::MoreThan(number)
        | Operator::AtLeast(number) = self
        {
            return vec![number];
        }
        Vec::new()
    }

    /// Whether a value, or there being none, fulfils it now.
    pub fn answer(&self, value: Option<&str>, now: Now) -> bool {
        self.ask(value, now).yes
    }

    /// Whether a moment, or there having been none, fulfils it now. Microseconds since 1970.
    pub fn answer_at(&self, at: Option<i64>, now: Now) -> bool {
        self.ask_at(at, now).yes
    }

    /// What it says of a moment, or of there having been none.
    pub(super) fn ask_at(&self, at: Option<i64>, now: Now) -> Answer {
        let instant = at.and_then(DateTime::from_timestamp_micros);
        let text = instant.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
        self.ask(text.as_deref(), now)
    }

    /// What it says of a value, or of there being none.
    pub(super) fn ask(&self, value: Option<&str>, now: Now) -> Answer {
        let always = |yes| Answer { yes, until: None };
        match (self, value) {
            (Operator::IsSet, value) => always(value.is_some()),
            (Operator::IsNotSet, value) => always(value.is_none()),
            (
                Operator::IsNot(_) | Operator::DoesNotContain(_) | Operator::DoesNotEqual(_),
                None,
            ) => always(true),
            (_, None) => always(false),
            (Operator::InTheLastDays(days), Some(value)) => {
                within(value, now, |day| (day, days_after(day, *days)))
            }
            (Operator::InTheNextDays(days), Some(value)) => within(value, now, |day| {
                let before = days.saturating_sub(1);
                let from = day.checked_sub_days(chrono::Days::new(u64::from(before)));
                (from.unwrap_or(NaiveDate::MIN), days_after(day, 1))
            }),
            (Operator::MoreThanDaysAgo(days), Some(value)) => {
                within(value, now, |day| (days_after(day, days.saturating_add(1)), NaiveDate::MAX))
            }
            (operator, Some(value)) => always(operator.fits(value, now)),
        }
    }

    /// What it says of a value for ever.
    fn fits(&self, value: &str, now: Now) -> bool {
        let day = || now.day_of_value(value);
        let number = |compare: fn(f64, f64) -> bool, with: &str| {
            numeric(value).zip(numeric(with)).is_some_and(|(value, with)| compare(value, with))
        };
        match self {
            Operator::Is(text) => fold(value) == fold(text),
            Operator::IsNot(text) => fold(value) != fold(text),
            Operator::Contains(text) => fold(value).contains(&*fold(text)),
            Operator::DoesNotContain(text) => !fold(value).contains(&*fold(text)),
            Operator::StartsWith(text) => fold(value).starts_with(&*fold(text)),
            Operator::EndsWith(text) => fold(value).ends_with(&*fold(text)),
            Operator::IsOneOf(texts) => texts.iter().any(|text| fold(value) == fold(text)),
            Operator::Equals(with) => number(|value, with| value == with, with),
            Operator::DoesNotEqual(with) => number(|value, with| value != with, with),
            Operator::LessThan(with) => number(|value, with| value < with, with),
            Operator::AtMost(with) => number(|value, with| value <= with, with),
            Operator::MoreThan(with) => number(|value, with| value > with, with),
            Operator::AtLeast(with) => number(|value, with| value >= with, with),
            Operator::Between(from, to) => {
                number(|value, from| value >= from, from) && number(|value, to| value <= to, to)
            }
            Operator::IsTrue => value == "true",
            Operator::IsFalse => value == "false",
            Operator::On(on) => day() == Some(*on),
            Operator::Before(before) => day().is_some_and(|day| day < *before),
            Operator::After(after) => day().is_some_and(|day| day > *after),
            Operator::BetweenDays(from, to) => {
                day().is_some_and(|day| (*from..=*to).contains(&day))
            }
            Operator::IsSet
            | Operator::IsNotSet
            | Operator::InTheLastDays(_)
            | Operator::MoreThanDaysAgo(_)
            | Operator::InTheNextDays(_) => false, // asked above
        }
    }
}

/// Fifteen digits at most: they are told apart as binary numbers of 53 bits.
fn numeric(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Whether today lies between two days that a value leads to, the second excluded, and until when that stays so.
fn within(value: &str, now: Now, days: impl Fn(NaiveDate) -> (NaiveDate, NaiveDate)) -> Answer {
    let Some(day) = now.day_of_value(value) else { return Answer { yes: false, until: None } };
    let ((from, to), today) = (days(day), now.day());
    let next = if today < from { Some(from) } else { Some(to).filter(|to| today < *to) };
    let until = next.filter(|day| *day != NaiveDate::MAX).map(|day| now.begin(day));
    Answer { yes: from <= today && today < to, until }
}
