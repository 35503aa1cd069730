//! `cohort serve`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::server::{Server, told_to_stop};

/// Settings given on the command line; environment variables and the file come after them.
#[derive(Debug, Clone, Args)]
pub(super) struct ServeArgs {
    /// Folder that holds everything [env: COHORT_DATA] [default: ./cohort-data]
    #[arg(long)]
    data: Option<String>,
    /// Address and port to listen on [env: COHORT_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<String>,
    /// Engine of the log; sqlite: keeps it in the data folder [env: COHORT_STORE] [default: sqlite:]
    #[arg(long)]
    store: Option<String>,
    /// IANA zone of bare dates [env: COHORT_ZONE] [default: UTC]
    #[arg(long)]
    zone: Option<String>,
    /// text or json [env: COHORT_LOG_FORMAT] [default: text]
    #[arg(long)]
    log_format: Option<String>,
    /// Configuration file (TOML)
    #[arg(long, env = "COHORT_CONFIG")]
    config: Option<PathBuf>,
    /// Start although the last fact is later than the clock
    #[arg(long)]
    accept_clock: bool,
}

impl ServeArgs {
    /// The settings these lead to.
    pub(super) fn resolve(&self) -> Result<Config> {
        let given = [
            ("data", &self.data),
            ("listen", &self.listen),
            ("store", &self.store),
            ("zone", &self.zone),
            ("log_format", &self.log_format),
        ];
        let flags: BTreeMap<&str, String> =
            given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        let mut config = Config::resolve(&flags, self.config.as_deref())?;
        config.accept_clock = self.accept_clock;
        Ok(config)
    }
}

pub(super) async fn run(args: ServeArgs) -> Result<ExitCode> {
    let config = args.resolve()?;
    log_to_stderr(&config, "warn,api=info");
    let data = config.data.clone();
    let server = Server::open(config).await?;
    greet(&server, &data)?;
    server.run(told_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Begins to log: what `RUST_LOG` says, else this.
pub(super) fn log_to_stderr(config: &Config, otherwise: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_json {
        logs.json().init();
    } else {
        logs.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

/// Says where the service is; answers its address.
pub(super) fn say_where(out: &mut impl Write, server: &Server, data: &Path) -> Result<String> {
    let address = format!("http://{}", server.address()?);
    writeln!(
        out,
        "Cohort {} listens on {address}, its data is in {}",
        env!("CARGO_PKG_VERSION"),
        data.display()
    )?;
    Ok(address)
}

fn greet(server: &Server, data: &Path) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let address = say_where(&mut out, server, data)?;
    if let Some(token) = &server.first_token {
        writeln!(
            out,
            "\nAdmin token, shown this once:\n\n    {token}\n\nTry next, in another terminal:\n"
        )?;
        writeln!(out, "    export COHORT_TOKEN={token}")?;
        if address != "http://127.0.0.1:8080" {
            writeln!(out, "    export COHORT_SERVER={address}")?;
        }
        writeln!(
            out,
            "    cohort import users.csv            (or: cargo run --release -- import users.csv)"
        )?;
        writeln!(out, "    cohort export users\n    cohort export events --type UserImported")?;
        writeln!(out, "\nDocumentation: {address}/docs")?;
    }
    Ok(out.flush()?)
}
