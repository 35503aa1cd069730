//! The command line: `cohort` and its commands. Exit codes: 0 done, 1 refused or failed, 2 usage, 3 done with
//! rejected rows.

mod client;
mod config_show;
mod demo;
mod export;
mod folder;
mod import;
mod operations;
mod progress;
mod revert;
mod save;
mod serve;
mod sign_in_link;
mod token;

/// Many small allocations freed on another thread than they were made on: over HTTP, commands are a quarter faster than with
/// glibc's (measured).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Users of a loyalty programme as facts in an append-only log.
#[derive(Debug, Parser)]
#[command(
    name = "cohort",
    version,
    about = "Users of a loyalty programme as facts in an append-only log",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default).
    Serve(serve::ServeArgs),
    /// Import users from a CSV file.
    Import(import::ImportArgs),
    /// Take an import back: users it made go, values from before return, what others built on stays.
    Revert(revert::RevertArgs),
    /// Export users or user events.
    Export(export::ExportArgs),
    /// Make, list and revoke access tokens.
    Token(token::TokenArgs),
    /// Make a link for who cannot sign in, shown this once.
    SignInLink(sign_in_link::SignInLinkArgs),
    /// Copy a running service consistently into a new folder; serving that folder is the restore.
    Backup(operations::BackupArgs),
    /// Verify the whole log, and the tables against a replay of it.
    Check(operations::CheckArgs),
    /// Build the tables anew from the log.
    Rebuild(operations::RebuildArgs),
    /// Fill an empty folder with believable data and serve it.
    Demo(demo::DemoArgs),
    /// The settings and where each value comes from.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting, its value and its source.
    Show(serve::ServeArgs),
}

/// Which service to talk to.
#[derive(Debug, Clone, Args)]
struct Remote {
    /// Address of the running service.
    #[arg(long, env = "COHORT_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Access token.
    #[arg(long, env = "COHORT_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// A running service, or a folder that none holds.
#[derive(Debug, Clone, Args)]
struct Target {
    #[command(flatten)]
    remote: Remote,
    /// Work on this data folder instead of a running service.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Reads the command line and runs it.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let ended = runtime.block_on(run(command));
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(&error))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Revert(args) => revert::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::SignInLink(args) => sign_in_link::run(args).await,
        Command::Backup(args) => operations::backup(args).await,
        Command::Check(args) => operations::check(args).await,
        Command::Rebuild(args) => operations::rebuild(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Config(ConfigCommand::Show(args)) => config_show::run(&args),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("cohort: {error:#}");
    ExitCode::FAILURE
}
