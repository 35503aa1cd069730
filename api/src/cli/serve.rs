//! `cohort serve`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LOG_DEFAULT};
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
    log_to_stderr(&config, LOG_DEFAULT);
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

/// Where the service is, in words, and its address.
pub(super) fn said_where(server: &Server, data: &Path) -> Result<(String, String)> {
    let address = format!("http://{}", server.address()?);
    let (version, data) = (env!("CARGO_PKG_VERSION"), data.display());
    let text = format!("Cohort {version} listens on {address}, its data is in {data}\n");
    Ok((text, address))
}

/// How the first admin joins.
pub(super) fn said_link(server: &Server, link: &str) -> Result<String> {
    let listens = server.address()?;
    let host = if listens.ip().is_unspecified() {
        format!("localhost:{}", listens.port())
    } else {
        listens.to_string()
    };
    Ok(format!(
        "\nJoin as the first admin of the team, with this link, which works once and for 7 days:\n\n    \
         http://{host}{link}\n"
    ))
}

/// The token, and how to give it to other commands.
pub(super) fn said_token(address: &str, token: &str) -> String {
    let server = if address == "http://127.0.0.1:8080" {
        String::new()
    } else {
        format!("    export COHORT_SERVER={address}\n")
    };
    format!(
        "\nAdmin token, shown this once:\n\n    {token}\n\nTry next, in another terminal:\n\n    \
         export COHORT_TOKEN={token}\n{server}"
    )
}

/// Says where it is and what gets somebody in, in one write: whoever waits for the first line may look no further.
fn greet(server: &Server, data: &Path) -> Result<()> {
    let (mut text, address) = said_where(server, data)?;
    if let Some(link) = &server.first.link {
        text += &said_link(server, link)?;
    }
    if let Some(token) = &server.first.token {
        text += &said_token(&address, token);
        text += "    cohort import users.csv            (or: cargo run --release -- import users.csv)\n";
        text += "    cohort export users\n    cohort export events --type UserImported\n";
        text += &format!("\nDocumentation: {address}/docs\n");
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
