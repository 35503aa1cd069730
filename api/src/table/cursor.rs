//! Where a page of the table begins: after a value and an id, so users that come and go move nobody else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eventlog::CursorFault;
use projections::table::Since;

use super::key::{Key, SortValue};
use crate::problem::{Problem, ProblemKind};

/// First byte of every cursor of this form.
const FORM: u8 = 2;
/// Bytes of the form and of the mark.
const HEAD_BYTES: usize = 9;

/// A place in an order of users.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    /// The last user before it.
    pub(super) key: Key,
}

impl Cursor {
    /// The moment and the user of it, in an order of moments; none behind those who have none.
    pub(super) fn moment(&self) -> Option<Since> {
        match self.key.value {
            Some(SortValue::Whole(at)) => Some((at, self.key.id)),
            _ => None,
        }
    }

    /// Opaque text; of use for the query with this mark alone.
    pub(super) fn write(&self, mark: u64) -> String {
        let mut bytes = vec![FORM];
        bytes.extend(mark.to_be_bytes());
        self.key.write(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// # Errors
    /// `cursor_invalid`, `cursor_of_another_query`.
    pub(super) fn read(text: &str, mark: u64) -> Result<Cursor, Problem> {
        let invalid = || Problem::from(CursorFault::Unreadable);
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        if bytes.len() < HEAD_BYTES || bytes[0] != FORM {
            return Err(invalid());
        }
        let (head, rest) = bytes.split_at(HEAD_BYTES);
        if head[1..] != mark.to_be_bytes() {
            let detail = "the cursor was given for another order or other filters";
            return Err(Problem::new(ProblemKind::CursorOfAnotherQuery, detail));
        }
        Ok(Cursor { key: Key::read(rest).ok_or_else(invalid)? })
    }
}

#[cfg(test)]
mod tests {
    use domain::UserId;
    use uuid::Uuid;

    use super::*;
    use crate::table::key::SortValue;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let values = [
            None,
            Some(SortValue::Whole(-7)),
            Some(SortValue::Decimal(2.5)),
            Some(SortValue::Text("łódź".to_owned())),
            Some(SortValue::Text(String::new())),
        ];
        for value in values {
            let cursor = Cursor { key: Key { value, id: UserId(Uuid::max()) } };
            let text = cursor.write(5);
            assert_eq!(Cursor::read(&text, 5).unwrap(), cursor);
            let other = Cursor::read(&text, 6).unwrap_err();
            assert_eq!(other.kind(), ProblemKind::CursorOfAnotherQuery);
            for end in 0..text.len() {
                let _ = Cursor::read(&text[..end], 5);
            }
        }
    }
}
