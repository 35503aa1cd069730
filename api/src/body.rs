//! Bodies of commands: JSON that is read, or a no that says in plain words what is wanted, and where.

mod told;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use self::told::{Fault, Told};
use crate::problem::{Problem, ProblemKind};

/// Reads a JSON body: an object.
///
/// # Errors
/// `body_invalid`, with the place as `pointer` where it is one in the body.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value = value(body)?;
    T::deserialize(Told::whole(&value)).map_err(|fault| problem(&fault))?;
    // By now only a member that is said twice can be refused: the value above holds one of them.
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let told = text.split_once(" at line ").map_or(text.as_str(), |(told, _)| told);
        invalid(told.replace("duplicate field", "this member is said twice:"))
    })
}

/// The place of something in a body, as a JSON pointer.
pub(crate) fn pointer(parts: &[&str]) -> String {
    let part = |part: &&str| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
    parts.iter().map(part).collect()
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

fn problem(fault: &Fault) -> Problem {
    match fault.place.is_empty() {
        true => invalid(format!("the body: {}", fault.what)),
        false => invalid(format!("{}: {}", fault.place, fault.what))
            .with("pointer", fault.place.as_str()),
    }
}

fn value(body: &[u8]) -> Result<Value, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(invalid("there is no body; a JSON object is wanted"));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Eof => invalid("the body ends in the middle of its JSON"),
        Category::Io | Category::Syntax | Category::Data => {
            let (line, column) = (error.line(), error.column());
            invalid(format!("the body is no JSON from line {line}, column {column} on"))
        }
    })
}
