//! Given a team, when somebody is invited, changed or removed, then.

use super::*;

fn member(id: &str, role: Role) -> Member {
    Member {
        id: id.to_owned(),
        email: Some(format!("{id}@example.org")),
        name: None,
        role,
        personal_data: false,
        zone: None,
        joined: true,
        removed: false,
    }
}

fn demoted() -> Change {
    Change { role: Some(Role::Editor), ..Change::default() }
}

#[test]
fn each_role_may_what_the_one_before_may_and_none_sees_personal_data_by_itself() {
    let scopes = Role::ALL.map(|role| member("m", role).scopes());
    assert_eq!(scopes[0], [Scope::UsersRead, Scope::ExportsCreate, Scope::EventsRead]);
    assert!(
        scopes.iter().zip(&scopes[1..]).all(|(less, more)| less.iter().all(|it| more.contains(it)))
    );
    assert!(scopes.iter().all(|scopes| !scopes.contains(&Scope::PersonalRead)));
    assert!(!scopes[1].contains(&Scope::Admin));
    assert_eq!(scopes[2].len(), Scope::ALL.len() - 1);
    let seeing = Member { personal_data: true, ..member("m", Role::Viewer) };
    assert!(seeing.scopes().contains(&Scope::PersonalRead));
}

#[test]
fn an_address_is_one_members_until_they_are_removed() {
    let email = Email::parse(" A@Example.org").unwrap();
    let as_viewer = || (None, Role::Viewer, false);
    let mut team = vec![member("a", Role::Viewer)];
    assert_eq!(invite(&team, "b", &email, as_viewer()), Err(Refusal::TeamMemberEmailTaken));
    team[0].removed = true;
    assert!(invite(&team, "b", &email, as_viewer()).is_ok());
    let full: Vec<_> = (0..MEMBERS_MAX).map(|n| member(&format!("m{n}"), Role::Viewer)).collect();
    assert_eq!(invite(&full, "b", &email, as_viewer()), Err(Refusal::TooManyTeamMembers));
    assert!(invite(&full[1..], "b", &email, as_viewer()).is_ok());
}

#[test]
fn the_last_admin_who_joined_stays() {
    let mut team =
        vec![member("a", Role::Admin), member("b", Role::Admin), member("c", Role::Viewer)];
    assert!(matches!(change(&team, "a", demoted()), Ok(Some(_))));
    assert!(matches!(remove(&team, "a"), Ok(Some(_))));
    team[1].joined = false;
    assert_eq!(change(&team, "a", demoted()), Err(Refusal::LastAdmin));
    assert_eq!(remove(&team, "a"), Err(Refusal::LastAdmin));
    assert!(matches!(remove(&team, "b"), Ok(Some(_))), "who never joined manages nothing");
    let named = Change { name: Some(Some("Anna".to_owned())), ..Change::default() };
    assert!(matches!(change(&team, "a", named), Ok(Some(_))));
}

#[test]
fn what_changes_nothing_is_no_fact_and_who_is_gone_is_not_changed() {
    let mut team = vec![member("a", Role::Admin), member("b", Role::Editor)];
    assert_eq!(change(&team, "b", demoted()), Ok(None));
    team[1].removed = true;
    assert_eq!(remove(&team, "b"), Ok(None));
    assert_eq!(change(&team, "b", demoted()), Err(Refusal::TeamMemberUnknown));
    assert_eq!(remove(&team, "z"), Err(Refusal::TeamMemberUnknown));
}

#[test]
fn passwords_have_twelve_to_two_hundred_characters_composed_in_one_way() {
    assert_eq!(password("elf zeichen"), Err(Refusal::PasswordInvalid));
    assert_eq!(password("zwo\u{308}lf zeichen"), password("zw\u{f6}lf zeichen"));
    assert!(password(&"x".repeat(PASSWORD_CHARS_MAX)).is_ok());
    assert_eq!(password(&"x".repeat(PASSWORD_CHARS_MAX + 1)), Err(Refusal::PasswordInvalid));
}
