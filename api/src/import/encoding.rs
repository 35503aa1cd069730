//! Encodings that files are read in: how they are called, and how their bytes become UTF-8.

use std::str::FromStr;

use encoding_rs::DecoderResult;
use oem_cp::code_table::DECODING_TABLE_CP850;
use oem_cp::decode_char_complete_table;

/// An encoding. Names and tables are those of the WHATWG Encoding Standard, but for CP850, which old programs for DOS
/// wrote and browsers never read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One of the standard's.
    Standard(&'static encoding_rs::Encoding),
    /// DOS, Western Europe.
    Cp850,
}

/// What is no name of an encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the name of an encoding; there are utf-8, utf-16le, utf-16be, windows-1252, macintosh, cp850 and all others of the WHATWG Encoding Standard"
)]
pub struct NoEncoding;

impl Encoding {
    /// What files are unless they say otherwise.
    pub const UTF_8: Encoding = Encoding::Standard(encoding_rs::UTF_8);

    /// Its name, in lower case.
    pub fn name(self) -> String {
        match self {
            Encoding::Standard(encoding) => encoding.name().to_ascii_lowercase(),
            Encoding::Cp850 => "cp850".to_owned(),
        }
    }

    /// Begins to decode.
    pub fn decoder(self) -> Decoder {
        match self {
            Encoding::Standard(encoding) => {
                Decoder::Standard(Box::new(encoding.new_decoder_with_bom_removal()))
            }
            Encoding::Cp850 => Decoder::Cp850,
        }
    }
}

impl FromStr for Encoding {
    type Err = NoEncoding;

    fn from_str(name: &str) -> Result<Encoding, NoEncoding> {
        if ["cp850", "ibm850", "850"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return Ok(Encoding::Cp850);
        }
        // The standard's `replacement` stands for encodings that nobody should read.
        let found = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes());
        found.map(Encoding::Standard).ok_or(NoEncoding)
    }
}

/// Decodes a file piece by piece.
pub enum Decoder {
    /// See [`Encoding::Standard`].
    Standard(Box<encoding_rs::Decoder>),
    /// See [`Encoding::Cp850`].
    Cp850,
}

impl Decoder {
    /// Decodes `bytes` onto the end of `text`; `last` says that nothing follows. Answers where in `bytes` a sequence
    /// begins that the encoding has not: negative where it began in an earlier piece.
    pub fn decode(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), i64> {
        match self {
            Decoder::Cp850 => {
                text.extend(
                    bytes
                        .iter()
                        .map(|byte| decode_char_complete_table(*byte, &DECODING_TABLE_CP850)),
                );
                Ok(())
            }
            Decoder::Standard(decoder) => {
                let mut read = 0;
                loop {
                    text.reserve(4 * (bytes.len() - read) + 16);
                    let (result, more) =
                        decoder.decode_to_string_without_replacement(&bytes[read..], text, last);
                    read += more;
                    match result {
                        DecoderResult::InputEmpty => return Ok(()),
                        DecoderResult::OutputFull => {}
                        DecoderResult::Malformed(wrong, after) => {
                            return Err(read as i64 - i64::from(wrong) - i64::from(after));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(name: &str, bytes: &[u8], step: usize) -> Result<String, i64> {
        let mut decoder = name.parse::<Encoding>().unwrap().decoder();
        let (mut text, mut at) = (String::new(), 0);
        for piece in bytes.chunks(step) {
            let last = at + piece.len() == bytes.len();
            decoder.decode(piece, last, &mut text).map_err(|offset| at as i64 + offset)?;
            at += piece.len();
        }
        Ok(text)
    }

    #[test]
    fn each_encoding_is_read_whatever_the_pieces() {
        for (name, bytes, text) in [
            ("utf-8", "Zoë 城市".as_bytes(), "Zoë 城市"),
            ("windows-1252", b"Zo\xEB \x80".as_slice(), "Zoë €"),
            ("ISO-8859-1", b"Zo\xEB".as_slice(), "Zoë"),
            ("macintosh", b"Zo\x91".as_slice(), "Zoë"),
            ("cp850", b"Zo\x89 \x9B".as_slice(), "Zoë ø"),
            ("utf-16le", b"\xFF\xFEZ\0\xEB\0\x3D\xD8\x00\xDE".as_slice(), "Zë😀"),
            ("utf-16be", b"\xFE\xFF\0Z\0\xEB\xD8\x3D\xDE\x00".as_slice(), "Zë😀"),
            ("shift_jis", b"\x93\x8C\x8B\x9E".as_slice(), "東京"),
        ] {
            for step in 1..=bytes.len() {
                assert_eq!(decode(name, bytes, step).as_deref(), Ok(text), "{name} by {step}");
            }
        }
    }

    #[test]
    fn what_an_encoding_has_not_is_found_where_it_stands() {
        for step in 1..=8 {
            // A lone surrogate, and one at the very end.
            assert_eq!(decode("utf-16le", b"Z\0\x3D\xD8Z\0Z\0", step), Err(2), "by {step}");
            assert_eq!(decode("utf-16le", b"Z\0Z\0\x3D\xD8", step), Err(4), "by {step}");
            assert_eq!(decode("utf-8", b"ab\xFFcd", step), Err(2), "by {step}");
        }
    }

    #[test]
    fn names_are_the_standards_and_nothing_else() {
        assert_eq!("latin1".parse::<Encoding>().unwrap().name(), "windows-1252");
        assert_eq!("CP850".parse::<Encoding>().unwrap().name(), "cp850");
        for no in ["", "utf-7", "replacement", "iso-2022-kr", "ebcdic"] {
            assert_eq!(no.parse::<Encoding>(), Err(NoEncoding), "{no}");
        }
    }
}
