//! Codes and pages hold what they promise.

use domain::Refusal;

use super::*;

#[test]
fn codes_are_unique_and_every_page_says_something() {
    let mut codes: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), ProblemKind::ALL.len());
    for kind in ProblemKind::ALL {
        assert!(
            kind.page().len() > 40 && kind.status().is_client_error()
                || kind.status().is_server_error()
        );
    }
}

#[test]
fn a_rule_and_its_problem_have_one_name() {
    for refusal in [Refusal::UserUnknown, Refusal::BadgeNotHeld { badge: "vip".parse().unwrap() }] {
        assert_eq!(Problem::from(refusal.clone()).kind().code(), refusal.code());
    }
}
