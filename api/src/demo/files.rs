//! The files that the team imported: the customers there were, leads of a fair, a wrong file, one that waits.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::people::{Crowd, Person};

/// A file, and where its columns go.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// A body of `PUT /v1/imports/{id}/mapping`; null: nobody mapped it yet.
    pub(crate) mapping: Value,
}

fn column(number: usize, field: &str) -> Value {
    match field {
        "email" | "member_since" => json!({ "column": number, "target": field }),
        _ => json!({ "column": number, "target": "field", "reference_id": field }),
    }
}

fn columns(fields: &[&str]) -> Vec<Value> {
    fields.iter().enumerate().map(|(index, field)| column(index + 1, field)).collect()
}

/// Those who were customers before, as another system kept them; each with the number it has among all.
pub(crate) fn customers<'a>(
    people: impl Iterator<Item = (usize, &'a Person)>,
    first_day: NaiveDate,
) -> File {
    let mut text = "Email,First Name,Last Name,Language,City,Country,Birthday,Favourite roast,Points,Newsletter,\
        Member since,Customer No\n"
        .to_owned();
    for (number, person) in people {
        let Person { email, first_name, last_name, lang, city, country, birthday, .. } = person;
        let (roast, points) = (person.roast, person.points);
        let newsletter = if person.newsletter { "yes" } else { "no" };
        let since = first_day - Days::new(person.days_before);
        let _ = writeln!(
            text,
            "{email},{first_name},{last_name},{lang},{city},{country},{birthday},{roast},{points},{newsletter},{since},\
             AF-{number:05}"
        );
    }
    let fields = [
        "email",
        "first_name",
        "last_name",
        "lang",
        "city",
        "country",
        "birthday",
        "favourite",
        "points",
        "newsletter",
        "member_since",
        "external_id",
    ];
    let mapping = json!({ "columns": columns(&fields), "list": { "id": "customers" } });
    File { name: "customers.csv", text, mapping }
}

/// People met at a fair, written down in a hurry.
pub(crate) fn leads(crowd: &mut Crowd, customers: &[Person], leads: usize) -> File {
    let mut text = "E-Mail;Vorname;Nachname;Ort;Land;Newsletter;Punkte;Geburtstag\n".to_owned();
    let line = |person: &Person, points: &str| {
        let Person { email, first_name, last_name, city, country, birthday, .. } = person;
        let birthday = birthday.format("%d.%m.%Y");
        format!("{email};{first_name};{last_name};{city};{country};ja;{points};{birthday}\n")
    };
    for number in 0..leads {
        let person = crowd.next();
        match number {
            3 => text += &line(&person, "zwölf"),
            5 => text += &line(&Person { email: "keine".to_owned(), ..person }, "10"),
            8 => {
                text += &line(&person, "10");
                text += &line(&person, "12,5");
            }
            11 => {
                text += &line(&Person { email: person.email.replace('@', "(at)"), ..person }, "10")
            }
            14 => text += &line(&Person { email: String::new(), ..person }, "10"),
            _ => text += &line(&person, "10"),
        }
    }
    text += "zu.spaet@example.com;Nur;Halb\n";
    customers.iter().take(3).for_each(|person| text += &line(person, "25"));
    let fields =
        ["email", "first_name", "last_name", "city", "country", "newsletter", "points", "birthday"];
    let mut columns = columns(&fields);
    columns[5] = json!({ "column": 6, "target": "ignored" });
    columns[6]["decimal_comma"] = json!(true);
    columns[7]["date_order"] = json!("dmy");
    let mapping =
        json!({ "columns": columns, "bad_cells": "drop_cell", "list": { "name": "Coffee fair" } });
    File { name: "coffee-fair.csv", text, mapping }
}

/// A list of years ago: some of it is of people who are here, and says where they lived then.
pub(crate) fn old_readers(crowd: &mut Crowd, customers: &[Person]) -> File {
    let mut text = "Email,City\n".to_owned();
    for person in customers.iter().step_by(9) {
        let _ = writeln!(text, "{},Vienna", person.email);
        let _ = writeln!(text, "{},Vienna", crowd.next().email);
    }
    let mapping =
        json!({ "columns": columns(&["email", "city"]), "list": { "name": "Old newsletter" } });
    File { name: "newsletter-2019.csv", text, mapping }
}

/// A file whose dates fit two orders: somebody has to say which.
pub(crate) fn waiting(crowd: &mut Crowd) -> File {
    let mut text = "Email,First Name,Asked on\n".to_owned();
    for number in 1..=12 {
        let person = crowd.next();
        let _ = writeln!(
            text,
            "{},{},0{}/{number:02}/2026",
            person.email,
            person.first_name,
            number % 6 + 1
        );
    }
    File { name: "requests.csv", text, mapping: Value::Null }
}
