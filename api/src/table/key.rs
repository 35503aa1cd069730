//! What a user is ordered by: compared, and written down where a page ends or a file is sorted.

use std::cmp::Ordering;

use domain::UserId;
use uuid::Uuid;

/// Bytes of an id.
const ID_BYTES: usize = 16;

/// What a user is ordered by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SortValue {
    /// A count, an instant in microseconds, false or true.
    Whole(i64),
    /// A number.
    Decimal(f64),
    /// A folded text.
    Text(String),
}

/// A place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// None comes last.
    pub(super) value: Option<SortValue>,
    /// Whose it is.
    pub id: UserId,
}

impl SortValue {
    /// Values of one column are of one sort; a cursor may say otherwise and gets some order.
    pub(super) fn compare(&self, other: &SortValue) -> Ordering {
        match (self, other) {
            (SortValue::Whole(one), SortValue::Whole(other)) => one.cmp(other),
            (SortValue::Decimal(one), SortValue::Decimal(other)) => one.total_cmp(other),
            (SortValue::Text(one), SortValue::Text(other)) => one.cmp(other),
            (SortValue::Whole(_), _) | (SortValue::Decimal(_), SortValue::Text(_)) => {
                Ordering::Less
            }
            (SortValue::Text(_), _) | (SortValue::Decimal(_), SortValue::Whole(_)) => {
                Ordering::Greater
            }
        }
    }
}

impl Key {
    /// Writes it down.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        match &self.value {
            None => bytes.push(0),
            Some(SortValue::Whole(number)) => {
                bytes.push(1);
                bytes.extend(number.to_be_bytes());
            }
            Some(SortValue::Decimal(number)) => {
                bytes.push(2);
                bytes.extend(number.to_bits().to_be_bytes());
            }
            Some(SortValue::Text(text)) => {
                bytes.push(3);
                bytes.extend(text.as_bytes());
            }
        }
        bytes.extend(self.id.0.as_bytes());
    }

    /// Reads what was written down; none of what was not.
    pub fn read(bytes: &[u8]) -> Option<Key> {
        let (value, id) = bytes.split_at_checked(bytes.len().checked_sub(ID_BYTES)?)?;
        let (form, rest) = value.split_first()?;
        let eight = || rest.try_into().ok();
        let value = match form {
            0 if rest.is_empty() => None,
            1 => Some(SortValue::Whole(i64::from_be_bytes(eight()?))),
            2 => Some(SortValue::Decimal(f64::from_bits(u64::from_be_bytes(eight()?)))),
            3 => Some(SortValue::Text(std::str::from_utf8(rest).ok()?.to_owned())),
            _ => return None,
        };
        Some(Key { value, id: UserId(Uuid::from_slice(id).ok()?) })
    }
}
