//! Lists as other programmes hand them out: Mailchimp's export and HubSpot's columns, imported as they are.

use reqwest::Method;
use serde_json::Value;
use tests::service::counts;
use tests::{Answer, Service};

const ROWS: usize = 60_000;
/// Rows that are looked at: the first ones, those around the end of a batch, one in between, the last.
const LOOKED_AT: [usize; 7] = [0, 1, 2, 9_999, 10_000, 31_415, ROWS - 1];

/// Headers of an audience export, and what becomes of each.
const MAILCHIMP: [(&str, &str); 23] = [
    ("Email Address", "email"),
    ("First Name", "first_name"),
    ("Last Name", "last_name"),
    ("Address", "address"),
    ("Phone Number", "phone_number"),
    ("Birthday", "birthday"),
    ("MEMBER_RATING", "member_rating"),
    ("OPTIN_TIME", "optin_time"),
    ("OPTIN_IP", "optin_ip"),
    ("CONFIRM_TIME", "confirm_time"),
    ("CONFIRM_IP", "confirm_ip"),
    ("LATITUDE", "latitude"),
    ("LONGITUDE", "longitude"),
    ("GMTOFF", "gmtoff"),
    ("DSTOFF", "dstoff"),
    ("TIMEZONE", "timezone"),
    ("CC", "cc"),
    ("REGION", "region"),
    ("LAST_CHANGED", "last_changed"),
    ("LEID", "leid"),
    ("EUID", "euid"),
    ("NOTES", "notes"),
    ("TAGS", "tags"),
];
/// Headers of an import of contacts, and what becomes of each.
const HUBSPOT: [(&str, &str); 15] = [
    ("First Name", "first_name"),
    ("Last Name", "last_name"),
    ("Email", "email"),
    ("Phone Number", "phone_number"),
    ("Contact Owner", "contact_owner"),
    ("Lifecycle Stage", "lifecycle_stage"),
    ("Company Name", "company_name"),
    ("Website URL", "website_url"),
    ("Street Address", "street_address"),
    ("City", "city"),
    ("State/Region", "state_region"),
    ("Postal Code", "postal_code"),
    ("Country/Region", "country_region"),
    ("Create Date", "create_date"),
    ("Favorite Food", "favorite_food"),
];

// Lists of different lengths, so that their entries meet in ever new ways.
const MAILBOXES: [&str; 4] = ["zoe+news", "J.Mueller", "o'neil", "ana-lucia_d"];
const DOMAINS: [&str; 3] = ["example.org", "Mail.Example.net", "example.com"];
const FIRST_NAMES: [&str; 7] = ["Zoë", "Jürgen", "", "Ana Lúcia", "Siân", "Łukasz", "明"];
const LAST_NAMES: [&str; 5] =
    ["O'Connor", "García, Jr.", "van den \"Bas\" Berg", "Müller-Lüdenscheidt", ""];
const PHONES: [&str; 4] = ["+33 6 12 34 56 78", "", "+1 (617) 555-0143", "0049 221 123456"];
const ADDRESSES: [&str; 4] = [
    "12 Rue de la Paix, Apt. 3  Paris, 75002  FRANCE",
    "",
    "Hauptstraße 5  Köln, 50667  DEUTSCHLAND",
    "500 5th Ave., Floor \"B\"  New York, NY 10110  USA",
];
const IPS: [&str; 3] = ["", "203.0.113.7", "2001:db8::17"];
/// Latitude, longitude, hours from Greenwich in winter and summer, zone, country, region.
const PLACES: [[&str; 7]; 3] = [
    ["48.8567000", "2.3508000", "1", "2", "Europe/Paris", "FR", "IDF"],
    ["40.7142700", "-74.0059700", "-5", "-4", "America/New_York", "US", "NY"],
    ["", "", "", "", "", "", ""],
];
const NOTES: [&str; 5] =
    ["", "Said \"call me\", then left", "=1+1", "-5 on request", "café; naïve"];
const TAGS: [&str; 4] = [
    "\"VIP\",\"Newsletter\"",
    "",
    "\"Newsletter\"",
    "\"Événement 2024\",\"Paris, rive gauche\",\"5\"\" vinyl\"",
];
const STAGES: [&str; 3] = ["lead", "customer", ""];
const COMPANIES: [&str; 4] = ["Smith, Jones & Co.", "", "Škoda", "The \"Best\" Bakery"];
const WEBSITES: [&str; 2] = ["https://www.example.org/?a=1&b=2#top", ""];
const STREETS: [&str; 5] = [
    "5, rue de l'Église\r\nBâtiment \"B\"\r\n2e étage",
    "12 Main Street\nApt. 4",
    "",
    "Hauptstraße 5",
    "c/o Kaplan,\r\n\r\n1 Long Lane\r\n",
];
/// City, state, country.
const CITIES: [[&str; 3]; 3] =
    [["Boston", "MA", "United States"], ["Dresden", "", "Germany"], ["São Paulo", "SP", "Brasil"]];
const FOODS: [&str; 4] = ["Crème brûlée", "Fish, chips", "", " pizza "];

fn of(words: &[&str], number: usize) -> String {
    words[number % words.len()].to_owned()
}

fn address(number: usize) -> String {
    format!("{}.{number:05}@{}", of(&MAILBOXES, number), of(&DOMAINS, number))
}

/// A moment of a year; the day is one that every month has.
fn moment(year: usize, number: usize) -> String {
    let (month, day) = (1 + number % 12, 1 + number % 28);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:07", number % 24, number % 60)
}

fn mailchimp(number: usize) -> Vec<String> {
    let place = PLACES[number % PLACES.len()].map(str::to_owned);
    let person = [
        address(number),
        of(&FIRST_NAMES, number),
        of(&LAST_NAMES, number),
        of(&ADDRESSES, number),
        of(&PHONES, number),
        format!("{:02}/{:02}", 1 + number % 12, 1 + number % 28),
    ];
    let joined = [
        (1 + number % 5).to_string(),
        moment(2021, number),
        of(&IPS, number),
        moment(2022, number),
        of(&IPS, number + 1),
    ];
    let rest = [
        moment(2024, number),
        (100_000_000 + number).to_string(),
        format!("{:010x}", number * 7_919 + 1_000_003),
        of(&NOTES, number),
        of(&TAGS, number),
    ];
    person.into_iter().chain(joined).chain(place).chain(rest).collect()
}

fn hubspot(number: usize) -> Vec<String> {
    let [city, state, country] = CITIES[number % CITIES.len()].map(str::to_owned);
    vec![
        of(&FIRST_NAMES, number),
        of(&LAST_NAMES, number),
        address(number),
        of(&PHONES, number),
        format!("owner{}@example.org", number % 10),
        of(&STAGES, number),
        of(&COMPANIES, number),
        of(&WEBSITES, number),
        of(&STREETS, number),
        city,
        state,
        format!("{:05}", (2_139 + number * 37) % 10_000),
        country,
        format!("{:02}/{:02}/2024 {}:05", 1 + number % 12, 1 + number % 28, number % 24),
        of(&FOODS, number),
    ]
}

/// All rows under their headers, written by the `csv` crate.
fn file(
    columns: &[(&str, &str)],
    row: fn(usize) -> Vec<String>,
    line_end: csv::Terminator,
) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(line_end).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(header, _)| *header)).unwrap();
    for number in 0..ROWS {
        writer.write_record(row(number)).unwrap();
    }
    writer.into_inner().unwrap()
}

/// Whether a file holds some bytes.
fn holds(file: &[u8], text: &str) -> bool {
    std::str::from_utf8(file).unwrap().contains(text)
}

/// Headers and what became of each.
fn mapped(report: &Value) -> Vec<(&str, &str)> {
    let columns = report["columns"].as_array().unwrap().iter();
    let told = columns.map(|column| {
        let target = column["reference_id"].as_str().or(column["target"].as_str());
        (column["header"].as_str().unwrap(), target.unwrap())
    });
    told.collect()
}

/// The one user that is found by an address.
async fn find(service: &Service, address: &str) -> Value {
    let request = service.request(Method::GET, "/v1/users").query(&[("search", address)]);
    let page = Answer::of(request).await.then(200).json();
    let [user] = page["items"].as_array().unwrap().as_slice() else { panic!("{address}: {page}") };
    assert_eq!(user["email"], address);
    user.clone()
}

/// Every cell of some rows is a field, exactly as it was sent; an empty one is none.
async fn rows_came_back(
    service: &Service,
    columns: &[(&str, &str)],
    row: fn(usize) -> Vec<String>,
) {
    for number in LOOKED_AT {
        let cells = row(number);
        let pairs = columns.iter().map(|(_, field)| *field).zip(cells.iter().map(String::as_str));
        let filled = pairs.filter(|(field, cell)| *field != "email" && !cell.is_empty());
        let expected: Value = filled.collect();
        assert_eq!(find(service, &address(number)).await["fields"], expected, "row {number}");
    }
}

#[tokio::test]
async fn an_audience_of_mailchimp_is_imported_as_it_is() {
    let service = Service::start().await;
    let audience = file(&MAILCHIMP, mailchimp, csv::Terminator::Any(b'\n'));
    assert!(holds(&audience, "\"\"\"VIP\"\",\"\"Newsletter\"\"\"\n"), "tags are quoted twice");
    let report = service.import(audience).await;
    assert_eq!(counts(&report), [ROWS as u64, 0, 0, 0]);
    assert_eq!((&report["warnings"], &report["delimiter"]), (&0.into(), &",".into()));
    assert_eq!(mapped(&report), MAILCHIMP);
    rows_came_back(&service, &MAILCHIMP, mailchimp).await;
    let first = find(&service, "zoe+news.00000@example.org").await;
    for (field, value) in [
        ("first_name", "Zoë"),
        ("last_name", "O'Connor"),
        ("phone_number", "+33 6 12 34 56 78"),
        ("latitude", "48.8567000"),
        ("tags", "\"VIP\",\"Newsletter\""),
    ] {
        assert_eq!(first["fields"][field], value);
    }
}

#[tokio::test]
async fn contacts_of_hubspot_are_imported_as_they_are_and_again_change_nothing() {
    let service = Service::start().await;
    let contacts = file(&HUBSPOT, hubspot, csv::Terminator::CRLF);
    assert!(holds(&contacts, "\"5, rue de l'Église\r\nBâtiment \"\"B\"\"\r\n2e étage\","));
    let contacts = [b"\xEF\xBB\xBF", contacts.as_slice()].concat();
    let report = service.import(contacts.clone()).await;
    assert_eq!(counts(&report), [ROWS as u64, 0, 0, 0]);
    assert_eq!((&report["warnings"], &report["encoding"]), (&0.into(), &"utf-8".into()));
    assert_eq!(mapped(&report), HUBSPOT, "the mark is no part of the first header");
    assert_eq!(service.import_counts(contacts).await, [0, 0, ROWS as u64, 0]);
    let types = service.get("/v1/event-types").await.then(200).json();
    let mut types = types["items"].as_array().unwrap().iter();
    let imported = types.find(|kind| kind["name"] == "UserImported").unwrap();
    assert_eq!(imported["events"], ROWS, "no user has a second fact");
    rows_came_back(&service, &HUBSPOT, hubspot).await;
    let first = find(&service, "zoe+news.00000@example.org").await;
    for (field, value) in [
        ("first_name", "Zoë"),
        ("last_name", "O'Connor"),
        ("postal_code", "02139"),
        ("street_address", "5, rue de l'Église\r\nBâtiment \"B\"\r\n2e étage"),
        ("website_url", "https://www.example.org/?a=1&b=2#top"),
    ] {
        assert_eq!(first["fields"][field], value);
    }
}
