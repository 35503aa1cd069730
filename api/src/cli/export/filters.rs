//! What is exported, as said on the command line; the service says what is wrong with a value.

use std::borrow::Cow;

use clap::Args;

/// Parameters of a streaming route, by their names.
pub(super) type Query = Vec<(Cow<'static, str>, String)>;

/// Whom or what it has to do with. What is said of different kinds holds together.
#[derive(Debug, Args)]
struct Named {
    /// Only users on this list, or events that name it (repeatable: users on all of them, events that name any)
    #[arg(long, value_name = "ID")]
    list: Vec<String>,
    /// Only users in this segment, or events that name it (repeatable, as --list)
    #[arg(long, value_name = "ID")]
    segment: Vec<String>,
    /// Only users who hold this badge, or events that name it (repeatable, as --list)
    #[arg(long, value_name = "ID")]
    badge: Vec<String>,
    /// Only users who joined this challenge, or events that name it (repeatable, as --list)
    #[arg(long, value_name = "ID")]
    challenge: Vec<String>,
    /// Only users who connected this app, or events that name it (repeatable, as --list)
    #[arg(long, value_name = "ID")]
    app: Vec<String>,
    /// Only users of this import, or events that name it (repeatable, as --list)
    #[arg(long, value_name = "ID")]
    import: Vec<String>,
}

/// Which users.
#[derive(Debug, Args)]
pub(super) struct UserFilters {
    /// A saved view: its filters hold too, and its order and columns where none are named
    #[arg(long, value_name = "ID")]
    view: Option<String>,
    /// In the order of this column, with - before it for the greatest first: --sort=-last_active_at; else by member_since
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Words that all stand in the address, a name or the external id
    #[arg(long)]
    search: Option<String>,
    /// Only this user, by id (repeatable, or comma-separated)
    #[arg(long, value_name = "ID")]
    user: Vec<String>,
    #[command(flatten)]
    named: Named,
    /// Only users whose property answers so (repeatable: all of them hold): city.is=Lyon, city.is_one_of=Lyon,Nice
    #[arg(long, value_name = "PROPERTY.OPERATOR=VALUE", value_parser = property)]
    property: Vec<(String, String)>,
    /// As the table was at the end of this day, at this instant, or at this cursor
    #[arg(long, value_name = "MOMENT")]
    as_of: Option<String>,
    /// IANA zone of that day
    #[arg(long)]
    zone: Option<String>,
}

/// Which user events.
#[derive(Debug, Args)]
pub(super) struct EventFilters {
    /// Only this type (repeatable): BadgeGained or cohort.badge.gained
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// All types but this one (repeatable)
    #[arg(long = "not-type", value_name = "TYPE")]
    not_types: Vec<String>,
    /// First day or instant inside
    #[arg(long)]
    from: Option<String>,
    /// First day or instant after the end (excluded)
    #[arg(long)]
    to: Option<String>,
    /// Last day inside
    #[arg(long)]
    through: Option<String>,
    /// IANA zone of days
    #[arg(long)]
    zone: Option<String>,
    /// recorded or occurred
    #[arg(long)]
    basis: Option<String>,
    /// Only what is after this cursor
    #[arg(long)]
    since: Option<String>,
    /// Only this user's
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    #[command(flatten)]
    named: Named,
    /// Only those that name this perk
    #[arg(long, value_name = "ID")]
    perk: Vec<String>,
    /// Only those that name this digital asset
    #[arg(long, value_name = "ID")]
    digital_asset: Vec<String>,
}

/// Reads `city.is=Lyon`.
fn property(said: &str) -> Result<(String, String), &'static str> {
    let (asked, value) = said.split_once('=').ok_or("the form is PROPERTY.OPERATOR=VALUE")?;
    Ok((format!("property.{asked}"), value.to_owned()))
}

/// A parameter once for each of its values.
pub(super) fn each<'a>(
    name: &'static str,
    values: impl IntoIterator<Item = &'a String>,
) -> impl Iterator<Item = (Cow<'static, str>, String)> {
    values.into_iter().map(move |value| (name.into(), value.clone()))
}

impl Named {
    fn query(&self) -> impl Iterator<Item = (Cow<'static, str>, String)> {
        each("list", &self.list)
            .chain(each("segment", &self.segment))
            .chain(each("badge", &self.badge))
            .chain(each("challenge", &self.challenge))
            .chain(each("app", &self.app))
            .chain(each("import", &self.import))
    }
}

impl UserFilters {
    /// As parameters.
    pub(super) fn query(&self) -> Query {
        let property =
            self.property.iter().map(|(asked, value)| (asked.clone().into(), value.clone()));
        each("user", &self.user)
            .chain(self.named.query())
            .chain(each("view", &self.view))
            .chain(each("sort", &self.sort))
            .chain(each("search", &self.search))
            .chain(property)
            .chain(each("as_of", &self.as_of))
            .chain(each("zone", &self.zone))
            .collect()
    }
}

impl EventFilters {
    /// As parameters.
    pub(super) fn query(&self) -> Query {
        each("type", &self.types)
            .chain(each("not_type", &self.not_types))
            .chain(self.named.query())
            .chain(each("perk", &self.perk))
            .chain(each("digital_asset", &self.digital_asset))
            .chain(each("from", &self.from))
            .chain(each("to", &self.to))
            .chain(each("through", &self.through))
            .chain(each("zone", &self.zone))
            .chain(each("basis", &self.basis))
            .chain(each("since", &self.since))
            .chain(each("user", &self.user))
            .collect()
    }
}
