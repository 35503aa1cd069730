//! One real payload per kind and version, kept for ever in `golden/`, and what each of them means.
#![allow(clippy::disallowed_methods, reason = "golden files are read and written by their test")]

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

mod bulk;
mod exported;
mod living;
mod team;
mod views;

use self::bulk::bulk;
use self::exported::{exported, exported_later};
use self::living::{challenges, living};
use self::team::team;
use self::views::views;
use super::*;
use crate::event::*;
use crate::id::UserId;
use crate::scope::Scope;
use crate::value::{CellRule, DateOrder, ValueType};

const IMPORT: Uuid = Uuid::from_u128(0x0190_b3c4_5d6e_7f70_8123_4567_89ab_cdef);

fn named(id: &str, name: Option<&str>) -> Named {
    Named { id: id.parse().unwrap(), name: name.map(str::to_owned) }
}

fn email() -> Option<String> {
    Some("Anna@example.org".to_owned())
}

const COUNTS: RowCounts =
    RowCounts { created: 3, updated: 2, unchanged: 4, rejected: 1, warnings: 1, joined: 0 };

fn note() -> RowNote {
    RowNote {
        line: 7,
        row: 5,
        column: Some("Email".to_owned()),
        code: "email_missing".to_owned(),
        reason: "the e-mail is missing".to_owned(),
    }
}

/// What each golden file says. A new version adds an entry; none is ever changed.
fn golden() -> Vec<(u16, Event)> {
    let badge = || named("vip", Some("VIP"));
    let challenge = || named("spring-2026", Some("Spring"));
    let v1 = [
        Event::LogCreated(LogCreated { log_id: IMPORT, key_check: "00ff".to_owned() }),
        Event::TokenCreated(TokenCreated {
            token_id: "t_1a2b".to_owned(),
            name: Some("nightly export".to_owned()),
            scopes: vec![Scope::ExportsCreate, Scope::PersonalRead],
            hash: "ab".repeat(32),
        }),
        Event::TokenRevoked(TokenRevoked { token_id: "t_1a2b".to_owned() }),
        Event::ImportStarted(ImportPlan {
            import_id: IMPORT,
            bytes: 1234,
            sha256: "cd".repeat(32),
            rows: 10,
            delimiter: b';',
            encoding: "utf-8".to_owned(),
            encoding_guessed: false,
            header: true,
            columns: vec![
                Column::text("Courriel", Target::Email),
                Column::text("Prénom", Target::Field("first_name".to_owned())),
                Column::text("member_since", Target::Ignored),
            ],
            match_by: MatchBy::Email,
            mode: ImportMode::CreateAndUpdate,
            bad_cells: BadCells::RejectRow,
            list: None,
            again: None,
            filename: Some("contacts.csv".to_owned()),
        }),
        Event::ImportProgressed(ImportProgressed {
            import_id: IMPORT,
            row: 10,
            counts: COUNTS,
            refused: RefusedRows::new(),
        }),
        Event::ImportCompleted(ImportCompleted {
            import_id: IMPORT,
            counts: COUNTS,
            rejects: vec![note()],
            warnings: vec![RowNote {
                column: None,
                code: "duplicate_in_file".to_owned(),
                ..note()
            }],
            refused: RefusedRows::new(),
            codes: BTreeMap::new(),
        }),
        Event::ImportCancelled(ImportCancelled { import_id: IMPORT, row: 10, counts: COUNTS }),
        Event::ImportFailed(ImportFailed {
            import_id: IMPORT,
            code: "file_missing".to_owned(),
            counts: COUNTS,
        }),
        Event::UserImported(UserImported {
            import_id: IMPORT,
            row: 5,
            created: false,
            email: email(),
            member_since: None,
            changes: vec![
                Change {
                    field: "first_name".into(),
                    old: Some("Ana".into()),
                    new: Some("Anna \"A\"\n".into()),
                },
                Change { field: "city".into(), old: None, new: Some("Łódź".into()) },
                Change { field: "notes".into(), old: Some("x".into()), new: None },
            ],
        }),
        Event::UserCreated(UserCreated {
            email: email(),
            changes: vec![Change { field: "city".into(), old: None, new: Some("Łódź".into()) }],
        }),
        Event::BadgeGained(BadgeGained {
            badge: badge(),
            audience: Some(named("best", Some("Best customers"))),
            because: Because::ByHand,
            email: email(),
        }),
        Event::BadgeLost(BadgeLost {
            badge: named("vip", None),
            audience: None,
            because: Because::ByHand,
            email: email(),
        }),
        Event::ChallengeJoined(ChallengeJoined { challenge: challenge(), email: email() }),
        Event::ChallengeStepCompleted(ChallengeStepCompleted {
            challenge: challenge(),
            step: named("share", Some("Share it")),
            email: email(),
        }),
        Event::ChallengeCompleted(ChallengeCompleted {
            challenge: challenge(),
            rewards: Vec::new(),
            email: email(),
        }),
    ];
    let v1 = v1
        .into_iter()
        .chain(exported())
        .chain(mapped_and_reverted())
        .chain(living())
        .chain(challenges())
        .chain(bulk())
        .chain(team())
        .chain(views());
    v1.map(|event| (1, event)).chain(exported_later()).collect()
}

/// A plan that says everything one can say.
fn plan() -> ImportPlan {
    let rule = CellRule {
        date_order: Some(DateOrder::DayMonthYear),
        zone: Some(chrono_tz::Europe::Paris),
        empty_clears: true,
        clear_token: Some("NULL".to_owned()),
        ..CellRule::of(ValueType::Date)
    };
    let number = CellRule {
        decimal_comma: true,
        grouped: true,
        guarded: true,
        ..CellRule::of(ValueType::Number)
    };
    let field = |header: &str, id: &str, rule| Column {
        header: header.to_owned(),
        target: Target::Field(id.to_owned()),
        rule,
        reference_id: None,
    };
    ImportPlan {
        import_id: IMPORT,
        bytes: 1234,
        sha256: "cd".repeat(32),
        rows: 10,
        delimiter: b'\t',
        encoding: "windows-1252".to_owned(),
        encoding_guessed: true,
        header: false,
        columns: vec![
            Column::text("Email", Target::Email),
            field("Birth date", "birth_date", rule),
            field("Points", "points", number),
            Column::text("Since", Target::MemberSince),
        ],
        match_by: MatchBy::Email,
        mode: ImportMode::UpdateOnly,
        bad_cells: BadCells::DropCell,
        list: Some(named("spring", Some("Spring"))),
        again: Some(Uuid::nil()),
        filename: Some("contacts.csv".to_owned()),
    }
}

fn mapped_and_reverted() -> [Event; 21] {
    let list = || named("spring", Some("Spring"));
    let revert = RevertCounts { removed: 3, restored: 2, left: 1, kept: 1 };
    let codes = BTreeMap::from([("email_missing".to_owned(), 1)]);
    let renamed = ListNamed { list_id: "spring".parse().unwrap(), name: "Spring 2026".to_owned() };
    [
        Event::PropertyCreated(PropertyCreated {
            property_id: "city".to_owned(),
            reference_id: "city".to_owned(),
            name: "City".to_owned(),
            kind: ValueType::Text,
        }),
        Event::ListCreated(ListCreated {
            list_id: "spring".parse().unwrap(),
            name: "Spring".to_owned(),
        }),
        Event::PropertyChanged(PropertyChanged {
            property_id: "city".to_owned(),
            reference_id: "town".to_owned(),
            name: "Town".to_owned(),
        }),
        Event::PropertyDeleted(PropertyDeleted {
            property_id: "city".to_owned(),
            reference_id: "town".to_owned(),
        }),
        Event::TableChanged(TableChanged {
            token_id: Some("t_1a2b".to_owned()),
            columns: Some(vec!["city".to_owned(), "lang".to_owned()]),
        }),
        Event::ListChanged(renamed.clone()),
        Event::ListDeleted(renamed),
        Event::ImportUploaded(ImportPlan { mode: ImportMode::default(), list: None, ..plan() }),
        Event::ImportMapped(plan()),
        Event::ImportChecked(ImportChecked {
            import_id: IMPORT,
            position: "c1".to_owned(),
            counts: COUNTS,
            users: 5,
            codes,
        }),
        Event::ImportRevertStarted(ImportRevertStarted { import_id: IMPORT }),
        Event::ImportRevertProgressed(ImportRevertProgressed {
            import_id: IMPORT,
            position: "c1".to_owned(),
            row: 10,
            counts: revert,
        }),
        Event::ImportReverted(ImportReverted {
            import_id: IMPORT,
            counts: revert,
            kept: vec![Kept {
                user_id: UserId(IMPORT),
                field: Some("city".to_owned()),
                code: "value_changed".to_owned(),
            }],
        }),
        Event::ImportFileRemoved(ImportFileRemoved { import_id: IMPORT }),
        Event::UserPropertiesChanged(UserPropertiesChanged {
            reverted_import: Some(IMPORT),
            email: email(),
            changes: vec![Change {
                field: "city".into(),
                old: Some("Łódź".into()),
                new: Some("Anna's".into()),
            }],
        }),
        Event::EmailClaimed(EmailClaimed { owner: UserId(IMPORT), email: email() }),
        Event::EmailReleased(EmailReleased { owner: UserId(IMPORT) }),
        Event::UserEmailChanged(UserEmailChanged {
            address: Some(UserId(IMPORT)),
            imported: Some((IMPORT, 5)),
            reverted_import: None,
            old: Some("ana@example.org".to_owned()),
            email: email(),
        }),
        Event::UserDeleted(UserDeleted { reverted_import: Some(IMPORT), email: email() }),
        Event::ListJoined(ListJoined { list: list(), imported: Some((IMPORT, 5)), email: email() }),
        Event::ListLeft(ListLeft {
            list: list(),
            because: Because::ImportReverted,
            email: email(),
        }),
    ]
}

fn path(kind: EventKind, version: u16) -> String {
    format!("{}/golden/{}.v{version}.json", env!("CARGO_MANIFEST_DIR"), kind.name())
}

/// Line 1 is `data`, line 2 `personal` (or empty): the stored bytes themselves.
fn file_form(stored: &Stored) -> String {
    let personal = stored.personal.as_deref().unwrap_or_default();
    format!("{}\n{}\n", String::from_utf8_lossy(&stored.data), String::from_utf8_lossy(personal))
}

#[test]
fn every_golden_file_still_says_what_it_said() {
    for (version, event) in golden() {
        let path = path(event.kind(), version);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut lines = text.lines();
        let data = lines.next().unwrap().as_bytes();
        let personal = lines.next().filter(|line| !line.is_empty()).map(str::as_bytes);
        assert_eq!(decode(event.kind().name(), version, data, personal), Ok(event), "{path}");
    }
}

#[test]
fn the_newest_version_is_written_byte_for_byte_as_its_golden_file() {
    for (version, event) in golden() {
        let stored = encode(&event);
        if stored.version == version {
            let path = path(event.kind(), version);
            if std::env::var_os("COHORT_WRITE_GOLDEN").is_some() && !std::fs::exists(&path).unwrap()
            {
                std::fs::write(&path, file_form(&stored)).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), file_form(&stored), "{path}");
        }
    }
}

#[test]
fn every_kind_has_a_golden_file_and_every_golden_file_a_kind() {
    let known: BTreeSet<_> = golden().iter().map(|(_, event)| event.kind()).collect();
    assert_eq!(known, EventKind::ALL.iter().copied().collect());
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/golden")).unwrap().count();
    assert_eq!(files, golden().len());
}

#[test]
fn nothing_personal_is_written_into_the_public_part() {
    for (_, event) in golden() {
        let data = String::from_utf8(encode(&event).data).unwrap();
        for personal in
            ["Anna", "Ana", "example.org", "Łódź", "contacts.csv", "nightly", "type=BadgeGained"]
        {
            assert!(!data.contains(personal), "{}: {data}", event.kind().name());
        }
    }
}

#[test]
fn a_fact_without_its_personal_part_is_still_read() {
    for (_, event) in golden() {
        let stored = encode(&event);
        let read = decode(stored.kind.name(), stored.version, &stored.data, None).unwrap();
        assert_eq!(encode(&read).data, stored.data);
    }
}

#[test]
fn what_golden_files_leave_out_is_read_as_written() {
    let mut by_id = ImportPlan { match_by: MatchBy::ExternalId, ..plan() };
    let again = Column::text("City", Target::Field("city_2".to_owned()));
    by_id.columns.push(Column { reference_id: Some("city".to_owned()), ..again });
    by_id.columns.push(Column::text("Id", Target::UserId));
    let back = UserEmailChanged {
        address: None,
        imported: None,
        reverted_import: Some(IMPORT),
        old: email(),
        email: Some("ana@example.org".to_owned()),
    };
    let promised = Promised {
        reward: RewardId { kind: RewardKind::Perk, id: "coffee".parse().unwrap() },
        name: "Free \"coffee\"".to_owned(),
        limited: true,
    };
    let completed = ChallengeCompleted {
        challenge: named("spring", Some("Spring")),
        rewards: vec![promised],
        email: email(),
    };
    for event in [
        Event::ImportMapped(by_id),
        Event::UserEmailChanged(back),
        Event::ChallengeCompleted(completed),
    ] {
        let stored = encode(&event);
        let read = decode(stored.kind.name(), 1, &stored.data, stored.personal.as_deref());
        assert_eq!(read, Ok(event));
    }
}

#[test]
fn what_no_version_explains_is_named_without_its_content() {
    let unknown = decode("UserTeleported", 1, b"{}", None).unwrap_err();
    assert_eq!(unknown.to_string(), "UserTeleported version 1 cannot be read: no such kind");
    assert_eq!(decode("BadgeGained", 99, b"{}", None).unwrap_err().reason, "no such version");
    let torn = decode("BadgeGained", 1, b"{\"badge_id\":\"secret", None).unwrap_err();
    assert!(!torn.to_string().contains("secret"), "{torn}");
}
