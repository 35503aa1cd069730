//! Why rows of imports are refused or warned of: a page for each code that is said of nothing else.

/// Code, title, and what it means and what to do.
pub const ROW_CODES: &[(&str, &str, &str)] = &[
    (
        "column_count_mismatch",
        "The row has too many or too few cells",
        "A cell that holds the delimiter or a line break needs quotes around it. The row is refused; `rejected.csv` has it as it stood.",
    ),
    (
        "email_missing",
        "There is no e-mail",
        "The row's address is empty; matched by an external id that nobody has, it needs one to make a user. Fill it in and import the row again.",
    ),
    (
        "email_contested",
        "Two rows give one address to two users",
        "Neither gets it. Leave the address with the one whose it is, and out of the other row.",
    ),
    (
        "user_id_missing",
        "There is no user id",
        "The import matches by user id, and the cell is empty.",
    ),
    (
        "user_id_invalid",
        "This is no user id",
        "User ids are UUIDs as the column `user_id` of a users export has them.",
    ),
    (
        "external_id_missing",
        "There is no external id",
        "The import matches by external id, and the cell is empty.",
    ),
    (
        "external_id_ambiguous",
        "Several users have this external id",
        "It does not say which of them is meant. Give each one of its own, with an import matched by e-mail.",
    ),
    (
        "external_id_contested",
        "Two rows give one external id to two users",
        "Neither gets it. Leave it in one of the rows.",
    ),
    (
        "user_exists",
        "The user is there already",
        "The import makes new users only (`mode=create_only`).",
    ),
    (
        "user_not_found",
        "There is no such user",
        "The import changes users there are only, or matches by user id, which makes nobody.",
    ),
    (
        "value_too_long",
        "The cell is too long",
        "A cell has at most 65,536 bytes. Often a quote that should not be there swallows the cells after it.",
    ),
    (
        "control_character",
        "The cell holds a NUL character",
        "No text has one; the file is damaged there or is no text. Remove it.",
    ),
    (
        "number_invalid",
        "This is no number",
        "A number is digits with at most one sign and one decimal point; a comma or grouping is said in the mapping.",
    ),
    (
        "number_out_of_range",
        "The number has too many digits",
        "At most 15 significant digits are kept exactly. Longer ones belong into a text property.",
    ),
    (
        "boolean_invalid",
        "This is neither true nor false",
        "true, yes, oui, vrai, 1 and false, no, non, faux, 0 are read.",
    ),
    (
        "date_invalid",
        "This is no date",
        "Dates are written 2026-01-31 or 2026-01-31T09:00:00Z, or in the column's date order; a time without an offset needs the column's zone.",
    ),
    (
        "date_ambiguous",
        "This can be two dates",
        "It is one day with the day first and another with the month first. Say the column's date order.",
    ),
    (
        "date_in_future",
        "This lies in the future",
        "A user can be a member since today or a day before.",
    ),
    (
        "duplicate_in_file",
        "The user stands in the file more than once",
        "Rows apply in file order; where both have a value, the later one counts. This is a warning: the row is taken.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::csv_row::RowFault;
    use domain::import::UserFault;

    use super::*;
    use crate::problem::ProblemKind;

    #[test]
    fn every_code_of_a_row_has_a_page_and_no_page_is_of_two() {
        let pages: BTreeSet<&str> = ROW_CODES.iter().map(|(code, _, _)| *code).collect();
        assert_eq!(pages.len(), ROW_CODES.len());
        let users = UserFault::ALL.iter().map(|fault| fault.code());
        let codes: BTreeSet<&str> =
            RowFault::CODES.into_iter().chain(users).chain(["duplicate_in_file"]).collect();
        let problems: BTreeSet<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        assert!(pages.is_disjoint(&problems));
        assert_eq!(pages, codes.difference(&problems).copied().collect());
    }
}
