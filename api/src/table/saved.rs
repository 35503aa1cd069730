//! A filter of the table saved as the conditions of a segment, so that who is in goes on to be looked at.

use domain::EventKind;
use domain::segment::{Condition, Conditions, Group, Happened, Test};
use projections::table::Belonging;
use serde_json::Value;

use super::filter::{FILTERS, Tested, UserFilter};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Conditions that say what filters say: `{"list": "vip", "property.city.is": ["Lyon"]}`, by the names of the table's
/// parameters.
///
/// # Errors
/// As [`UserFilter::read`]; `condition_invalid` where nothing is filtered, or by what no condition can say: a search, chosen
/// users, an import.
pub fn conditions_of(
    filter: &Value,
    app: &App,
    credential: &Credential,
) -> Result<Conditions, Problem> {
    let params = Params::of_object(filter, &FILTERS)?;
    let invalid = |detail: &str| Problem::new(ProblemKind::ConditionInvalid, detail);
    for (name, instead) in [
        ("search", "ask with property.email.contains or property.first_name.contains instead"),
        ("user", "put chosen users on a list, and filter by that"),
        ("import", "import into a list, and filter by that"),
    ] {
        if params.all(name).next().is_some() {
            return Err(invalid(&format!("a segment cannot ask for {name}: {instead}")));
        }
    }
    let UserFilter { of, tests, .. } =
        UserFilter::read(&params, (&app.log, &app.follower.store()), credential)?;
    let belongs = of.into_iter().map(|of| match of {
        Belonging::To(of) => Test::Member(of),
        Belonging::Challenge(id) => Test::Happened(Happened {
            kind: EventKind::ChallengeJoined,
            of: Some(id),
            at_least: 1,
            at_most: None,
            within_days: None,
        }),
    });
    let asks = tests.into_iter().map(|(asked, operator)| match asked {
        Tested::Found(id, _) | Tested::Field(id, _) => Test::Property { id, operator },
        Tested::Moment(moment) => Test::Moment { moment, operator },
    });
    let conditions: Vec<Condition> =
        belongs.chain(asks).map(|test| Condition { negated: false, test }).collect();
    if conditions.is_empty() {
        return Err(invalid("filter holds at least one filter of the users table"));
    }
    Ok(Conditions { groups: vec![Group { conditions }] })
}
