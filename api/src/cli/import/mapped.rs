//! `--map`: the file becomes a draft, is mapped as said, then checked or started.

use std::str::FromStr;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Map as Object, Value, json};

use super::ImportArgs;
use crate::cli::client::Client;

/// Where a column goes, as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    header: String,
    column: Object<String, Value>,
}

impl FromStr for Map {
    type Err = String;

    fn from_str(text: &str) -> Result<Map, String> {
        let (header, target) = text.split_once('=').ok_or("write HEADER=FIELD")?;
        let mut words = target.split(',');
        let mut column = Object::new();
        let mut set = |name: &str, value: Value| column.insert(name.to_owned(), value);
        match words.next().unwrap_or_default() {
            "" => return Err("write HEADER=FIELD".to_owned()),
            "skip" => set("target", json!("ignored")),
            target @ ("email" | "user_id" | "external_id" | "member_since") => {
                set("target", json!(target))
            }
            field => {
                let (reference_id, kind) = match field.split_once(':') {
                    Some((reference_id, kind)) => (reference_id, Some(kind)),
                    None => (field, None),
                };
                set("reference_id", json!(reference_id));
                kind.map(|kind| set("type", json!(kind)));
                set("target", json!("field"))
            }
        };
        for option in words {
            match option.split_once('=') {
                Some(("zone", zone)) => set("zone", json!(zone)),
                Some(("clear", word)) => set("clear_token", json!(word)),
                None if ["dmy", "mdy", "ymd"].contains(&option) => set("date_order", json!(option)),
                None if option == "decimal-comma" => set("decimal_comma", json!(true)),
                None if option == "grouped" => set("grouped", json!(true)),
                None if option == "clear" => set("empty", json!("clear")),
                Some(_) | None => return Err(format!("there is no option {option:?}")),
            };
        }
        Ok(Map { header: header.trim().to_owned(), column })
    }
}

/// Maps the draft as said; answers what a check found, or the import as it was started.
pub(super) async fn go_on(client: &Client, draft: Value, args: &ImportArgs) -> Result<Value> {
    let id = draft["id"].as_str().context("the service names no import")?;
    let path = format!("/v1/imports/{id}");
    let mapped = map(client, &path, &draft, args).await;
    if mapped.is_ok() && !args.dry_run {
        return send(client, Method::POST, &format!("{path}/start"), None).await;
    }
    let checked = match mapped {
        Ok(()) => check(client, &path).await,
        Err(error) => Err(error),
    };
    // Nobody would ever start it.
    let discarded = send(client, Method::POST, &format!("{path}/cancel"), None).await;
    let checked = checked?;
    discarded.context("the draft was not discarded")?;
    Ok(checked)
}

async fn send(client: &Client, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
    let mut request = client.request(method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    Ok(client.send(request).await?.json().await?)
}

async fn map(client: &Client, path: &str, draft: &Value, args: &ImportArgs) -> Result<()> {
    let mut columns = Vec::new();
    let shown = draft["columns"].as_array().context("the service shows no columns")?;
    let header = |column: &Value| column["header"].as_str().unwrap_or_default().to_owned();
    for map in &args.map {
        if !shown.iter().any(|column| header(column) == map.header) {
            let all: Vec<String> = shown.iter().map(header).collect();
            bail!("the file has no column {:?}; it has: {}", map.header, all.join(", "));
        }
    }
    let taken = |name: &str| {
        args.columns.is_empty()
            || args.columns.iter().flat_map(|list| list.split(',')).any(|one| one.trim() == name)
    };
    let match_by = args.match_by.as_deref().or(draft["match_by"].as_str());
    let by_id = match_by == Some("user_id");
    let by_email = match_by.is_none_or(|key| key == "email");
    let is_needed = |column: &Value| match by_email {
        true => column["target"] == "email",
        false => column["reference_id"].as_str().is_some_and(|id| Some(id) == match_by),
    };
    let said = args.map.iter().any(|map| map.column["target"] == "user_id");
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let is_key = |name: &str| by_id && !said && plain(name) == "user_id";
    for column in shown {
        let name = header(column);
        match args.map.iter().find(|map| map.header == name) {
            Some(map) => {
                let mut said = map.column.clone();
                said.insert("column".to_owned(), column["column"].clone());
                columns.push(Value::Object(said));
            }
            None if is_key(&name) => {
                columns.push(json!({ "column": column["column"], "target": "user_id" }));
            }
            None if taken(&name) || is_needed(column) => {
                columns.push(as_text(column));
            }
            None => {}
        }
    }
    for column in &mut columns {
        column["guarded"] = json!(args.guarded);
    }
    let mut mapping = json!({ "columns": columns });
    if let Some(key) = match_by {
        mapping["match_by"] = json!(key);
    }
    if let Some(mode) = &args.mode {
        mapping["mode"] = json!(mode);
    }
    if args.drop_bad_cells {
        mapping["bad_cells"] = json!("drop_cell");
    }
    if args.list.is_some() || args.new_list.is_some() {
        mapping["list"] = json!({ "id": args.list, "name": args.new_list });
    }
    send(client, Method::PUT, &format!("{path}/mapping"), Some(&mapping)).await.map(|_| ())
}

/// A column nobody spoke of: a property that it would make is text, as without a mapping.
fn as_text(column: &Value) -> Value {
    let mut column = column.clone();
    if column["new"] == true {
        column["type"] = json!("text");
        for option in ["date_order", "zone", "decimal_comma", "grouped"] {
            column.as_object_mut().map(|column| column.remove(option));
        }
    }
    column
}

/// What a check found, in the form of a look.
async fn check(client: &Client, path: &str) -> Result<Value> {
    let import = send(client, Method::POST, &format!("{path}/check"), None).await?;
    let mut said = import["check"].clone();
    said["consequences"] = import["consequences"].clone();
    for (name, of) in
        [("differences", "differences"), ("rejects", "rejects"), ("warned", "warnings")]
    {
        let page = send(client, Method::GET, &format!("{path}/check?of={of}"), None).await?;
        said[name] = page["items"].clone();
    }
    for name in [
        "rows",
        "columns",
        "match_by",
        "mode",
        "bad_cells",
        "list",
        "delimiter",
        "encoding",
        "encoding_confidence",
        "header",
    ] {
        said[name] = import[name].clone();
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_says_where_a_column_goes_and_how_it_is_read() {
        let read =
            |text: &str| text.parse::<Map>().map(|map| (map.header, Value::Object(map.column)));
        for (text, header, column) in [
            ("City=town", "City", json!({ "target": "field", "reference_id": "town" })),
            ("Mail=email", "Mail", json!({ "target": "email" })),
            ("Notes=skip", "Notes", json!({ "target": "ignored" })),
            (
                "Born=born:date,dmy,zone=Europe/Paris",
                "Born",
                json!({ "target": "field", "reference_id": "born", "type": "date", "date_order": "dmy", "zone": "Europe/Paris" }),
            ),
            (
                "Price=price:number,decimal-comma,grouped,clear,clear=n/a",
                "Price",
                json!({ "target": "field", "reference_id": "price", "type": "number", "decimal_comma": true,
                    "grouped": true, "empty": "clear", "clear_token": "n/a" }),
            ),
        ] {
            assert_eq!(read(text), Ok((header.to_owned(), column)), "{text}");
        }
        for wrong in ["City", "City=", "City=town,sometimes", "City=town,zone"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
