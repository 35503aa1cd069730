//! Conditions as fields: what each row and group of the form shows.

use domain::segment::{CONDITIONS_MAX, GROUPS_MAX};
use domain::value::ValueType;

use super::draft::{Draft, FIELD, Focus};
use super::row::{About, Row, operands};
use super::subjects::{Choice, Subjects, happens_with};
use crate::pages::{Refused, Texts};

/// A group of conditions.
#[derive(Debug)]
pub struct GroupView {
    /// From 1.
    pub number: usize,
    /// Its conditions.
    pub rows: Vec<RowView>,
    /// What the button that adds one to it sends; none: it is full.
    pub add: Option<String>,
    /// Whether the next key goes to that button.
    pub focus: bool,
}

/// A condition.
#[derive(Debug)]
pub struct RowView {
    /// What its fields begin with.
    pub name: String,
    /// From 1, in its group.
    pub number: usize,
    /// What it asks about.
    pub subject: String,
    /// What that is called, where nothing is any more.
    pub stray: Option<String>,
    /// Whether the opposite is meant.
    pub turned: bool,
    /// What else it says.
    pub fields: Vec<Field>,
    /// What the button that removes it sends.
    pub remove: String,
    /// Why it was refused.
    pub fault: Option<String>,
    /// Whether that is about what it asks about.
    pub subject_at_fault: bool,
    /// Whether the next key goes to it.
    pub focus: bool,
}

/// A field of a condition.
#[derive(Debug)]
pub struct Field {
    /// As the form calls it.
    pub name: String,
    /// As people read it.
    pub label: String,
    /// `select`, `lines`, or a type of input.
    pub kind: &'static str,
    /// The steps of a number.
    pub step: &'static str,
    /// What it holds.
    pub value: String,
    /// What a `select` offers.
    pub choices: Vec<Choice>,
    /// What a `select` offers first, for nothing.
    pub none: String,
    /// Whether what else is asked hangs on it.
    pub shapes: bool,
    /// Whether its condition was refused because of it.
    pub at_fault: bool,
}

impl RowView {
    /// The same, refused because of some of its fields.
    fn refused(mut self, why: String, because: &[&str]) -> RowView {
        self.subject_at_fault = because.contains(&"subject");
        let names = because.iter().map(|name| format!("{}-{name}", self.name));
        let names: Vec<String> = names.collect();
        for field in &mut self.fields {
            field.at_fault = names.contains(&field.name);
        }
        self.fault = Some(why);
        self
    }
}

impl Field {
    fn new((row, name): (&RowName<'_>, &str), label: &str, kind: &'static str) -> Field {
        Field {
            name: format!("{}-{name}", row.name),
            label: Texts.named("condition", label),
            kind,
            step: "any",
            value: row.row.get(name).to_owned(),
            choices: Vec::new(),
            none: String::new(),
            shapes: false,
            at_fault: false,
        }
    }

    fn whole(self) -> Field {
        Field { step: "1", ..self }
    }
}

/// A condition and what its fields begin with.
struct RowName<'a> {
    row: &'a Row,
    name: String,
}

/// What is told of conditions beside what they say.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// What the next key goes to.
    pub focus: Focus,
    /// Why one of them was refused.
    pub refused: Option<&'a Refused>,
    /// Whether each says what it lacks.
    pub lacking: bool,
}

/// Every group, with the fault of each condition that was refused.
pub fn groups(draft: &Draft, subjects: &Subjects, marks: Marks<'_>) -> Vec<GroupView> {
    let Draft::Rows(groups) = draft else { return Vec::new() };
    let Marks { focus, refused, .. } = marks;
    let fault = refused.and_then(|refused| draft.fault(refused));
    let view = |(at, rows): (usize, &Vec<Row>)| {
        let row = |(place, row): (usize, &Row)| {
            let mut view = row_view((at, place), row, subjects);
            view.focus = focus == Focus { group: Some(at), row: Some(place) };
            match (lacks(row, subjects).filter(|_| marks.lacking), &fault) {
                (Some(why), _) => view.refused(why, &row.missing()),
                (None, Some((of, why))) if *of == (at, place) => {
                    view.refused(why.clone(), &["subject"])
                }
                (None, Some(_) | None) => view,
            }
        };
        GroupView {
            number: at + 1,
            rows: rows.iter().enumerate().map(row).collect(),
            add: (rows.len() < CONDITIONS_MAX).then(|| format!("add-{at}")),
            focus: focus == Focus { group: Some(at), row: None },
        }
    };
    groups.iter().enumerate().map(view).collect()
}

/// What a condition lacks, in words; none: nothing.
fn lacks(row: &Row, subjects: &Subjects) -> Option<String> {
    let missing = row.missing();
    let what = match (row.about(), *missing.first()?) {
        (About::Nothing, _) => "subject",
        (About::Member(of), _) => of,
        (_, "from" | "to") => "range",
        (_, "days") => "days",
        (About::Property(property), _) => match subjects.kind(property) {
            ValueType::Number => "number",
            ValueType::Date => "day",
            ValueType::Text if row.get("operator") == "is_one_of" => "values",
            ValueType::Text | ValueType::Boolean => "text",
        },
        (About::Event(_), other) => other,
    };
    Some(Texts.named("lacks", what))
}

/// Whether there may be one more group.
pub fn may_grow(groups: &[GroupView]) -> bool {
    groups.len() < GROUPS_MAX
}

fn row_view((group, place): (usize, usize), row: &Row, subjects: &Subjects) -> RowView {
    let name = format!("{FIELD}{group}-{place}");
    RowView {
        fields: fields(&RowName { row, name: name.clone() }, subjects),
        name,
        number: place + 1,
        subject: row.get("subject").to_owned(),
        stray: (!subjects.offers(row)).then(|| subjects.words(row)),
        turned: row.is_turned(),
        remove: format!("remove-{group}-{place}"),
        fault: None,
        subject_at_fault: false,
        focus: false,
    }
}

fn fields(row: &RowName<'_>, subjects: &Subjects) -> Vec<Field> {
    match row.row.about() {
        About::Nothing => Vec::new(),
        About::Member(of) => vec![named((row, "value"), of, "value", subjects)],
        About::Property(property) => asked(row, property, subjects),
        About::Event(event) => happened(row, event, subjects),
    }
}

/// Something that has a name: chosen, or typed by its id.
fn named(field: (&RowName<'_>, &str), of: &str, label: &'static str, subjects: &Subjects) -> Field {
    let chosen = field.0.row.get(field.1);
    match subjects.choices(of, chosen) {
        Some(choices) => {
            let none = if label == "of" { "any" } else { "choose" };
            let none = Texts.named("condition", none);
            Field { choices, none, ..Field::new(field, of, "select") }
        }
        None => Field::new(field, &format!("{of}_id"), "text"),
    }
}

fn asked(row: &RowName<'_>, property: &str, subjects: &Subjects) -> Vec<Field> {
    let operator = Field::new((row, "operator"), "operator", "select");
    let choices = subjects.operators(property);
    let mut fields = vec![Field { choices, shapes: true, ..operator }];
    let operator = row.row.get("operator");
    let kind = match (subjects.kind(property), operator) {
        (ValueType::Number, _) => "number",
        (ValueType::Date, _) => "date",
        (ValueType::Text, "is_one_of") => "lines",
        (ValueType::Text | ValueType::Boolean, _) => "text",
    };
    for operand in operands(operator) {
        let field = |kind| Field::new((row, *operand), operand, kind);
        fields.push(match (*operand, kind) {
            ("days", _) => field("number").whole(),
            (_, "lines") => Field::new((row, *operand), "values", kind),
            (_, kind) => field(kind),
        });
    }
    fields
}

fn happened(row: &RowName<'_>, event: &str, subjects: &Subjects) -> Vec<Field> {
    let of = happens_with(event).map(|of| named((row, "of"), of, "of", subjects));
    let counts = ["at_least", "at_most", "within_days"];
    let count = |name| Field::new((row, name), name, "number").whole();
    of.into_iter().chain(counts.map(count)).collect()
}
