//! Languages: by which codes texts are told apart.

/// Longest code, in bytes.
const CODE_BYTES_MAX: usize = 35;

/// Whether a text has the form of a language tag of BCP 47: `en`, `pt-BR`, `zh-Hant-TW`. Which languages there are is not
/// looked up; but a language's code has two or three letters, so that its name (`English`) is none.
pub fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut language = parts.next().unwrap_or_default().bytes();
    text.len() <= CODE_BYTES_MAX
        && (2..=3).contains(&language.len())
        && language.all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_names() {
        for code in ["en", "fil", "pt-BR", "es-419", "zh-Hant-TW", "sl-rozaj-1994", "FR"] {
            assert!(is_language_tag(code), "{code}");
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        for none in ["", "e", "English", "fr_FR", "en-", "-en", "en--GB", "fr CA", "1a", "é", &long]
        {
            assert!(!is_language_tag(none), "{none}");
        }
    }
}
