//! The columns of the users export: which there are, and what fills them.

use domain::csv_header::{BUILT_IN_FIELDS, EMAIL_COLUMN};
use domain::table::USER_ID_COLUMN;
use domain::time_range::utc_text;
use domain::value::ValueType;
use projections::fields::Field;
use projections::users::{Beside, Found, UserLine};
use serde_json::Value;

use super::UsersExport;
use crate::displayed::columns;
use crate::problem::{Problem, ProblemKind};

/// A column of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Email,
    MemberSince,
    LastActiveAt,
    ChallengesCompleted,
    DigitalAssets,
    PerksUsed,
    UserId,
    Badges,
    Lists,
    Segments,
    Source,
    Import,
}

/// What every table shows before the fields, in its order.
const LEADING: [(&str, Own); 6] = [
    (EMAIL_COLUMN, Own::Email),
    ("member_since", Own::MemberSince),
    ("last_active_at", Own::LastActiveAt),
    ("challenges_completed", Own::ChallengesCompleted),
    ("digital_assets", Own::DigitalAssets),
    ("perks_used", Own::PerksUsed),
];

/// What those are called.
pub const LEADING_NAMES: [&str; LEADING.len()] = {
    let mut names = [""; LEADING.len()];
    let mut place = 0;
    while place < LEADING.len() {
        names[place] = LEADING[place].0;
        place += 1;
    }
    names
};

/// What is there for those who name it. A property of the same name goes before it.
const ON_REQUEST: [(&str, Own); 6] = [
    (USER_ID_COLUMN, Own::UserId),
    ("badges", Own::Badges),
    ("lists", Own::Lists),
    ("segments", Own::Segments),
    ("source", Own::Source),
    ("import", Own::Import),
];

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Own(Own),
    Field { id: String, kind: ValueType },
}

/// A column: one of ours, or a field as it is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    from: From,
}

/// What fills a column for a user.
pub(super) enum Cell<'a> {
    /// Nothing a person wrote.
    Computed(Value),
    /// Ids chosen by people, sorted.
    Ids(&'a [String]),
    /// What names a person.
    Personal(Option<&'a str>),
}

impl Column {
    fn own((name, own): (&str, Own)) -> Column {
        Column { name: name.to_owned(), from: From::Own(own) }
    }

    fn field(Field { id, reference_id, kind }: Field) -> Column {
        match id == USER_ID_COLUMN {
            true => Column { name: reference_id, from: From::Own(Own::UserId) },
            false => Column { name: reference_id, from: From::Field { id, kind } },
        }
    }

    /// What its values are, where they are personal; all others say it themselves.
    pub(super) fn kind(&self) -> ValueType {
        match &self.from {
            From::Field { kind, .. } => *kind,
            From::Own(_) => ValueType::Text,
        }
    }

    /// Whether its values are days and instants.
    pub(super) fn holds_times(&self) -> bool {
        let own = matches!(self.from, From::Own(Own::MemberSince | Own::LastActiveAt));
        own || self.kind() == ValueType::Date
    }

    pub(super) fn cell<'a>(&self, user: &'a UserLine, found: &'a Found) -> Cell<'a> {
        let own = match &self.from {
            From::Own(own) => *own,
            From::Field { id, .. } => {
                return Cell::Personal(user.fields.get(id).map(String::as_str));
            }
        };
        Cell::Computed(match own {
            Own::Email => return Cell::Personal(Some(&user.email)),
            Own::Badges => return Cell::Ids(&found.badges),
            Own::Lists => return Cell::Ids(&found.lists),
            Own::Segments => return Cell::Ids(&found.segments),
            Own::UserId => user.id.to_string().into(),
            Own::MemberSince => utc_text(user.member_since).into(),
            Own::LastActiveAt => user.last_active_at.map(utc_text).into(),
            Own::ChallengesCompleted => user.challenges_completed.into(),
            Own::DigitalAssets => user.digital_assets.into(),
            Own::PerksUsed => user.perks_used.into(),
            Own::Source => if found.import.is_some() { "import" } else { "hand" }.into(),
            Own::Import => found.import.map(|import| import.to_string()).into(),
        })
    }
}

impl UsersExport {
    /// The columns there are to write.
    ///
    /// # Errors
    /// `column_unknown`.
    pub(super) fn choose(&self, fields: Vec<Field>) -> Result<Vec<Column>, Problem> {
        let table = match &self.columns {
            None => columns(self.table.as_deref(), fields),
            Some(_) => fields,
        };
        let fields = table.into_iter().map(Column::field);
        let mut all: Vec<Column> = LEADING.map(Column::own).into_iter().chain(fields).collect();
        let Some(asked) = &self.columns else { return Ok(all) };
        // A field that no user has yet can be named too.
        let field = |id: &str| {
            let (id, reference_id) = (id.to_owned(), id.to_owned());
            Column::field(Field { id, reference_id, kind: ValueType::Text })
        };
        let more = BUILT_IN_FIELDS.map(field).into_iter().chain(ON_REQUEST.map(Column::own));
        for column in more {
            if !all.iter().any(|known| known.name == column.name) {
                all.push(column);
            }
        }
        let find = |name: &String| all.iter().find(|column| column.name == *name);
        let chosen = asked.iter().map(|name| find(name).cloned().ok_or(name));
        chosen.collect::<Result<_, _>>().map_err(|unknown| {
            let list: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
            let detail = format!("there is no column {unknown:?}; there are: {}", list.join(", "));
            Problem::new(ProblemKind::ColumnUnknown, detail).with("known", list)
        })
    }

    /// What has to be looked up beside the table's lines.
    pub(super) fn beside(&self) -> Vec<Beside> {
        let names = self.columns.iter().flatten();
        let beside = |name: &String| match ON_REQUEST.iter().find(|(known, _)| known == name)?.1 {
            Own::Badges => Some(Beside::Badges),
            Own::Lists => Some(Beside::Lists),
            Own::Segments => Some(Beside::Segments),
            Own::Source | Own::Import => Some(Beside::Import),
            Own::Email
            | Own::MemberSince
            | Own::LastActiveAt
            | Own::ChallengesCompleted
            | Own::DigitalAssets
            | Own::PerksUsed
            | Own::UserId => None,
        };
        names.filter_map(beside).collect()
    }
}
