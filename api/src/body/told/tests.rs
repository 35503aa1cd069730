//! What is said about bodies that are not what is wanted.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Told;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    title: String,
    often: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    #[serde(default)]
    steps: Vec<Step>,
    open: Option<bool>,
    any: Option<Value>,
}

fn said(body: &Value) -> String {
    Body::deserialize(Told::whole(body)).unwrap_err().to_string()
}

#[test]
fn what_is_wanted_is_said_in_plain_words_and_where() {
    let step = |step: Value| said(&json!({ "name": "A", "steps": [{ "title": "x" }, step] }));
    for (said, told) in [
        (
            said(&json!([])),
            ": an object is wanted, and this is a list; it takes name, steps, open, any",
        ),
        (
            said(&json!("A")),
            ": an object is wanted, and this is a text; it takes name, steps, open, any",
        ),
        (said(&json!({})), ": the member \"name\" is missing; it takes name, steps, open, any"),
        (
            said(&json!({ "nam": 1 })),
            ": there is no member \"nam\" here; it takes name, steps, open, any",
        ),
        (said(&json!({ "name": 5 })), "/name: a text is wanted, and this is a number"),
        (said(&json!({ "name": null })), "/name: a text is wanted, and this is null"),
        (
            said(&json!({ "name": "A", "open": "yes" })),
            "/open: true or false is wanted, and this is a text",
        ),
        (
            said(&json!({ "name": "A", "steps": {} })),
            "/steps: a list is wanted, and this is an object",
        ),
        (
            step(json!(["y"])),
            "/steps/1: an object is wanted, and this is a list; it takes title, often",
        ),
        (step(json!({ "title": [] })), "/steps/1/title: a text is wanted, and this is a list"),
        (
            step(json!({ "often": 1 })),
            "/steps/1: the member \"title\" is missing; it takes title, often",
        ),
        (
            step(json!({ "title": "y", "often": -1 })),
            "/steps/1/often: a whole number from 0 on is wanted, and this is -1",
        ),
    ] {
        assert_eq!(said, told);
    }
}

#[test]
fn what_is_as_wanted_is_read() {
    let any = json!({ "deep": [1, -2, 0.5, null, "x", true] });
    let said = json!({ "name": "A", "steps": [{ "title": "x", "often": null }], "any": any });
    let steps = vec![Step { title: "x".to_owned(), often: None }];
    let body = Body { name: "A".to_owned(), steps, open: None, any: Some(any) };
    assert_eq!(Body::deserialize(Told::whole(&said)), Ok(body));
}
