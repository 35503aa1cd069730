//! Folding text for search and sort: `Léa`, `LEA` and `lea` are one word.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Lower case without accents, and letters that are one with a stroke or two in one as plain ones: what people type who
/// look for `Łódź` or `Straße`. ASCII that is folded already is not copied; a text of nothing but accents stays as it is, so that no
/// text becomes none.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let is_folded = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_folded { text.into() } else { text.to_ascii_lowercase().into() };
    }
    let mut folded = String::with_capacity(text.len());
    each_letter(text, |letter| match plain(letter) {
        Some(letters) => folded.push_str(letters),
        None => folded.push(letter),
    });
    if folded.is_empty() { text.into() } else { folded.into() }
}

/// What Unicode does not take apart, as the transform Latin-ASCII of Unicode's CLDR writes it.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' => "d",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        _ => return None,
    })
}

/// Lower case without accents (NFKD, combining marks dropped, lower-cased); every letter stays one of its script.
pub fn without_accents(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut letters = String::with_capacity(text.len());
    each_letter(text, |letter| letters.push(letter));
    letters
}

/// Takes each character apart by itself: NFKD would put marks in order too, which are dropped here.
fn each_letter(text: &str, mut visit: impl FnMut(char)) {
    for c in text.chars() {
        if c.is_ascii() {
            visit(c.to_ascii_lowercase());
            continue;
        }
        decompose_compatible(c, |part| {
            if !is_combining_mark(part) {
                part.to_lowercase().filter(|c| !is_combining_mark(*c)).for_each(&mut visit);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn every_character_is_taken_apart_as_unicode_does() {
        let nfkd = |text: &str| -> String {
            let letters = text.nfkd().filter(|c| !is_combining_mark(*c));
            letters.flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)).collect()
        };
        for c in '\u{80}'..='\u{2FFFF}' {
            // Behind and before what could be put together with it, or in order. Nothing beyond is ever taken apart.
            let text = format!("a{c}\u{323}\u{307}{c}Z");
            assert_eq!(without_accents(&text), nfkd(&text), "{c:?}");
        }
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        assert_eq!(fold("LÉA@Example.org"), "lea@example.org");
        assert_eq!(fold("Dún İzmir"), "dun izmir");
    }

    #[test]
    fn letters_that_unicode_does_not_take_apart_are_plain_too() {
        assert_eq!(
            fold("ŁÓDŹ Øre Đak Straße GROẞ Æsop Cœur ışık"),
            "lodz ore dak strasse gross aesop coeur isik"
        );
        assert_eq!(without_accents("Größe"), "große");
        assert_eq!(fold("Zoë Жук 東京"), "zoe жук 東京");
    }

    #[test]
    fn no_text_becomes_none() {
        assert_eq!(fold("\u{301}\u{308}"), "\u{301}\u{308}");
        assert_eq!(fold(""), "");
    }
}
