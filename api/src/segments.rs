//! Conditions as somebody asks for them, and who fulfils them now.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use domain::csv_header::{BUILT_IN_FIELDS, EMAIL_COLUMN};
use domain::event::{BadgeDefined, ChallengeState, SegmentDefined};
use domain::policy::Rules;
use domain::property::Properties;
use domain::segment::{Conditions, Membership, Moment, Now, Subject, Test, form};
use domain::value::ValueType;
use domain::{DefinitionId, EventKind, UserId};
use projections::Store;
use projections::happened::Times;
use projections::members::Members;
use projections::rules::Person;
use projections::table::Belonging;
use serde_json::Value;

use crate::app::App;
use crate::export::members::{members, plain};
use crate::import::definitions::list_unknown;
use crate::problem::{Problem, ProblemKind};

/// Users of a preview that are shown.
pub const SAMPLE: usize = 20;

/// Reads conditions that somebody sent; they speak of properties by their reference ids.
///
/// # Errors
/// `condition_invalid`, `condition_type_mismatch`, `list_unknown`, `segment_unknown`.
pub fn read_conditions(store: &Store, said: &Value) -> Result<Conditions, Problem> {
    let known = store.properties()?;
    let asked = |name: &str| property_id(&known, name).map(|id| (id.clone(), kind_of(&known, &id)));
    let conditions = form::from_json(said, &asked)
        .and_then(|conditions| conditions.make_sense().map(|()| conditions))
        .map_err(|fault| Problem::new(ProblemKind::ConditionInvalid, fault.to_string()))?;
    for condition in conditions.conditions() {
        let (asked, kind, operator) = match &condition.test {
            Test::Property { id, operator } => (id.as_str(), kind_of(&known, id), operator),
            Test::Moment { moment, operator } => (moment.name(), ValueType::Date, operator),
            Test::Happened(_) | Test::Member(_) => continue,
        };
        operator.suits(kind).map_err(|unsuitable| {
            let detail = format!("{}: {unsuitable}", reference_id(&known, asked));
            Problem::new(ProblemKind::ConditionTypeMismatch, detail)
        })?;
    }
    for of in conditions.memberships() {
        exists(store, of)?;
    }
    Ok(conditions)
}

/// Whether there is a list or segment to belong to. A badge that nobody defined is awarded by hand.
///
/// # Errors
/// `list_unknown`, `segment_unknown`.
pub fn exists(store: &Store, of: &Membership) -> Result<(), Problem> {
    match of {
        Membership::List(id) => store.list(id)?.map(|_| ()).ok_or_else(|| list_unknown(id)),
        Membership::Segment(id) => {
            let known = store.segments()?.iter().any(|line| line.defined.segment_id == *id);
            if known { Ok(()) } else { Err(segment_unknown(id)) }
        }
        Membership::Badge(_) | Membership::App(_) => Ok(()),
    }
}

/// The refusal of a segment that nobody made.
pub fn segment_unknown(id: &DefinitionId) -> Problem {
    Problem::new(ProblemKind::SegmentUnknown, format!("there is no segment {:?}", id.as_str()))
}

/// Conditions as they are shown.
pub fn show_conditions(known: &Properties, conditions: &Conditions) -> Value {
    form::to_json(conditions, &|id| reference_id(known, id))
}

/// The id of the property or field with this reference id.
pub fn property_id(known: &Properties, name: &str) -> Option<String> {
    let property = known.by_reference_id(name);
    let built_in = BUILT_IN_FIELDS.contains(&name) || name == EMAIL_COLUMN;
    let built_in = built_in.then(|| name.to_owned());
    property.map(|property| property.id.clone()).or(built_in)
}

fn reference_id(known: &Properties, id: &str) -> String {
    known.name_of(id).unwrap_or(id).to_owned()
}

fn kind_of(known: &Properties, id: &str) -> ValueType {
    known.by_id(id).map_or(ValueType::Text, |property| property.kind)
}

/// The rules as they would be with one segment or badge made, changed or taken away.
///
/// # Errors
/// `segment_cycle`.
pub fn with_rule(
    store: &Store,
    segment: Option<&SegmentDefined>,
    badge: Option<&BadgeDefined>,
) -> Result<Rules, Problem> {
    let segments = store.segments()?.into_iter().map(|line| line.defined);
    let others = |known: &SegmentDefined| {
        segment.is_none_or(|segment| segment.segment_id != known.segment_id)
    };
    let segments = segments.filter(others).chain(segment.cloned()).collect();
    let badges = store.badges()?.into_iter().map(|line| line.defined);
    let others = |known: &BadgeDefined| badge.is_none_or(|badge| badge.badge_id != known.badge_id);
    let badges = badges.filter(others).chain(badge.cloned()).collect();
    Rules::new(segments, badges).map_err(|cycle| {
        let path: Vec<Value> = cycle.path.iter().map(|of| Value::from(of.id().as_str())).collect();
        Problem::new(ProblemKind::SegmentCycle, cycle.to_string()).with("path", path)
    })
}

/// Who fulfils conditions now.
#[derive(Debug, Default)]
pub struct Matching {
    /// How many.
    pub users: u64,
    /// The first of them, as the table lies.
    pub sample: Vec<UserId>,
    /// How many are in the segment that was named.
    pub members: u64,
    /// How many fulfil them and are not in it.
    pub entering: u64,
    /// How many are in it and do not fulfil them.
    pub leaving: u64,
}

impl Matching {
    fn take(&mut self, user: UserId, fulfils: bool, is_in: bool) {
        self.users += u64::from(fulfils);
        self.members += u64::from(is_in);
        self.entering += u64::from(fulfils && !is_in);
        self.leaving += u64::from(is_in && !fulfils);
        if fulfils && self.sample.len() < SAMPLE {
            self.sample.push(user);
        }
    }

    /// With those who come after these in the table.
    fn and(mut self, others: Matching) -> Matching {
        let room = SAMPLE - self.sample.len();
        self.sample.extend(others.sample.into_iter().take(room));
        self.users += others.users;
        self.members += others.members;
        self.entering += others.entering;
        self.leaving += others.leaving;
        self
    }
}

/// Looks at every user; and whether each is in a segment, where one is named.
///
/// # Errors
/// What the tables or the log say.
pub fn matching(
    app: &App,
    conditions: &Conditions,
    segment: Option<&DefinitionId>,
) -> Result<Matching, Problem> {
    let store = app.follower.store();
    let mut everybody = Everybody {
        asked: asked(conditions),
        belonging: HashMap::new(),
        times: times(&store, conditions, app.now())?,
    };
    for of in conditions.memberships() {
        let members = store.members_of(&Belonging::To(of.clone()))?;
        everybody.belonging.insert(of.clone(), members);
    }
    let segment = segment.map(|id| Belonging::To(Membership::Segment(id.clone())));
    let are_in = segment.map(|segment| store.members_of(&segment)).transpose()?.unwrap_or_default();
    let now = Now { micros: app.now(), zone: app.config.zone };
    let last = store.last_user()?;
    let look = |numbers: (i64, i64)| {
        let mut matching = Matching::default();
        let looked = store.each_person(numbers, conditions.asks_moments(), &mut |person| {
            let fulfils = conditions.hold(&everybody.one(person), now);
            matching.take(person.id, fulfils, are_in.contains(person.id));
        });
        looked.map(|()| matching)
    };
    // Two halves at once: a person waits.
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| look((last / 2, i64::MAX)));
        (look((0, last / 2)), second.join())
    });
    let second = second.map_err(|_| Problem::internal("a look panicked"))??;
    Ok(first?.and(second))
}

/// Properties that conditions ask about.
fn asked(conditions: &Conditions) -> Vec<String> {
    let mut asked = Vec::new();
    for condition in conditions.conditions() {
        if let Test::Property { id, .. } = &condition.test
            && !asked.contains(id)
        {
            asked.push(id.clone());
        }
    }
    asked
}

/// What conditions ask about, of all users at once.
struct Everybody {
    asked: Vec<String>,
    belonging: HashMap<Membership, Members>,
    times: Vec<(EventKind, Option<DefinitionId>, Times)>,
}

impl Everybody {
    fn one<'a>(&'a self, person: Person<'a>) -> One<'a> {
        let mut values = vec![None; self.asked.len()];
        if !values.is_empty() {
            for (name, value) in members(person.fields.as_bytes()) {
                let name = plain_name(name);
                if let Some(at) = self.asked.iter().position(|asked| *asked == name) {
                    let text = match plain(value) {
                        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
                        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
                    };
                    values[at] = text;
                }
            }
        }
        One { everybody: self, person, values }
    }
}

/// Names of properties may hold letters that JSON writes as they are, and nothing it escapes.
fn plain_name(name: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(name)
}

struct One<'a> {
    everybody: &'a Everybody,
    person: Person<'a>,
    values: Vec<Option<Cow<'a, str>>>,
}

impl Subject for One<'_> {
    fn value(&self, id: &str) -> Option<&str> {
        if id == EMAIL_COLUMN {
            return Some(self.person.email).filter(|email| !email.is_empty());
        }
        let at = self.everybody.asked.iter().position(|asked| asked == id)?;
        self.values[at].as_deref()
    }

    fn moment(&self, moment: Moment) -> Option<i64> {
        self.person.moments.get(moment)
    }

    fn belongs(&self, to: &Membership) -> bool {
        self.everybody.belonging.get(to).is_some_and(|members| members.contains(self.person.id))
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let asked = &self.everybody.times;
        let asked = asked.iter().find(|(known, about, _)| *known == kind && about.as_ref() == of);
        asked.map(|(_, _, times)| times.of(self.person.no).to_vec()).unwrap_or_default()
    }
}

/// When the things that conditions ask about happened to whom; what is too long ago to count now is left out.
fn times(
    store: &Store,
    conditions: &Conditions,
    now: i64,
) -> Result<Vec<(EventKind, Option<DefinitionId>, Times)>, Problem> {
    let times = conditions.happened_after(now).into_iter().map(|((kind, of), after)| {
        let times = store.times(kind, of.as_ref(), after)?;
        Ok((kind, of, times))
    });
    times.collect()
}

/// Refuses to take away what badges, segments or challenges hang on.
///
/// # Errors
/// `audience_in_use`, naming them.
pub fn nothing_hangs_on(store: &Store, of: &Membership) -> Result<(), Problem> {
    let users = users_of(store, of)?;
    if users.is_empty() {
        return Ok(());
    }
    let named = users.iter().map(|(sort, ids)| format!("{sort} {}", ids.join(", ")));
    let detail = format!(
        "these hang on it: {}. Change them first, or take them away: badges and challenges are archived",
        named.collect::<Vec<_>>().join("; ")
    );
    let problem = Problem::new(ProblemKind::AudienceInUse, detail);
    Err(users.into_iter().fold(problem, |problem, (sort, ids)| problem.with(sort, ids)))
}

/// What hangs on something: ids by what they are. A challenge does so while it is published.
fn users_of(
    store: &Store,
    of: &Membership,
) -> Result<BTreeMap<&'static str, Vec<String>>, Problem> {
    let rules = with_rule(store, None, None)?;
    let mut users: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for user in rules.users_of(of) {
        let sort = match user {
            Membership::List(_) => "lists",
            Membership::Segment(_) => "segments",
            Membership::Badge(_) | Membership::App(_) => "badges",
        };
        users.entry(sort).or_default().push(user.id().to_string());
    }
    for challenge in store.challenges()?.into_iter().map(|line| line.defined) {
        if challenge.audience.as_ref() == Some(of) && challenge.state == ChallengeState::Published {
            users.entry("challenges").or_default().push(challenge.challenge_id.to_string());
        }
    }
    Ok(users)
}
