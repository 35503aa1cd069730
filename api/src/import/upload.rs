//! A file that was received and read whole, before anything is recorded of it.

use std::path::{Path, PathBuf};

use domain::csv_header::{fingerprint, is_of_rejects, map_columns, mapped_as};
use domain::event::{BadCells, ImportMode, ImportPlan, MatchBy, Named};
use projections::Store;
use uuid::Uuid;

use super::definitions::is_of_its_type;
use super::encoding::Encoding;
use super::inspect::{Reading, inspect};
use super::mapping::makes_somebody;
use super::spool::{Spooled, Unkept};
use super::text::{Confidence, to_utf8};
use crate::app::App;
use crate::data_folder::DataFolder;
use crate::problem::Problem;

/// What is said of a file beside its bytes.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its name.
    pub filename: Option<String>,
    /// The encoding to read it in.
    pub encoding: Option<Encoding>,
    /// Delimiter, header, columns.
    pub reading: Reading,
    /// By what rows find their users.
    pub match_by: Option<MatchBy>,
    /// Which users the import may touch.
    pub mode: ImportMode,
    /// What becomes of cells that cannot be read.
    pub bad_cells: BadCells,
    /// The list to join.
    pub list: Option<Named>,
    /// Whether its cells were guarded against being taken for formulas.
    pub guarded: bool,
}

/// See the module. Its files go when it is dropped, unless they are kept.
#[derive(Debug)]
pub struct Upload {
    /// How it is read, and where its columns go as far as that is said or can be told.
    pub plan: ImportPlan,
    sent: Unkept,
    text: Unkept,
}

impl Upload {
    /// Makes a file UTF-8 and reads it whole.
    ///
    /// # Errors
    /// The reason for which it is refused whole.
    pub async fn read(
        app: &App,
        import_id: Uuid,
        spooled: Spooled,
        said: Said,
    ) -> Result<Upload, Problem> {
        let Spooled { file: sent, bytes, sha256 } = spooled;
        let text = Unkept::new(sent.path().with_extension("csv"));
        let limits = (app.config.import_bytes_max, app.config.import_rows_max);
        let (from, to) = (sent.path().to_owned(), text.path().to_owned());
        let Said { filename, encoding, reading, match_by, mode, bad_cells, list, guarded } = said;
        let (only, known) = (reading.only.clone(), reading.known.clone());
        let draft = reading.draft;
        let read = read_as(from, to, encoding, reading, limits).await?;
        let plan = ImportPlan {
            import_id,
            bytes,
            sha256,
            rows: 0,
            delimiter: 0,
            encoding: String::new(),
            encoding_guessed: false,
            header: true,
            columns: Vec::new(),
            match_by: match_by.unwrap_or_default(),
            mode,
            bad_cells,
            list,
            again: None,
            filename,
        };
        let mut plan = read.into_plan(plan);
        plan.columns.iter_mut().for_each(|column| column.rule.guarded = guarded);
        if !draft && match_by.is_none() && plan.columns.iter().any(is_of_rejects) {
            let before = match only {
                None => remembered(&app.follower.store(), &plan)?,
                Some(_) => None,
            };
            match before {
                // Mended, its rows go where they went the first time.
                Some(before) => (plan.columns, plan.match_by) = (before.columns, before.match_by),
                None => {
                    let headers: Vec<&str> =
                        plan.columns.iter().map(|column| column.header.as_str()).collect();
                    plan.columns = map_columns(&headers, only.as_deref(), plan.match_by, &known)?;
                    plan.columns.iter_mut().for_each(|column| column.rule.guarded = guarded);
                }
            }
        }
        makes_somebody(plan.match_by, plan.mode)?;
        Ok(Upload { plan, sent, text })
    }

    /// The file as UTF-8.
    pub fn text(&self) -> &Path {
        self.text.path()
    }

    /// Puts the files in their places, durably.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn put(&mut self, folder: &DataFolder) -> Result<(), Problem> {
        let id = self.plan.import_id;
        self.sent.move_to(folder.upload(id)).await?;
        self.text.move_to(folder.decoded(id, &self.plan.encoding)).await
    }

    /// Leaves the files where they are.
    pub fn keep(self) {
        self.sent.keep();
        self.text.keep();
    }
}

/// The plan with which the last file of the same columns was started, for these columns; none where it fits no more.
///
/// # Errors
/// What the tables say.
pub fn remembered(store: &Store, plan: &ImportPlan) -> Result<Option<ImportPlan>, Problem> {
    let Some(before) = store.remembered_plan(&fingerprint(&plan.columns))? else { return Ok(None) };
    let known = store.properties()?;
    let fits = before.header
        && plan.header
        && before.columns.iter().all(|column| is_of_its_type(&known, column));
    let columns = mapped_as(&plan.columns, &before.columns).filter(|_| fits);
    Ok(columns.map(|columns| ImportPlan { columns, ..before }))
}

/// How a file reads.
#[derive(Debug)]
pub struct Read {
    encoding: Encoding,
    confidence: Confidence,
    structure: super::inspect::Structure,
}

impl Read {
    /// The plan with what was read instead of what was read before.
    pub fn into_plan(self, plan: ImportPlan) -> ImportPlan {
        ImportPlan {
            rows: self.structure.rows,
            delimiter: self.structure.delimiter,
            encoding: self.encoding.name(),
            encoding_guessed: self.confidence == Confidence::Likely,
            header: self.structure.header,
            columns: self.structure.columns,
            ..plan
        }
    }
}

/// Makes the file that was sent UTF-8 at `to` and reads it whole; `limits` are its most bytes and rows.
///
/// # Errors
/// The reason for which it is refused whole; then there is nothing at `to`.
pub async fn read_as(
    sent: PathBuf,
    to: PathBuf,
    encoding: Option<Encoding>,
    reading: Reading,
    (bytes_max, rows_max): (u64, u64),
) -> Result<Read, Problem> {
    let read = tokio::task::spawn_blocking(move || {
        let (encoding, confidence) = to_utf8(&sent, &to, encoding, bytes_max)?;
        let structure = inspect(&to, &reading, rows_max)?;
        Ok(Read { encoding, confidence, structure })
    });
    read.await.map_err(Problem::internal)?
}
