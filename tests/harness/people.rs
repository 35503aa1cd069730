//! Contact lists as programmes really send them: believable, reproducible, faulty on request.
//!
//! About 125 bytes a row, so 80,000 rows are about 10 MB. Names come from several scripts; cells hold commas,
//! quotes, line breaks, a leading `=`, phones with leading zeros.

use std::borrow::Cow;

const HEADER: &str =
    "Email,First Name,Last Name,Country,City,Phone,Birth Date,Points,Newsletter,Signed Up,Notes";
const FIRST_NAMES: &str = "Anna|Luca|Noor|Zoë|Søren|Łukasz|Ioana|José|Chloé|Jürgen|Márta|Ayşe|Yuki|Mei|Olena|\
    Дмитро|فاطمة|Kwame|Aoife|Siân|Björn|Inés|Đorđe|Νίκος|Léa|Hugo|Emma|Liam|प्रिया|Arjun";
const LAST_NAMES: &str = "Müller|O'Connor|Nguyễn|García|Kowalski|Ó Sé|Jensen|van den Berg|Dupont|Şahin|\
    Popescu|Novák|田中|李|Шевченко|Haddad|Mensah|Rossi|Silva|Andersson|Horvat|Papadopoulos|Martin|Bernard|\
    Lefèvre|Dubois|Smith|Jones|Iyer|Kaplan";
const PLACES: [(&str, &str); 12] = [
    ("France", "Lyon"),
    ("Germany", "Köln"),
    ("Spain", "A Coruña"),
    ("Poland", "Łódź"),
    ("Japan", "東京"),
    ("Ireland", "Dún Laoghaire"),
    ("Türkiye", "İzmir"),
    ("Portugal", "São João"),
    ("Belgium", "Liège"),
    ("Vietnam", "Đà Nẵng"),
    ("United States", "Winston-Salem, NC"),
    ("Sweden", "Malmö"),
];
const DOMAINS: [&str; 3] = ["example.com", "Example.org", "mail.example.net"];
/// Five of twelve are empty.
const NOTES: &str =
    "|||||prefers mail|said \"call me\"|VIP, since 2019|=1+1|-5 on request|two\nlines|+32 desk";

/// A list, and what an importer must say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// The file: a header, then one record a person.
    pub text: String,
    /// Records the importer refuses: those with a fault it can see.
    pub rejected_rows: usize,
}

/// What can be wrong with a record.
#[derive(Debug, Clone, Copy)]
enum Fault {
    NoAddress,
    BrokenAddress,
    BrokenNumber,
    BrokenDate,
    OneCellTooMany,
}

impl Fault {
    const ALL: [Fault; 5] = [
        Fault::NoAddress,
        Fault::BrokenAddress,
        Fault::BrokenNumber,
        Fault::BrokenDate,
        Fault::OneCellTooMany,
    ];

    /// A number or a date that is none is text like any other while properties have no types, so it is taken.
    fn is_rejected(self) -> bool {
        match self {
            Fault::NoAddress | Fault::BrokenAddress | Fault::OneCellTooMany => true,
            Fault::BrokenNumber | Fault::BrokenDate => false,
        }
    }

    fn put_into(self, cells: &mut Vec<Cow<'static, str>>) {
        match self {
            Fault::NoAddress => cells[0] = "".into(),
            Fault::BrokenAddress => cells[0] = "not-an-address".into(),
            Fault::BrokenNumber => cells[7] = "12 points".into(),
            Fault::BrokenDate => cells[6] = "2001-02-30".into(),
            Fault::OneCellTooMany => cells.push("one cell too many".into()),
        }
    }
}

/// A list of `rows` people. No two lists of different seeds, and no two rows, share an address. About
/// `bad_percent` of a hundred rows have one fault: no e-mail, a broken one or a cell too many, which are
/// refused; a number or a date that is none, which are taken.
pub fn csv(rows: usize, seed: u64, bad_percent: u32) -> People {
    let mut random = SplitMix64::new(seed);
    let mut people = People { text: String::with_capacity((rows + 1) * 130), rejected_rows: 0 };
    people.text.push_str(HEADER);
    people.text.push_str("\r\n");
    let words = Words::new();
    for row in 0..rows {
        let mut cells = person(row, seed, &words, &mut random);
        if random.below(100) < u64::from(bad_percent) {
            let fault = random.pick(&Fault::ALL);
            fault.put_into(&mut cells);
            people.rejected_rows += usize::from(fault.is_rejected());
        }
        write_record(&cells, &mut people.text);
    }
    people
}

/// What cells are made of.
struct Words {
    first_names: Vec<&'static str>,
    last_names: Vec<&'static str>,
    notes: Vec<&'static str>,
}

impl Words {
    fn new() -> Words {
        let split = |words: &'static str| words.split('|').collect();
        Words {
            first_names: split(FIRST_NAMES),
            last_names: split(LAST_NAMES),
            notes: split(NOTES),
        }
    }
}

fn person(row: usize, seed: u64, words: &Words, random: &mut SplitMix64) -> Vec<Cow<'static, str>> {
    let (country, city) = random.pick(&PLACES);
    let address =
        format!("user{seed}-{row}.{:04x}@{}", random.below(0x1_0000), random.pick(&DOMAINS));
    let birth = day(1940, 2008, random);
    let signed_up = day(2018, 2026, random);
    vec![
        address.into(),
        random.pick(&words.first_names).into(),
        random.pick(&words.last_names).into(),
        country.into(),
        city.into(),
        format!("0{}", 100_000_000 + random.below(900_000_000)).into(),
        birth.into(),
        random.below(20_000).to_string().into(),
        random.pick(&["true", "false"]).into(),
        format!("{signed_up}T{:02}:{:02}:00Z", random.below(24), random.below(60)).into(),
        random.pick(&words.notes).into(),
    ]
}

/// A day of the years from `first` to before `end`; none after the 28th, so that every month has it.
fn day(first: u64, end: u64, random: &mut SplitMix64) -> String {
    let (year, month) = (first + random.below(end - first), 1 + random.below(12));
    format!("{year}-{month:02}-{:02}", 1 + random.below(28))
}

fn write_record(cells: &[Cow<'static, str>], out: &mut String) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\r', '\n']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// Numbers that look random and are the same on every machine (Steele, Lea, Flood: `SplitMix64`).
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to before `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(end)) >> 64) as u64
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use domain::csv_header::map_columns;
    use domain::csv_record::{Cells, Found, find_record};
    use domain::csv_row::{RowRules, TakenRow, read_row};
    use domain::event::{BadCells, MatchBy};
    use domain::property::Properties;

    use super::*;

    /// Rows, and rows refused, as the importer's own rules see them.
    fn read(text: &str) -> (usize, usize) {
        let columns = map_columns(
            &HEADER.split(',').collect::<Vec<_>>(),
            None,
            MatchBy::Email,
            &Properties::default(),
        )
        .unwrap();
        let rules = RowRules {
            columns: &columns,
            match_by: MatchBy::Email,
            bad_cells: BadCells::RejectRow,
            now: 0,
        };
        let (mut at, mut cells, mut rows, mut refused) = (0, Cells::new(b','), 0, 0);
        while at < text.len() {
            let Found::Record { content, total, .. } =
                find_record(&text.as_bytes()[at..], b',', true)
            else {
                panic!("a quote never closes");
            };
            cells.decode(&text.as_bytes()[at..at + content]).unwrap();
            if at > 0 {
                rows += 1;
                refused += usize::from(read_row(rules, &cells, &mut TakenRow::default()).is_err());
            }
            at += total;
        }
        (rows, refused)
    }

    #[test]
    fn the_same_arguments_make_the_same_list() {
        assert_eq!(csv(100, 1, 10), csv(100, 1, 10));
        assert_ne!(csv(100, 1, 10).text, csv(100, 2, 10).text);
    }

    #[test]
    fn a_row_has_about_125_bytes() {
        let bytes = csv(10_000, 1, 0).text.len() / 10_000;
        assert!((118..=132).contains(&bytes), "{bytes}");
    }

    #[test]
    fn it_knows_which_rows_are_refused() {
        assert_eq!(read(&csv(2_000, 1, 0).text), (2_000, 0));
        let people = csv(2_000, 1, 20);
        assert_eq!(read(&people.text), (2_000, people.rejected_rows));
        assert!((160..=320).contains(&people.rejected_rows), "{}", people.rejected_rows);
    }
}
