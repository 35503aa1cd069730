//! A position as it is shown outside: opaque text that names its log, so that another log's is refused by name.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::position::Position;

const FORM: u8 = 1;

/// A place in one particular log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Which log.
    pub log_id: Uuid,
    /// Where in it.
    pub position: Position,
}

/// Why text is no usable cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorFault {
    /// Not one of ours.
    #[error("this is no cursor; use one exactly as an answer gave it")]
    Unreadable,
    /// A good cursor, from elsewhere.
    #[error("this cursor belongs to another log; start again from the beginning of this one")]
    AnotherLog,
}

impl Cursor {
    /// Reads a cursor of the log `log_id`.
    ///
    /// # Errors
    /// See [`CursorFault`].
    pub fn parse(text: &str, log_id: Uuid) -> Result<Position, CursorFault> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorFault::Unreadable)?;
        let bytes: [u8; 25] = bytes.try_into().map_err(|_| CursorFault::Unreadable)?;
        if bytes[0] != FORM {
            return Err(CursorFault::Unreadable);
        }
        let number =
            |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        if bytes[1..9] != log_id.as_bytes()[..8] {
            return Err(CursorFault::AnotherLog);
        }
        Ok(Position { commit: number(9), prepare: number(17) })
    }
}

impl Cursor {
    /// A form byte, the first half of the log's id, the two numbers.
    fn bytes(&self) -> [u8; 25] {
        let mut bytes = [0u8; 25];
        bytes[0] = FORM;
        bytes[1..9].copy_from_slice(&self.log_id.as_bytes()[..8]);
        bytes[9..17].copy_from_slice(&self.position.commit.to_be_bytes());
        bytes[17..25].copy_from_slice(&self.position.prepare.to_be_bytes());
        bytes
    }

    /// Appends the text form, for writers of many rows.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut text = [0u8; 34];
        if let Ok(length) = URL_SAFE_NO_PAD.encode_slice(self.bytes(), &mut text) {
            out.extend_from_slice(&text[..length]);
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_log_only() {
        let (here, elsewhere) = (Uuid::from_u128(7 << 100), Uuid::from_u128(8 << 100));
        let position = Position { commit: u64::MAX, prepare: 3 };
        let text = Cursor { log_id: here, position }.to_string();
        assert_eq!(Cursor::parse(&text, here), Ok(position));
        let mut written = Vec::new();
        Cursor { log_id: here, position }.write(&mut written);
        assert_eq!(written, text.as_bytes());
        assert_eq!(Cursor::parse(&text, elsewhere), Err(CursorFault::AnotherLog));
        for bad in ["", "7", "AAAA", &text[1..], "%%%"] {
            assert_eq!(Cursor::parse(bad, here), Err(CursorFault::Unreadable), "{bad}");
        }
    }
}
