//! Headers as files have them, and where their columns go.

use super::*;
use crate::property::Property;

fn targets(headers: &[&str]) -> Vec<String> {
    map_columns(headers, None, MatchBy::Email, &Properties::default())
        .unwrap()
        .into_iter()
        .map(|column| match column.target {
            Target::Email => "@".to_owned(),
            Target::Field(reference_id) => reference_id,
            Target::Ignored => "-".to_owned(),
            Target::MemberSince => "since".to_owned(),
            Target::UserId => "id".to_owned(),
        })
        .collect()
}

#[test]
fn aliases_are_known_in_english_and_french() {
    for email in ["Email", "E-mail", "EMAIL ADDRESS", "Adresse e-mail", "Courriel", " e_mail "] {
        assert_eq!(
            targets(&[email, "Prénom", "Nom de famille"]),
            ["@", "first_name", "last_name"],
            "{email}"
        );
    }
    assert_eq!(targets(&["Nom", "Courriel", "First Name"]), ["last_name", "@", "first_name"]);
}

#[test]
fn everything_else_becomes_a_property_with_a_name_of_its_own() {
    assert_eq!(
        targets(&[
            "Email",
            "Birth Date",
            "birth-date",
            "",
            "Perks Used",
            "城市",
            "Ville (naissance)"
        ]),
        ["@", "birth_date", "birth_date_2", "column_4", "perks_used_2", "城市", "ville_naissance"]
    );
}

#[test]
fn columns_without_names_are_named_by_what_the_first_row_holds() {
    for (row, names) in [
        (vec!["a@b.org"], vec!["Email"]),
        (vec!["a@b.org", "Anna", "K"], vec!["Email", "First Name", "Last Name"]),
        (vec!["Anna", "K", "a@b.org"], vec!["First Name", "Last Name", "Email"]),
        (vec!["a@b.org", "A", "K", "x"], vec!["Email", "First Name", "Last Name", "Column 4"]),
        (vec!["nobody", "Anna"], vec!["Email", "First Name"]),
    ] {
        assert_eq!(name_columns(&row), names);
    }
}

#[test]
fn the_columns_of_our_own_export_come_back_as_they_are() {
    assert_eq!(
        targets(&["email", "member_since", "perks_used", "first_name", "lang", "birth_date"]),
        ["@", "-", "-", "first_name", "lang", "birth_date"]
    );
    assert_eq!(
        targets(&["_line", "_code", "_reason", "Email", "Code"]),
        ["-", "-", "-", "@", "code"]
    );
}

#[test]
fn columns_takes_only_those_named_and_always_the_address() {
    let only = ["City".to_owned()];
    let columns = map_columns(
        &["Email", "City", "Notes"],
        Some(&only),
        MatchBy::Email,
        &Properties::default(),
    )
    .unwrap();
    let targets: Vec<_> = columns.into_iter().map(|column| column.target).collect();
    assert_eq!(targets, [Target::Email, Target::Field("city".to_owned()), Target::Ignored]);
    let unknown = map_columns(
        &["Email", "City"],
        Some(&["Citty".to_owned()]),
        MatchBy::Email,
        &Properties::default(),
    )
    .unwrap_err();
    assert_eq!(unknown.to_string(), "the file has no column \"Citty\"; it has: Email, City");
}

#[test]
fn a_property_is_found_again_by_its_reference_id_or_its_name() {
    let property = |id: &str, reference_id: &str, name: &str| Property {
        id: id.to_owned(),
        reference_id: reference_id.to_owned(),
        name: name.to_owned(),
        kind: ValueType::Number,
    };
    let known = [property("points", "points", "Points"), property("city", "town", "Ville / Stadt")];
    let known = Properties::new(known, BTreeSet::from(["age".to_owned()]));
    let columns = map_columns(
        &["Email", "POINTS", "City", "Ville / Stadt", "points", "Age"],
        None,
        MatchBy::Email,
        &known,
    )
    .unwrap();
    let names: Vec<_> =
        columns.iter().filter_map(|column| column.reference_id.as_deref()).collect();
    assert_eq!(names, ["city", "age"]); // their ids are others': one is called otherwise now, one is gone
    let went: Vec<_> =
        columns.into_iter().map(|column| (column.target, column.rule.kind)).collect();
    let field = |id: &str| Target::Field(id.to_owned());
    assert_eq!(
        went,
        [
            (Target::Email, ValueType::Text),
            (field("points"), ValueType::Number),
            (field("city_2"), ValueType::Text),
            (field("city"), ValueType::Number),
            (field("points_2"), ValueType::Text),
            (field("age_2"), ValueType::Text),
        ]
    );
}

#[test]
fn a_suggestion_leaves_out_what_is_in_doubt() {
    let suggested = |headers: &[&str]| -> Vec<Target> {
        let columns = suggest_columns(headers, &Properties::default()).unwrap();
        assert!(columns.iter().map(|column| column.header.as_str()).eq(headers.iter().copied()));
        columns.into_iter().map(|column| column.target).collect()
    };
    let field = |id: &str| Target::Field(id.to_owned());
    let out = || Target::Ignored;
    assert_eq!(suggested(&["Email", "City"]), [Target::Email, field("city")]);
    assert_eq!(suggested(&["Email", "Courriel", "City"]), [out(), out(), field("city")]);
    assert_eq!(suggested(&["Who", "City"]), [field("who"), field("city")]);
    assert_eq!(suggested(&["Email", "Prénom", "First Name"]), [Target::Email, out(), out()]);
}

#[test]
fn a_header_without_exactly_one_address_is_refused() {
    assert!(matches!(
        map_columns(&["Name", "City"], None, MatchBy::Email, &Properties::default()),
        Err(HeaderFault::EmailMissing { .. })
    ));
    assert!(matches!(
        map_columns(&["Email", "Courriel"], None, MatchBy::Email, &Properties::default()),
        Err(HeaderFault::EmailTwice { .. })
    ));
    assert!(
        map_columns(
            &["Email", "Courriel"],
            Some(&["Courriel".to_owned()]),
            MatchBy::Email,
            &Properties::default()
        )
        .is_ok()
    );
    assert!(matches!(
        map_columns(
            &["Email", "First Name", "Prénom"],
            None,
            MatchBy::Email,
            &Properties::default()
        ),
        Err(HeaderFault::FieldTwice { .. })
    ));
}

#[test]
fn a_mapping_is_taken_over_by_a_file_with_the_same_columns_only() {
    let columns = |headers: &[&str]| {
        map_columns(headers, None, MatchBy::Email, &Properties::default()).unwrap()
    };
    let before = columns(&["Email", "City", "Notes"]);
    let same = columns(&["_line", "_code", "_reason", "Email", "City", "Notes"]);
    assert_eq!(fingerprint(&same), fingerprint(&before));
    let mapped = mapped_as(&same, &before).unwrap();
    assert!(mapped[..3].iter().all(|column| column.target == Target::Ignored));
    assert_eq!(mapped[3..], before[..]);
    for other in
        [&["Email", "City"][..], &["Email", "Notes", "City"], &["Email", "City", "Notes", "Age"]]
    {
        let other = columns(other);
        assert_ne!(fingerprint(&other), fingerprint(&before));
        assert_eq!(mapped_as(&other, &before), None);
    }
}

#[test]
fn another_key_needs_its_column_and_no_address() {
    let mapped = |headers: &[&str], match_by| {
        let columns = map_columns(headers, None, match_by, &Properties::default());
        columns.map(|columns| columns.into_iter().map(|column| column.target).collect::<Vec<_>>())
    };
    let external = || Target::Field("external_id".to_owned());
    let city = || Target::Field("city".to_owned());
    assert_eq!(mapped(&["User ID", "City"], MatchBy::UserId), Ok(vec![Target::UserId, city()]));
    assert_eq!(
        mapped(&["user_id", "Email", "external_id"], MatchBy::UserId),
        Ok(vec![Target::UserId, Target::Email, external()])
    );
    assert_eq!(
        mapped(&["Email", "External Id"], MatchBy::ExternalId),
        Ok(vec![Target::Email, external()])
    );
    assert_eq!(
        mapped(&["user_id", "Email"], MatchBy::Email),
        Ok(vec![Target::Ignored, Target::Email])
    );
    for headers in [["Email", "City"], ["Name", "City"]] {
        let fault = mapped(&headers, MatchBy::ExternalId).unwrap_err();
        assert!(matches!(fault, HeaderFault::KeyMissing { key: "external_id", .. }), "{fault}");
    }
    let twice = mapped(&["user_id", "User Id"], MatchBy::UserId).unwrap_err();
    assert!(matches!(twice, HeaderFault::FieldTwice { .. }), "{twice}");
    let only = ["City".to_owned()];
    let columns = map_columns(
        &["user_id", "Email", "City"],
        Some(&only),
        MatchBy::UserId,
        &Properties::default(),
    );
    let targets: Vec<Target> = columns.unwrap().into_iter().map(|column| column.target).collect();
    assert_eq!(targets, [Target::UserId, Target::Ignored, city()], "nobody asked for the address");
}
