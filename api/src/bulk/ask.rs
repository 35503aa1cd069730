//! What a bulk action is asked to do, and to whom.

use domain::event::{BulkChoice, BulkDeed, FilterPart, Named};
use domain::fold::fold;
use domain::segment::Now;
use domain::{DefinitionId, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::deed;
use super::files::Chosen;
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::one_user::value;
use crate::table::chosen_by;
use crate::table::filter::{FILTERS, UserFilter};
use crate::views;

/// Users that are named one by one at most.
pub const USERS_MAX: usize = 10_000;

/// Names and values of a filter together: it is kept in the fact that begins the action, and shown with it.
const FILTER_BYTES_MAX: usize = 64 * 1024;

/// What is to be done, and to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkBody {
    /// `join_list`, `leave_list`, `gain_badge`, `lose_badge`, `set_property` or `delete`.
    pub action: String,
    /// The list's id, to join or leave one.
    pub list: Option<String>,
    /// The badge's id, to award or withdraw one.
    pub badge: Option<String>,
    /// The property's reference id, to set one.
    pub property: Option<String>,
    /// Its value: text, number or boolean as its type is, dates as text; null takes it away.
    #[schema(value_type = Option<Object>)]
    #[serde(default, deserialize_with = "said")]
    pub value: Option<Value>,
    /// Ids of users, at most 10,000; else `filter`.
    pub users: Option<Vec<String>>,
    /// The filters of `GET /v1/users`, each with its value or several; `{}` is everybody. Else `users`.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
}

/// A member that is there, even where it is null.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// What is to be done, to whom, and how those were chosen.
#[derive(Debug)]
pub struct Asked {
    /// What.
    pub deed: BulkDeed,
    /// How they were chosen.
    pub choice: BulkChoice,
    /// Who they are.
    pub chosen: Chosen,
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

impl Asked {
    /// Reads a body, and chooses the users as the tables know them now.
    ///
    /// # Errors
    /// `body_invalid`, `too_many_users`, what the filters refuse, and what keeps anybody from being given or taken this.
    pub fn read(app: &App, credential: &Credential, body: BulkBody) -> Result<Asked, Problem> {
        let BulkBody { action, list, badge, property, value, users, filter } = body;
        let deed = read_deed(app, &action, (list, badge, property), value)?;
        let deed = deed::now(app, &deed)??;
        let (choice, users) = match (users, filter) {
            (Some(users), None) => (BulkChoice::Users, named(&users)?),
            (None, Some(filter)) => {
                let known = [FILTERS.as_slice(), &["view"]].concat();
                let params = Params::of_object(&filter, &known)?;
                let (params, view) = views::applied(&app.follower.store(), params)?;
                if view.is_some() && params.pairs().next().is_none() {
                    return Err(invalid(
                        "filter: this view has no filters, and leaves everybody; \"filter\": {} says so",
                    ));
                }
                if params.all("search").any(|search| fold(search).trim().is_empty()) {
                    return Err(invalid(
                        "filter: search is empty; leave it out to search for nothing",
                    ));
                }
                let bytes: usize =
                    params.pairs().map(|(name, value)| name.len() + value.len()).sum();
                if bytes > FILTER_BYTES_MAX {
                    return Err(invalid(format!("filter holds at most {FILTER_BYTES_MAX} bytes")));
                }
                let users = filtered(app, credential, &params)?;
                let part = |(name, value): (&str, &str)| FilterPart {
                    name: name.to_owned(),
                    value: Some(value.to_owned()),
                };
                (BulkChoice::Filter(params.pairs().map(part).collect()), users)
            }
            (Some(_), Some(_)) => return Err(invalid("users or filter, not both")),
            (None, None) => {
                return Err(invalid("say users, or filter; \"filter\": {} is everybody"));
            }
        };
        Ok(Asked { deed, choice, chosen: Chosen::new(users) })
    }
}

/// Each action wants what it is about, and nothing else.
fn read_deed(
    app: &App,
    action: &str,
    (list, badge, property): (Option<String>, Option<String>, Option<String>),
    value: Option<Value>,
) -> Result<BulkDeed, Problem> {
    let said = [
        ("list", list.is_some()),
        ("badge", badge.is_some()),
        ("property", property.is_some()),
        ("value", value.is_some()),
    ];
    let wants = |wanted: &[&str]| {
        for (member, is_said) in said {
            match (wanted.contains(&member), is_said) {
                (true, false) => return Err(invalid(format!("{action} wants {member}"))),
                (false, true) => return Err(invalid(format!("{action} takes no {member}"))),
                (true, true) | (false, false) => {}
            }
        }
        Ok(())
    };
    let of = |id: Option<String>| {
        let id: Result<DefinitionId, _> = id.unwrap_or_default().parse();
        let id = id.map_err(|fault| Problem::new(ProblemKind::IdInvalid, fault.to_string()))?;
        Ok::<_, Problem>(Named::by_id(id))
    };
    match action {
        "join_list" => wants(&["list"]).and_then(|()| Ok(BulkDeed::JoinList(of(list)?))),
        "leave_list" => wants(&["list"]).and_then(|()| Ok(BulkDeed::LeaveList(of(list)?))),
        "gain_badge" => wants(&["badge"]).and_then(|()| Ok(BulkDeed::GainBadge(of(badge)?))),
        "lose_badge" => wants(&["badge"]).and_then(|()| Ok(BulkDeed::LoseBadge(of(badge)?))),
        "set_property" => {
            wants(&["property", "value"])?;
            let (property, said) = (property.unwrap_or_default(), value.unwrap_or_default());
            let known = app.follower.store().properties()?;
            let (property_id, value) = self::value(&known, &property, &said)?;
            Ok(BulkDeed::SetProperty { property_id, value })
        }
        "delete" => wants(&[]).map(|()| BulkDeed::Delete),
        _ => Err(invalid(format!("action is one of {}", BulkDeed::NAMES.join(", ")))),
    }
}

fn named(users: &[String]) -> Result<Vec<UserId>, Problem> {
    if users.is_empty() {
        return Err(invalid("users holds at least one id"));
    }
    if users.len() > USERS_MAX {
        let detail = format!("{} users are named, and at most {USERS_MAX} can be", users.len());
        return Err(Problem::new(ProblemKind::TooManyUsers, detail).with("limit", USERS_MAX));
    }
    let read = |user: &String| {
        user.parse().map_err(|_| invalid(format!("users: {user:?} is no id of a user")))
    };
    users.iter().map(read).collect()
}

fn filtered(app: &App, credential: &Credential, params: &Params) -> Result<Vec<UserId>, Problem> {
    let filter = UserFilter::read(params, (&app.log, &app.follower.store()), credential)?;
    let now = Now { micros: app.now(), zone: app.config.zone };
    chosen_by(app, &filter, now)
}
