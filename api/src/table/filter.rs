//! Who is in the table: filters, all of which have to hold. What is asked of a property is asked as segments ask it.

use std::borrow::Cow;

use domain::DefinitionId;
use domain::fold::fold;
use domain::segment::{Membership, Now, Operator, Test};
use memchr::memmem::{Finder, FinderRev};
use projections::Store;
use projections::glance::{Glance, Needs};
use projections::table::{Belonging, found_by};
use projections::users::UserLine;
use serde_json::{Value, json};

use crate::access::Credential;
use crate::export::members::{plain, value_after};
use crate::params::Params;
use crate::problem::Problem;
use crate::segments::{exists, read_conditions};

/// What all filters on properties begin with.
const PROPERTY: &str = "property.";
/// Filters of one query.
const FILTERS_MAX: usize = 50;
/// Longest text that is searched for, in bytes.
const SEARCH_BYTES_MAX: usize = 1024;

/// Parameters that filter users.
pub const FILTERS: [&str; 7] =
    ["search", "list", "segment", "badge", "challenge", "app", "property.*"];

/// Filters of users, all of which have to hold.
#[derive(Debug, Default)]
pub struct UserFilter {
    search: Option<Finder<'static>>,
    of: Vec<Belonging>,
    tests: Vec<(String, Member, Operator)>,
    said: String,
}

/// Finds the value of a field in a stored object, without parsing it.
#[derive(Debug)]
pub(super) struct Member(FinderRev<'static>);

impl Member {
    pub(super) fn new(id: &str) -> Member {
        Member(FinderRev::new(&format!("{}:", json!(id))).into_owned())
    }

    pub(super) fn of<'a>(&self, fields: &'a str) -> Option<Cow<'a, str>> {
        // A quote before a colon ends a name: in a value it would stand behind a backslash. The last of a name counts.
        let at = self.0.rfind(fields.as_bytes())? + self.0.needle().len();
        match plain(value_after(&fields.as_bytes()[at..])?) {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }
}

impl UserFilter {
    /// Reads the filters of a query.
    ///
    /// # Errors
    /// `parameter_invalid`, `personal_data_required`, `list_unknown`, `segment_unknown`, `condition_invalid`,
    /// `condition_type_mismatch`.
    pub fn read(
        params: &Params,
        store: &Store,
        credential: &Credential,
    ) -> Result<UserFilter, Problem> {
        let mut filter = UserFilter::default();
        if let Some(search) = params.one("search")? {
            credential.needs_personal("search looks at addresses, names and ids")?;
            if search.len() > SEARCH_BYTES_MAX {
                let takes = format!("at most {SEARCH_BYTES_MAX} bytes");
                return Err(Problem::parameter("search", &takes));
            }
            let folded = fold(search);
            filter.say("search", &folded);
            filter.search = Some(Finder::new(&folded).into_owned());
        }
        for (name, value) in params.pairs() {
            let to: fn(DefinitionId) -> Belonging = match name {
                "list" => |id| Belonging::To(Membership::List(id)),
                "segment" => |id| Belonging::To(Membership::Segment(id)),
                "badge" => |id| Belonging::To(Membership::Badge(id)),
                "app" => |id| Belonging::To(Membership::App(id)),
                "challenge" => Belonging::Challenge,
                _ => match name.strip_prefix(PROPERTY) {
                    Some(asked) => {
                        filter.ask(store, credential, (asked, value))?;
                        filter.say(name, value);
                        continue;
                    }
                    None => continue,
                },
            };
            let id = value.parse().map_err(|_| Problem::parameter(name, "an id"))?;
            let of = to(id);
            if let Belonging::To(of) = &of {
                exists(store, of)?;
            }
            filter.say(name, value);
            filter.of.push(of);
        }
        match filter.of.len() + filter.tests.len() {
            0..=FILTERS_MAX => Ok(filter),
            _ => Err(Problem::parameter("the query", &format!("at most {FILTERS_MAX} filters"))),
        }
    }

    fn say(&mut self, name: &str, value: &str) {
        self.said += &format!("{name}={value}\0");
    }

    fn ask(
        &mut self,
        store: &Store,
        credential: &Credential,
        (asked, value): (&str, &str),
    ) -> Result<(), Problem> {
        credential.needs_personal("a filter on a property looks at values")?;
        let parameter = format!("{PROPERTY}{asked}");
        let (property, operator) = asked.rsplit_once('.').ok_or_else(|| {
            Problem::parameter(&parameter, "the form property.<reference id>.<operator>=<value>")
        })?;
        let condition = condition(property, operator, value);
        let conditions = json!({ "groups": [{ "conditions": [condition] }] });
        let read = read_conditions(store, &conditions);
        let read = read.map_err(|problem| {
            let detail = problem.detail().trim_start_matches("group 1, condition 1: ").to_owned();
            Problem::new(problem.kind(), detail).with("parameter", parameter)
        })?;
        for condition in read.groups.into_iter().flat_map(|group| group.conditions) {
            if let Test::Property { id, operator } = condition.test {
                self.tests.push((id.clone(), Member::new(&id), operator));
            }
        }
        Ok(())
    }

    /// Whether everybody is in.
    pub fn is_empty(&self) -> bool {
        self.search.is_none() && self.of.is_empty() && self.tests.is_empty()
    }

    /// The one thing users have to belong to, where nothing else is asked.
    pub(super) fn only_of(&self) -> Option<&Belonging> {
        match self.of.as_slice() {
            [of] if self.search.is_none() && self.tests.is_empty() => Some(of),
            _ => None,
        }
    }

    /// As it was asked for.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// What users have to belong to, all of it.
    pub fn of(&self) -> &[Belonging] {
        &self.of
    }

    /// What of a user is read for it.
    pub(super) fn needs(&self) -> Needs {
        let (found, fields) = (self.search.is_some(), !self.tests.is_empty());
        Needs { found, fields, ..Needs::default() }
    }

    /// Whether a user is in who belongs to all it has to.
    pub(super) fn takes(&self, user: &Glance<'_>, now: Now) -> bool {
        let found = |search: &Finder<'_>| search.find(user.found.as_bytes()).is_some();
        self.search.as_ref().is_none_or(found)
            && self.tests.iter().all(|(_, member, operator)| {
                operator.answer(member.of(user.fields).as_deref(), now)
            })
    }

    /// The same of a whole line.
    pub fn takes_line(&self, line: &UserLine, now: Now) -> bool {
        let value = |id: &str| line.fields.get(id).map(String::as_str);
        let found =
            |search: &Finder<'_>| search.find(found_by(&line.email, value).as_bytes()).is_some();
        self.search.as_ref().is_none_or(found)
            && self.tests.iter().all(|(id, _, operator)| operator.answer(value(id), now))
    }
}

/// A condition as segments write it.
fn condition(property: &str, operator: &str, value: &str) -> Value {
    let mut said = json!({ "property": property, "operator": operator });
    match operator {
        "is_set" | "is_not_set" | "is_true" | "is_false" if matches!(value, "" | "true") => {}
        "is_one_of" => said["values"] = value.split(',').map(Value::from).collect(),
        "between" | "between_days" => {
            let (from, to) = value.split_once(',').unwrap_or((value, ""));
            (said["from"], said["to"]) = (json!(from), json!(to));
        }
        "in_the_last_days" | "more_than_days_ago" | "in_the_next_days" => {
            said["days"] = value.parse::<u32>().map_or_else(|_| json!(value), |days| json!(days));
        }
        _ => said["value"] = json!(value),
    }
    said
}
