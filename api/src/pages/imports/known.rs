//! What the API says of imports, as far as pages show it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::pages::actor::Actor;
use crate::pages::{Refused, Texts, Viewer, at};

/// An import.
#[derive(Debug, Clone, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub state: String,
    /// Rows of the file.
    pub rows: u64,
    /// What became of them.
    #[serde(flatten)]
    pub counts: Counts,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
    /// The first refused rows.
    pub rejects: Vec<Noted>,
    /// The first warnings.
    pub warned: Vec<Noted>,
    /// Where each column goes.
    pub columns: Vec<Column>,
    /// By what rows find their users.
    pub match_by: String,
    /// Which users it may touch.
    pub mode: String,
    /// What becomes of a row with a cell that cannot be read.
    pub bad_cells: String,
    /// The list its users join.
    pub list: Option<ToList>,
    /// What the last check said.
    pub check: Option<Checked>,
    /// What taking it back did.
    pub revert: Option<Revert>,
    /// The import it was made of again.
    pub again_of: Option<String>,
    /// Name of its file.
    pub filename: Option<String>,
    /// Size of its file.
    pub bytes: u64,
    /// The byte between cells.
    pub delimiter: String,
    /// As it was read.
    pub encoding: String,
    /// `certain` or `likely`.
    pub encoding_confidence: String,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Whether the file is still there.
    pub file_kept: bool,
    /// Who uploaded, mapped or started it last.
    pub by: Actor,
    /// When its file came.
    pub uploaded_at: String,
    /// When it was accepted.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When it was taken back.
    pub reverted_at: Option<String>,
    /// Why it failed.
    pub code: Option<String>,
}

/// What became of rows, or would.
#[derive(Debug, Clone, Deserialize)]
pub struct Counts {
    /// Users made.
    pub created: u64,
    /// Users changed.
    pub updated: u64,
    /// Nothing to change.
    pub unchanged: u64,
    /// Refused.
    pub rejected: u64,
    /// With a warning.
    pub warnings: u64,
    /// Put on the list.
    pub joined: u64,
}

/// A refused row, or one with a warning.
#[derive(Debug, Clone, Deserialize)]
pub struct Noted {
    /// Line of the file.
    pub line: u64,
    /// Header of the cell at fault.
    pub column: Option<String>,
    /// Name of the reason.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// Where a column goes.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Which, from 1.
    pub column: usize,
    /// As the first line has it.
    pub header: String,
    /// Where it goes.
    pub target: String,
    /// The field.
    pub reference_id: Option<String>,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the property would be made.
    #[serde(default)]
    pub new: bool,
    /// Order of day, month and year.
    pub date_order: Option<String>,
    /// Zone of times without an offset.
    pub zone: Option<String>,
    /// Decimals stand behind a comma.
    #[serde(default)]
    pub decimal_comma: bool,
    /// Digits in groups.
    #[serde(default)]
    pub grouped: bool,
    /// What an empty cell does.
    pub empty: Option<String>,
    /// Text that clears a value.
    pub clear_token: Option<String>,
    /// One `'` is taken off.
    #[serde(default)]
    pub guarded: bool,
}

/// A list to join.
#[derive(Debug, Clone, Deserialize)]
pub struct ToList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// What a check said.
#[derive(Debug, Clone, Deserialize)]
pub struct Checked {
    /// What would become of the rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Users that would be made or changed.
    pub users: u64,
}

/// What taking an import back did, or would do.
#[derive(Debug, Clone, Deserialize)]
pub struct Revert {
    /// Users gone.
    pub removed: u64,
    /// Users with values from before.
    pub restored: u64,
    /// Users off the list.
    pub left: u64,
    /// What stays.
    pub kept: u64,
}

/// What a file looks like.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Preview {
    /// Its first rows.
    pub rows: Vec<Vec<String>>,
    /// Its columns.
    pub columns: Vec<Sampled>,
    /// What was spoilt before it came here.
    pub warnings: Vec<Spoilt>,
    /// Pieces of it in encodings that fit.
    pub readings: Vec<Reading>,
}

/// A column, to recognise it by.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Sampled {
    /// What it would go into.
    pub reference_id: Option<String>,
    /// Values in it.
    pub samples: Vec<String>,
    /// The type they fit.
    pub proposed_type: String,
    /// Orders of day, month and year that fit.
    pub date_orders: Vec<String>,
}

/// Cells that were spoilt.
#[derive(Debug, Clone, Deserialize)]
pub struct Spoilt {
    /// How.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Line of the first.
    pub line: u64,
    /// The first.
    pub example: String,
}

/// Pieces of a file in one encoding.
#[derive(Debug, Clone, Deserialize)]
pub struct Reading {
    /// Which.
    pub encoding: String,
    /// The pieces.
    pub samples: Vec<String>,
}

impl Import {
    /// Asks for one.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer, id: &str) -> Result<Import, Refused> {
        viewer.ask().get(&at("/v1/imports/{}", &[id])).await
    }

    /// Whether it waits for somebody to start it.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "draft" | "mapped" | "checked")
    }

    /// Whether it is being done or undone.
    pub fn is_going_on(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running" | "reverting")
    }

    /// Whether there is anything to take back.
    pub fn can_be_undone(&self) -> bool {
        let ended = matches!(self.state.as_str(), "completed" | "cancelled" | "failed");
        ended && self.counts.created + self.counts.updated + self.counts.joined > 0
    }

    /// What people call it: its file, or what was pasted.
    pub fn name(&self, personal: bool) -> String {
        match &self.filename {
            Some(name) => name.clone(),
            None if personal => Texts.say("import-pasted"),
            None => Texts.say("import-nameless"),
        }
    }

    /// Its state in words.
    pub fn stands(&self) -> String {
        Texts.named("imported", &self.state)
    }

    /// How its state looks: a class of tags.
    pub fn looks(&self) -> &'static str {
        match self.state.as_str() {
            "completed" => "good",
            "failed" => "bad",
            "queued" | "running" | "reverting" => "warn",
            _ => "",
        }
    }
}

/// A size as people read it.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let text = if size.fract() < 0.05 { format!("{size:.0}") } else { format!("{size:.1}") };
    format!("{text} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_read_at_a_glance() {
        for (bytes, text) in
            [(17, "17 B"), (1024, "1 KiB"), (10_485_760, "10 MiB"), (1_600_000, "1.5 MiB")]
        {
            assert_eq!(super::size(bytes), text);
        }
    }
}
