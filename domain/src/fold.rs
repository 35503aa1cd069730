//! Folding text for search and sort: `Léa`, `LEA` and `lea` are one word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents, and letters that are one with a stroke or two in one as plain ones: what people type who
/// look for `Łódź` or `Straße`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in without_accents(text).chars() {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
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
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !is_combining_mark(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
