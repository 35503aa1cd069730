//! Who is in the table: filters, all of which have to hold. What is asked of a property is asked as segments ask it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::fold::fold;
use domain::segment::form::opposite;
use domain::segment::{Membership, Moment, Now, Operator, Test};
use domain::{DefinitionId, UserId};
use eventlog::Log;
use memchr::memmem::{Finder, FinderRev};
use projections::Store;
use projections::glance::{Glance, Needs};
use projections::table::{Belonging, FoundAt, found_by};
use projections::users::UserLine;
use serde_json::{Value, json};
use uuid::Uuid;

use super::named::{is_known, no_id};
use super::touched::touched_by;
use crate::access::Credential;
use crate::export::members::{plain, value_after};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::segments::read_conditions;

/// What all filters on properties begin with.
const PROPERTY: &str = "property.";
/// Filters of one query.
const FILTERS_MAX: usize = 50;
/// Longest text that is searched for, in bytes.
const SEARCH_BYTES_MAX: usize = 1024;

/// Imports that one query names at most: each reads a stretch of the log.
const IMPORTS_MAX: usize = 5;
/// Users that one query names at most.
pub const USERS_MAX: usize = 1_000;

/// Parameters that filter users.
pub const FILTERS: [&str; 9] =
    ["search", "user", "import", "list", "segment", "badge", "challenge", "app", "property.*"];

/// Filters of users, all of which have to hold.
#[derive(Debug, Default)]
pub struct UserFilter {
    /// Words that a user has to be found by, all of them: a full name is in two places.
    search: Vec<Finder<'static>>,
    /// Only users among all of these; each in order.
    among: Vec<Vec<UserId>>,
    pub(super) of: Vec<Belonging>,
    pub(super) tests: Vec<(Tested, Operator)>,
    said: String,
}

/// What of a user a filter asks about.
#[derive(Debug)]
pub(super) enum Tested {
    /// The address or a field that users are found by: compared folded, as all texts are.
    Found(String, FoundAt),
    /// Another field or a property: its id, and how to find its value.
    Field(String, Member),
    /// A moment in its life.
    Moment(Moment),
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
    /// Reads the filters of a query, by what the tables and the log know.
    ///
    /// # Errors
    /// `parameter_invalid`, `personal_data_required`, `list_unknown`, `segment_unknown`, `badge_unknown`, `challenge_unknown`, `import_unknown`,
    /// `condition_invalid`,
    /// `condition_type_mismatch`.
    pub fn read(
        params: &Params,
        (log, store): (&Log, &Store),
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
            let words: Vec<&str> = folded.split_whitespace().collect();
            if !words.is_empty() {
                filter.say("search", &words.join(" "));
            }
            filter.search = words.iter().map(|word| Finder::new(word).into_owned()).collect();
        }
        if let Some(users) = chosen(params)? {
            users.iter().for_each(|user| filter.say("user", &user.to_string()));
            filter.among.push(users);
        }
        let imports = params.all("import").map(str::parse).collect::<Result<BTreeSet<Uuid>, _>>();
        let imports = imports.map_err(|_| Problem::parameter("import", "an id"))?;
        if imports.len() > IMPORTS_MAX {
            return Err(Problem::parameter("import", &format!("at most {IMPORTS_MAX} imports")));
        }
        for import in imports {
            filter.say("import", &import.to_string());
            filter.among.push(touched_by(log, store, import)?);
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
            let of = to(value.parse().or_else(|_| Err(no_id(store, name, value)?))?);
            is_known(store, &of)?;
            filter.say(name, value);
            filter.of.push(of);
        }
        match filter.of.len() + filter.tests.len() + filter.among.len() {
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
        let parameter = format!("{PROPERTY}{asked}");
        let (property, operator) = asked.rsplit_once('.').ok_or_else(|| {
            Problem::parameter(&parameter, "the form property.<reference id>.<operator>=<value>")
        })?;
        if Moment::from_name(property).is_none() {
            credential.needs_personal("a filter on a property looks at values")?;
        }
        if let Some(opposite) = opposite(operator).filter(|_| !matches!(value, "" | "true")) {
            let detail = format!(
                "{operator} takes nothing behind the =, or true; its opposite is {PROPERTY}{property}.{opposite}=true"
            );
            let no = Problem::new(ProblemKind::ConditionInvalid, detail);
            return Err(no.with("parameter", parameter));
        }
        let condition = condition(property, operator, value);
        let conditions = json!({ "groups": [{ "conditions": [condition] }] });
        let read = read_conditions(store, &conditions);
        let read = read.map_err(|problem| {
            let detail = problem.detail().trim_start_matches("group 1, condition 1: ").to_owned();
            Problem::new(problem.kind(), detail).with("parameter", parameter)
        })?;
        for condition in read.groups.into_iter().flat_map(|group| group.conditions) {
            match condition.test {
                Test::Property { id, operator } => {
                    let tested = match FoundAt::of(&id) {
                        Some(place) => Tested::Found(id, place),
                        None => {
                            let member = Member::new(&id);
                            Tested::Field(id, member)
                        }
                    };
                    self.tests.push((tested, operator));
                }
                Test::Moment { moment, operator } => {
                    self.tests.push((Tested::Moment(moment), operator));
                }
                Test::Happened(_) | Test::Member(_) => {}
            }
        }
        Ok(())
    }

    /// Whether everybody is in.
    pub fn is_empty(&self) -> bool {
        let asks = !self.search.is_empty() || !self.among.is_empty();
        !asks && self.of.is_empty() && self.tests.is_empty()
    }

    /// The one thing users have to belong to, where nothing else is asked.
    pub(super) fn only_of(&self) -> Option<&Belonging> {
        match self.of.as_slice() {
            [of] if self.search.is_empty() && self.tests.is_empty() && self.among.is_empty() => {
                Some(of)
            }
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
        let asks = |is: fn(&Tested) -> bool| self.tests.iter().any(|(asked, _)| is(asked));
        Needs {
            found: !self.search.is_empty() || asks(|asked| matches!(asked, Tested::Found(..))),
            fields: asks(|asked| matches!(asked, Tested::Field(..))),
            since: asks(|asked| matches!(asked, Tested::Moment(Moment::MemberSince))),
            last_active: asks(|asked| matches!(asked, Tested::Moment(Moment::LastActive))),
            ..Needs::default()
        }
    }

    /// Whether a user is among those that are named, directly or by an import.
    fn names(&self, user: UserId) -> bool {
        self.among.iter().all(|users| users.binary_search(&user).is_ok())
    }

    /// Whether a user is in who belongs to all it has to.
    pub(super) fn takes(&self, user: &Glance<'_>, now: Now) -> bool {
        self.names(user.id)
            && is_found(&self.search, user.found)
            && self.tests.iter().all(|(asked, operator)| match asked {
                Tested::Found(_, place) => operator.answer(place.value(user.found), now),
                Tested::Field(_, member) => operator.answer(member.of(user.fields).as_deref(), now),
                Tested::Moment(Moment::MemberSince) => {
                    operator.answer_at(Some(user.member_since), now)
                }
                Tested::Moment(Moment::LastActive) => operator.answer_at(user.last_active_at, now),
            })
    }

    /// The same of a whole line.
    pub fn takes_line(&self, line: &UserLine, now: Now) -> bool {
        self.names(line.id)
            && (self.search.is_empty()
                || is_found(&self.search, &found_by(&line.email, |id| line.text(id))))
            && self.tests.iter().all(|(asked, operator)| match asked {
                Tested::Found(id, _) | Tested::Field(id, _) => operator.answer(line.text(id), now),
                Tested::Moment(Moment::MemberSince) => {
                    operator.answer_at(Some(line.member_since), now)
                }
                Tested::Moment(Moment::LastActive) => operator.answer_at(line.last_active_at, now),
            })
    }
}

/// Whether all that is searched for stands in what a user is found by.
fn is_found(search: &[Finder<'_>], found: &str) -> bool {
    search.iter().all(|word| word.find(found.as_bytes()).is_some())
}

/// The users that a query names, each once and in order.
fn chosen(params: &Params) -> Result<Option<Vec<UserId>>, Problem> {
    let Some(names) = params.names("user")? else { return Ok(None) };
    let takes = format!("ids of users, at most {USERS_MAX}");
    let users = names.iter().map(|name| name.parse());
    let users: Result<Vec<UserId>, _> = users.collect();
    let mut users = users.map_err(|_| Problem::parameter("user", &takes))?;
    users.sort_unstable();
    users.dedup();
    if users.len() > USERS_MAX {
        return Err(Problem::parameter("user", &takes));
    }
    Ok(Some(users))
}

/// Values between commas; one behind a backslash belongs to its value.
fn values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let last = values.last_mut().expect("there is one");
        match character {
            '\\' if matches!(characters.peek(), Some(',' | '\\')) => last.extend(characters.next()),
            ',' => values.push(String::new()),
            other => last.push(other),
        }
    }
    values
}

/// A condition as segments write it.
fn condition(property: &str, operator: &str, value: &str) -> Value {
    let mut said = json!({ "property": property, "operator": operator });
    match operator {
        _ if opposite(operator).is_some() => {}
        "is_one_of" => said["values"] = values(value).into_iter().map(Value::from).collect(),
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
