//! An e-mail address: the spelling a person typed, and the key that says who it is.

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

/// Longest address accepted, in bytes (RFC 5321 4.5.3.1.3 allows a path of 256 including its brackets).
pub const EMAIL_BYTES_MAX: usize = 254;

/// An address that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    spelling: String,
    key: String,
}

impl Email {
    /// Reads an address. Surrounding white space is not part of it.
    ///
    /// # Errors
    /// [`EmailFault::Missing`] when nothing is left after trimming, [`EmailFault::TooLong`] above
    /// [`EMAIL_BYTES_MAX`] bytes, else [`EmailFault::Invalid`].
    pub fn parse(text: &str) -> Result<Email, EmailFault> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(EmailFault::Missing);
        }
        if trimmed.len() > EMAIL_BYTES_MAX {
            return Err(EmailFault::TooLong);
        }
        let options =
            Options::default().with_required_tld().without_domain_literal().without_display_text();
        let spelling = nfc(trimmed).into_owned();
        if spelling.len() > EMAIL_BYTES_MAX {
            return Err(EmailFault::TooLong); // composed, some characters have more bytes
        }
        if spelling.chars().any(|c| c.is_control() || c.is_whitespace())
            || EmailAddress::parse_with_options(&spelling, options).is_err()
        {
            return Err(EmailFault::Invalid);
        }
        let key = normalised(&spelling);
        Ok(Email { spelling, key })
    }

    /// As it was first written, trimmed and in NFC: what is displayed.
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// Trimmed, NFC, lower case as a whole. Dots and plus tags are kept: they are different mailboxes.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        unicode_normalization::IsNormalized::Yes => Cow::Borrowed(text),
        unicode_normalization::IsNormalized::No | unicode_normalization::IsNormalized::Maybe => {
            Cow::Owned(text.nfc().collect())
        }
    }
}

/// Lower case, then NFC again: lower-casing can undo a composition (U+0130 becomes `i` and a dot).
fn normalised(spelling: &str) -> String {
    let lower = spelling.to_lowercase();
    match nfc(&lower) {
        Cow::Borrowed(_) => lower,
        Cow::Owned(composed) => composed,
    }
}

/// Why text is no usable address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Empty, or white space only.
    #[error("the e-mail is missing; every contact needs one")]
    Missing,
    /// Longer than [`EMAIL_BYTES_MAX`].
    #[error("the e-mail is longer than 254 bytes")]
    TooLong,
    /// Not an address.
    #[error("this is not an e-mail address; one looks like name@example.com")]
    Invalid,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        Email::parse(text).unwrap().key().to_owned()
    }

    #[test]
    fn addresses_that_differ_by_case_or_composition_are_one() {
        assert_eq!(key("  Anna@Example.ORG "), "anna@example.org");
        assert_eq!(key("le\u{301}a@example.org"), key("L\u{e9}A@example.org"));
        assert_eq!(Email::parse(" Anna@Example.ORG").unwrap().spelling(), "Anna@Example.ORG");
    }

    #[test]
    fn dots_and_tags_are_other_mailboxes() {
        assert_ne!(key("a.b@example.org"), key("ab@example.org"));
        assert_ne!(key("a+x@example.org"), key("a@example.org"));
    }

    #[test]
    fn what_is_no_address_is_named() {
        assert_eq!(Email::parse(" \t"), Err(EmailFault::Missing));
        for bad in
            ["not-an-address", "a@", "@b.c", "a b@example.org", "a@b", "a@b.c\u{0}d", "A <a@b.cd>"]
        {
            assert_eq!(Email::parse(bad), Err(EmailFault::Invalid), "{bad}");
        }
        assert_eq!(
            Email::parse(&format!("{}@example.org", "x".repeat(250))),
            Err(EmailFault::TooLong)
        );
    }
}
