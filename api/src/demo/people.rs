//! Customers of a roaster that does not exist. Their addresses lead nowhere: example.org, .com and .net are nobody's.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use domain::fold::fold;
use serde_json::{Value, json};

use super::dice::Dice;

const ADDRESSES: [&str; 3] = ["example.org", "example.com", "example.net"];
const ROASTS: [&str; 5] = ["Yirgacheffe", "Huila", "Sumatra", "House blend", "Decaf"];

/// Where people live, what they speak, and what they are called there.
struct Country {
    name: &'static str,
    lang: &'static str,
    cities: &'static str,
    first_names: &'static str,
    last_names: &'static str,
}

const COUNTRIES: [Country; 7] = [
    Country {
        name: "France",
        lang: "fr",
        cities: "Lyon|Paris|Nantes|Lille|Aix-en-Provence",
        first_names: "Chloé|Léa|Manon|Inès|Zoé|Hugo|Louis|Gaël|Théo|Rémi|Camille|Noémie|Étienne|Agathe",
        last_names: "Martin|Bernard|Lefèvre|Moreau|Girard|Rousseau|Fontaine|Chevalier|Garnier|Faure|Noël|Perrin",
    },
    Country {
        name: "Germany",
        lang: "de",
        cities: "Berlin|Köln|München|Hamburg|Leipzig",
        first_names: "Anna|Jürgen|Mia|Lukas|Sophie|Jonas|Käthe|Felix|Greta|Björn|Ayşe|Emil|Frieda|Moritz",
        last_names: "Müller|Schäfer|Weiß|Becker|Krüger|Yılmaz|Hofmann|Lange|Vogel|Jäger|Brandt|Winkler",
    },
    Country {
        name: "United Kingdom",
        lang: "en",
        cities: "Leeds|Bristol|Glasgow|London|Manchester",
        first_names: "Amelia|Oliver|Isla|Harry|Priya|Callum|Freya|George|Aisha|Rhys|Siân|Arthur|Niamh|Jacob",
        last_names: "Smith|O'Connor|Patel|Hughes|Campbell|Okafor|Walker|Evans|Fraser|Khan|Turner|Wright",
    },
    Country {
        name: "Spain",
        lang: "es",
        cities: "Sevilla|Valencia|Bilbao|Madrid|A Coruña",
        first_names: "Lucía|Mateo|Sofía|Iñigo|Carmen|Álvaro|Elena|Pablo|Nerea|Diego|Martín|Julia|Andrés|Alba",
        last_names: "García|Fernández|López|Muñoz|Iglesias|Navarro|Ibáñez|Ortega|Castro|Vega|Peña|Soler",
    },
    Country {
        name: "Italy",
        lang: "it",
        cities: "Torino|Bologna|Napoli|Milano|Trieste",
        first_names: "Giulia|Luca|Martina|Matteo|Chiara|Davide|Elisa|Marco|Sara|Andrea|Nicolò|Alice|Pietro|Irene",
        last_names: "Rossi|Ferrari|Bianchi|Romano|Greco|Conti|Marino|De Luca|Costa|Fontana|Rinaldi|Villa",
    },
    Country {
        name: "Netherlands",
        lang: "nl",
        cities: "Utrecht|Rotterdam|Groningen|Amsterdam|'s-Hertogenbosch",
        first_names: "Sanne|Daan|Fleur|Bram|Lotte|Thijs|Noor|Sem|Iris|Ruben|Femke|Koen|Maud|Joris",
        last_names: "de Vries|Jansen|van den Berg|Bakker|Visser|Smit|Meijer|Mulder|de Boer|Bos|Peters|Kok",
    },
    Country {
        name: "Poland",
        lang: "pl",
        cities: "Łódź|Kraków|Gdańsk|Wrocław|Poznań",
        first_names: "Zofia|Łukasz|Maja|Jakub|Hanna|Michał|Oliwia|Paweł|Małgorzata|Kacper|Agnieszka|Jan|Ewa|Wojtek",
        last_names: "Kowalska|Nowak|Wiśniewski|Wójcik|Zieliński|Lewandowski|Dąbrowska|Mazur|Krawczyk|Górski|Pawlak|Sikora",
    },
];

/// Of a hundred customers, how many live in each.
const SHARES: [u32; 7] = [30, 22, 16, 10, 9, 7, 6];

/// A customer.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) lang: &'static str,
    pub(crate) city: &'static str,
    pub(crate) country: &'static str,
    pub(crate) birthday: NaiveDate,
    pub(crate) roast: &'static str,
    pub(crate) newsletter: bool,
    pub(crate) points: u32,
    /// Days between joining the programme before and the first day that is told of.
    pub(crate) days_before: u64,
}

impl Person {
    /// All that is known, as a body of `POST /v1/users` says it.
    pub(crate) fn fields(&self) -> Value {
        json!({
            "first_name": self.first_name, "last_name": self.last_name, "lang": self.lang, "city": self.city,
            "country": self.country, "birthday": self.birthday.to_string(), "favourite": self.roast,
            "points": 0, "newsletter": self.newsletter,
        })
    }

    /// Another city of the same country, or the same one.
    pub(crate) fn moves_to(&self, dice: &mut Dice) -> &'static str {
        let country = COUNTRIES.iter().find(|country| country.name == self.country);
        country.map_or(self.city, |country| one_word(dice, country.cities))
    }
}

fn one_word(dice: &mut Dice, words: &'static str) -> &'static str {
    let words: Vec<&str> = words.split('|').collect();
    dice.one_of(&words)
}

/// People one after another, always the same ones, no two with one address.
#[derive(Debug)]
pub(crate) struct Crowd {
    dice: Dice,
    known: HashSet<String>,
}

impl Crowd {
    /// The crowd.
    pub(crate) fn new() -> Crowd {
        Crowd { dice: Dice::new(1_887), known: HashSet::new() }
    }

    /// The next of them.
    pub(crate) fn next(&mut self) -> Person {
        let dice = &mut self.dice;
        let mut lot = dice.below(SHARES.iter().sum());
        let living = SHARES.iter().position(|share| {
            let here = lot < *share;
            lot = lot.saturating_sub(*share);
            here
        });
        let country = &COUNTRIES[living.unwrap_or(0)];
        let first_name = one_word(dice, country.first_names);
        let last_name = one_word(dice, country.last_names);
        let born = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day of the calendar");
        let birthday = born + Days::new(u64::from(dice.below(56 * 365)));
        let address = dice.one_of(&ADDRESSES);
        let mut person = Person {
            email: String::new(),
            first_name,
            last_name,
            lang: country.lang,
            city: one_word(dice, country.cities),
            country: country.name,
            birthday,
            roast: dice.one_of(&ROASTS),
            newsletter: dice.permille(620),
            points: dice.below(90) * 5,
            days_before: u64::from(dice.below(3 * 365)) + 1,
        };
        person.email = self.address_for(&person, address);
        person
    }

    fn address_for(&mut self, person: &Person, at: &str) -> String {
        let letters = |name: &str| fold(name).chars().filter(char::is_ascii_alphanumeric).collect();
        let (first, last): (String, String) =
            (letters(person.first_name), letters(person.last_name));
        let address = |number: usize| match number {
            0 => format!("{first}.{last}@{at}"),
            1 => format!("{first}.{last}{}@{at}", person.birthday.format("%y")),
            _ => format!("{first}.{last}{number}@{at}"),
        };
        let free = (0..).map(address).find(|address| !self.known.contains(address));
        let free = free.unwrap_or_default();
        self.known.insert(free.clone());
        free
    }
}
