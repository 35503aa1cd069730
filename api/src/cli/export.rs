//! `cohort export users` and `cohort export events`.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::{Method, Response};

use super::Remote;
use super::client::Client;
use super::save::{copy, save};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every user, as the table shows them, or those who pass all filters
    Users(Box<UserOptions>),
    /// User events: all or chosen types, any time or a range
    Events(Box<EventOptions>),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Ndjson,
    Xlsx,
}

#[derive(Debug, Args)]
struct Options {
    /// Pack it with gzip
    #[arg(long)]
    gzip: bool,
    /// Write to this file instead of standard output; it appears once it is whole
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// csv, ndjson or xlsx
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Hold only this column (repeatable, or comma-separated)
    #[arg(long = "columns", value_name = "NAMES")]
    columns: Vec<String>,
    /// Guard text that a spreadsheet takes for a formula
    #[arg(long)]
    safe: bool,
    /// Begin with a byte order mark
    #[arg(long)]
    bom: bool,
    /// comma, semicolon or tab
    #[arg(long)]
    delimiter: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Args)]
struct UserOptions {
    /// Part of the address, a name or the external id
    #[arg(long)]
    search: Option<String>,
    /// Only this user, by id (repeatable, or comma-separated)
    #[arg(long, value_name = "ID")]
    user: Vec<String>,
    /// Only users of this import, by its id (repeatable)
    #[arg(long, value_name = "ID")]
    import: Vec<String>,
    /// Only users on this list (repeatable)
    #[arg(long, value_name = "ID")]
    list: Vec<String>,
    /// Only users in this segment (repeatable)
    #[arg(long, value_name = "ID")]
    segment: Vec<String>,
    /// Only users who hold this badge (repeatable)
    #[arg(long, value_name = "ID")]
    badge: Vec<String>,
    /// Only users who joined this challenge (repeatable)
    #[arg(long, value_name = "ID")]
    challenge: Vec<String>,
    /// Only users who connected this app (repeatable)
    #[arg(long, value_name = "ID")]
    app: Vec<String>,
    /// Only users whose property answers so (repeatable): city.is=Lyon, last_active_at.is_not_set=
    #[arg(long, value_name = "PROPERTY.OPERATOR=VALUE", value_parser = property)]
    property: Vec<(String, String)>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct EventOptions {
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
    #[arg(long)]
    user: Option<String>,
    /// Only events that name this list (repeatable: any of them; other filters hold together)
    #[arg(long, value_name = "ID")]
    list: Vec<String>,
    /// Only those that name this segment
    #[arg(long, value_name = "ID")]
    segment: Vec<String>,
    /// Only those that name this badge
    #[arg(long, value_name = "ID")]
    badge: Vec<String>,
    /// Only those that name this challenge
    #[arg(long, value_name = "ID")]
    challenge: Vec<String>,
    /// Only those that name this perk
    #[arg(long, value_name = "ID")]
    perk: Vec<String>,
    /// Only those that name this digital asset
    #[arg(long, value_name = "ID")]
    digital_asset: Vec<String>,
    /// Only those that name this app
    #[arg(long, value_name = "ID")]
    app: Vec<String>,
    /// Only those that name this import
    #[arg(long, value_name = "ID")]
    import: Vec<String>,
    #[command(flatten)]
    options: Options,
}

type Query = Vec<(Cow<'static, str>, String)>;

pub(super) async fn run(args: ExportArgs) -> Result<ExitCode> {
    let (stem, mut query, options) = match args.what {
        What::Users(users) => ("users", users.query(), users.options),
        What::Events(events) => ("user-events", events.query(), events.options),
    };
    query.extend(options.columns.iter().map(|columns| ("columns".into(), columns.clone())));
    let suffix = match options.format {
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
        Format::Xlsx if options.output.is_none() && io::stdout().is_terminal() => {
            bail!("a workbook is no text: write it to a file with -o, or into a pipe")
        }
        Format::Xlsx => "xlsx",
    };
    // Sent as asked, whatever the format: what does not fit together is refused by name, not ignored.
    query.extend(options.safe.then(|| ("safe".into(), "true".to_owned())));
    query.extend(options.gzip.then(|| ("compression".into(), "gzip".to_owned())));
    query.extend(options.bom.then(|| ("bom".into(), "true".to_owned())));
    query.extend(options.delimiter.clone().map(|delimiter| ("delimiter".into(), delimiter)));
    if let Some(path) = options.output.as_deref().filter(|path| path.is_dir()) {
        bail!("{} is a folder; name the file to write", path.display());
    }
    let client = Client::new(&options.remote)?;
    let request =
        client.request(Method::GET, &format!("/v1/exports/{stem}.{suffix}")).query(&query);
    let response = client.send(request).await?;
    match &options.output {
        Some(path) => to_file(response, path).await?,
        None => to_stdout(response).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A parameter with each of these values.
fn named(name: &'static str, values: &[String]) -> Query {
    values.iter().map(|value| (name.into(), value.clone())).collect()
}

/// Reads `city.is=Lyon`; the service says what is wrong with a property or an operator.
fn property(said: &str) -> Result<(String, String), &'static str> {
    let (asked, value) = said.split_once('=').ok_or("the form is PROPERTY.OPERATOR=VALUE")?;
    Ok((format!("property.{asked}"), value.to_owned()))
}

impl UserOptions {
    fn query(&self) -> Query {
        let repeated = [
            ("user", &self.user),
            ("import", &self.import),
            ("list", &self.list),
            ("segment", &self.segment),
            ("badge", &self.badge),
            ("challenge", &self.challenge),
            ("app", &self.app),
        ];
        let mut query: Query =
            repeated.into_iter().flat_map(|(name, values)| named(name, values)).collect();
        query.extend(self.search.iter().map(|search| ("search".into(), search.clone())));
        query.extend(
            self.property.iter().map(|(asked, value)| (asked.clone().into(), value.clone())),
        );
        query
    }
}

impl EventOptions {
    fn query(&self) -> Query {
        let repeated = [
            ("type", &self.types),
            ("not_type", &self.not_types),
            ("list", &self.list),
            ("segment", &self.segment),
            ("badge", &self.badge),
            ("challenge", &self.challenge),
            ("perk", &self.perk),
            ("digital_asset", &self.digital_asset),
            ("app", &self.app),
            ("import", &self.import),
        ];
        let mut query: Query =
            repeated.into_iter().flat_map(|(name, values)| named(name, values)).collect();
        let once = [
            ("from", &self.from),
            ("to", &self.to),
            ("through", &self.through),
            ("zone", &self.zone),
            ("basis", &self.basis),
            ("since", &self.since),
            ("user", &self.user),
        ];
        query.extend(
            once.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?))),
        );
        query
    }
}

async fn to_file(response: Response, path: &Path) -> Result<()> {
    let position = header(&response, "cohort-position");
    let bytes = save(response, path).await?;
    eprintln!("{}: {bytes} bytes, as of cursor {position}", path.display());
    Ok(())
}

async fn to_stdout(response: Response) -> Result<()> {
    match copy(response, &mut io::stdout().lock()).await {
        // Whoever reads has seen enough, as `head` has.
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

fn header(response: &Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}
