//! What becomes of files on their way: a few bytes flipped, lost, repeated, put in, one delimiter for another. From a
//! seed, so that every run damages them alike.

/// Most wounds of one copy.
const WOUNDS_MAX: usize = 4;
/// Longest piece that is lost or repeated, in bytes.
const PIECE_MAX: usize = 512;

const DELIMITERS: &[u8] = b",;\t|";
/// What readers of CSV stumble over.
const TELLING: [&[u8]; 16] = [
    b"\"",
    b"\"\"",
    b",\"",
    b"\",",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b",",
    b";",
    b"\t",
    b"\0",
    b"\xEF\xBB\xBF",
    b"\xC3",
    b"\xFF\xFE",
    b"\n@",
];

/// splitmix64: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn place(&mut self, bytes: &[u8]) -> usize {
        self.roll(bytes.len() + 1)
    }

    fn piece(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let from = self.place(bytes);
        from..from + self.roll((bytes.len() - from).min(PIECE_MAX) + 1)
    }
}

/// A damaged copy; the same for the same seed.
pub(crate) fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.roll(WOUNDS_MAX) {
        wound(&mut bytes, &mut dice);
    }
    bytes
}

fn wound(bytes: &mut Vec<u8>, dice: &mut Dice) {
    match dice.roll(6) {
        0 => {
            let at = dice.place(bytes);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.roll(8);
            }
        }
        1 => bytes.truncate(dice.place(bytes)),
        2 => {
            let lost = dice.piece(bytes);
            bytes.drain(lost);
        }
        3 => {
            let piece = bytes[dice.piece(bytes)].to_vec();
            put(bytes, dice, &piece);
        }
        4 => {
            let telling = TELLING[dice.roll(TELLING.len())];
            put(bytes, dice, telling);
        }
        _ => {
            let to = DELIMITERS[dice.roll(DELIMITERS.len())];
            for byte in bytes.iter_mut().filter(|byte| DELIMITERS.contains(byte)) {
                if dice.roll(2) == 0 {
                    *byte = to;
                }
            }
        }
    }
}

fn put(bytes: &mut Vec<u8>, dice: &mut Dice, piece: &[u8]) {
    let at = dice.place(bytes);
    bytes.splice(at..at, piece.iter().copied());
}
