//! The members of a stored JSON object, without parsing what they hold. Stored objects are compact and were written by
//! us, so splitting them is a scan for quotes and brackets.

use std::borrow::Cow;

use memchr::memchr2;

/// Splits a compact JSON object into its members; each value is the bytes of its JSON.
pub fn members(object: &[u8]) -> Members<'_> {
    Members { rest: object.strip_prefix(b"{").unwrap_or_default() }
}

/// See [`members`].
#[derive(Debug)]
pub struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let after = self.rest.strip_prefix(b"\"")?;
        let name_end = string_end(after)?;
        let (name, value) = (&after[..name_end], after.get(name_end + 2..)?);
        let value_end = value_end(value)?;
        self.rest = value.get(value_end + 1..).unwrap_or_default();
        Some((name, &value[..value_end]))
    }
}

/// Where a string ends whose opening quote was taken.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2; // an escape and what it escapes
    }
}

/// Where a value ends: at the comma or bracket after it.
fn value_end(text: &[u8]) -> Option<usize> {
    if text.first() == Some(&b'"') {
        return string_end(&text[1..]).map(|end| end + 2);
    }
    let (mut at, mut depth) = (0, 0usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += 1 + string_end(&text[at + 1..])?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The value at the beginning of what follows a name and its colon.
pub fn value_after(rest: &[u8]) -> Option<&[u8]> {
    rest.get(..value_end(rest)?)
}

/// The text a JSON value stands for: a string without its quotes and escapes, anything else as it is, null as nothing.
pub fn plain(value: &[u8]) -> Cow<'_, [u8]> {
    match value {
        b"null" => Cow::Borrowed(b""),
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => Cow::Borrowed(inner),
        [b'"', ..] => match serde_json::from_slice::<String>(value) {
            Ok(text) => Cow::Owned(text.into_bytes()),
            Err(_) => Cow::Borrowed(value),
        },
        other => Cow::Borrowed(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(object: &str) -> Vec<(&str, &str)> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        members(object.as_bytes()).map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn members_are_found_whatever_they_hold() {
        let object =
            r#"{"a":"x,}\"\\","b":12,"c":null,"d":{"e":["}",{"f":"\\"}],"g":"{"},"h":true}"#;
        let expected = [
            ("a", r#""x,}\"\\""#),
            ("b", "12"),
            ("c", "null"),
            ("d", r#"{"e":["}",{"f":"\\"}],"g":"{"}"#),
            ("h", "true"),
        ];
        assert_eq!(split(object), expected);
        assert_eq!(split("{}"), []);
    }

    #[test]
    fn torn_bytes_end_the_members_and_nothing_else() {
        let whole = r#"{"a":"x\"y","b":{"c":[1,2]}}"#;
        for end in 0..whole.len() {
            let _ = members(&whole.as_bytes()[..end]).count();
        }
    }

    #[test]
    fn strings_lose_their_quotes_and_escapes() {
        for (value, text) in
            [(r#""Zoë""#, "Zoë"), (r#""a\n\"b\u00e9""#, "a\n\"bé"), ("12", "12"), ("null", "")]
        {
            assert_eq!(plain(value.as_bytes()), text.as_bytes());
        }
    }
}
