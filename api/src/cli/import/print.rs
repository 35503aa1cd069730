//! What the command prints: the report of an import, or what one would do.

use std::io::{self, Write};

use serde_json::Value;

/// Rows and users that are printed of each sort; `--json` has those of the answer.
const SHOWN: usize = 20;

/// The report of an import.
pub(super) fn report(report: &Value, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return writeln!(out, "{report:#}");
    }
    writeln!(out, "import {} {}", text(report, "id"), text(report, "state"))?;
    if report["state"] == "failed" {
        writeln!(out, "  because: {}", text(report, "code"))?;
    }
    counts(&mut out, report)?;
    columns(&mut out, report)?;
    rows(&mut out, report)
}

/// What an import would do.
pub(super) fn check(check: &Value, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return writeln!(out, "{check:#}");
    }
    writeln!(out, "nothing was imported; this is what it would do")?;
    counts(&mut out, check)?;
    columns(&mut out, check)?;
    let differences = check["differences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = &differences[..differences.len().min(SHOWN)];
    for user in shown {
        difference(&mut out, user)?;
    }
    let more = check["users"].as_u64().unwrap_or(0).saturating_sub(shown.len() as u64);
    if more > 0 {
        writeln!(out, "and {more} more users; --json lists up to 100")?;
    }
    for consequence in check["consequences"].as_array().into_iter().flatten().take(SHOWN) {
        follows(&mut out, consequence)?;
    }
    rows(&mut out, check)
}

/// What would follow for some users.
fn follows(out: &mut dyn Write, consequence: &Value) -> io::Result<()> {
    let words = match text(consequence, "type") {
        "cohort.segment.entered" => "would enter the segment",
        "cohort.segment.left" => "would leave the segment",
        "cohort.badge.gained" => "would gain the badge",
        _ => "would lose the badge",
    };
    let id = consequence["segment_id"].as_str().unwrap_or_else(|| text(consequence, "badge_id"));
    writeln!(out, "{} {words} {id}", consequence["users"])
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_default()
}

fn counts(out: &mut dyn Write, answer: &Value) -> io::Result<()> {
    for name in ["created", "updated", "unchanged", "rejected", "rows"] {
        writeln!(out, "{name:>10}  {}", answer[name].as_u64().unwrap_or(0))?;
    }
    if let Some(list) = answer["list"]["id"].as_str() {
        writeln!(
            out,
            "{:>10}  {} (list {list})",
            "joined",
            answer["joined"].as_u64().unwrap_or(0)
        )?;
    }
    Ok(())
}

fn columns(out: &mut dyn Write, answer: &Value) -> io::Result<()> {
    if let key @ ("user_id" | "external_id") = text(answer, "match_by") {
        writeln!(out, "rows were matched by {key}")?;
    }
    if answer["encoding_confidence"] == "likely" {
        let encoding = text(answer, "encoding");
        writeln!(
            out,
            "read as {encoding}, which is likely; where letters look wrong, say another with --encoding"
        )?;
    }
    for column in answer["columns"].as_array().into_iter().flatten() {
        let header = text(column, "header");
        match (column["target"].as_str(), column["reference_id"].as_str()) {
            (Some("ignored"), _) => writeln!(out, "column {header:?} was left out")?,
            (Some("member_since"), _) => {
                writeln!(out, "column {header:?} says since when users are members")?
            }
            (_, Some(reference_id)) if column["new"] == true => {
                let kind = text(column, "type");
                writeln!(
                    out,
                    "column {header:?} goes into {reference_id}, a new property of type {kind}"
                )?;
            }
            (_, Some(reference_id)) if reference_id != header => {
                writeln!(out, "column {header:?} went into {reference_id}")?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn difference(out: &mut dyn Write, user: &Value) -> io::Result<()> {
    let word = if user["created"] == true { "new" } else { "changed" };
    let who = user["email"].as_str().unwrap_or_else(|| text(user, "user_id"));
    writeln!(out, "line {}, {word}: {who}", user["line"])?;
    if user["joins"] == true {
        writeln!(out, "    joins the list")?;
    }
    for change in user["changes"].as_array().into_iter().flatten() {
        let (old, new) = (&change["old"], &change["new"]);
        if old.is_null() {
            writeln!(out, "    {}: {new}", text(change, "field"))?;
        } else {
            writeln!(out, "    {}: {old} -> {new}", text(change, "field"))?;
        }
    }
    Ok(())
}

fn rows(out: &mut dyn Write, answer: &Value) -> io::Result<()> {
    for (what, list) in [("rejected", "rejects"), ("warning", "warned")] {
        for row in answer[list].as_array().into_iter().flatten().take(SHOWN) {
            let column =
                row["column"].as_str().map(|column| format!(" {column}:")).unwrap_or_default();
            let (line, code) = (&row["line"], text(row, "code"));
            writeln!(out, "line {line}, {what}:{column} {code}: {}", text(row, "reason"))?;
        }
    }
    Ok(())
}
