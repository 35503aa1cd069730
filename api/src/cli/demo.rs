//! `cohort demo`: a service worth looking at, from an empty folder.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail, ensure};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use eventlog::sqlite::system_clock;
use uuid::Uuid;

use super::progress::Meter;
use super::serve::{log_to_stderr, said_link, said_token, said_where};
use crate::app::{is_vacant, system};
use crate::config::Config;
use crate::demo::{LateClock, USERS, USERS_MAX, USERS_MIN, fill, first_moment};
use crate::server::{Server, told_to_stop};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// A new or empty folder
    #[arg(long, default_value = "./cohort-demo")]
    data: String,
    /// Address and port to listen on [env: COHORT_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<String>,
    /// How many customers there are
    #[arg(long, default_value_t = USERS,
        value_parser = RangedU64ValueParser::<u32>::new().range(USERS_MIN as u64..=USERS_MAX as u64))]
    users: u32,
}

impl DemoArgs {
    fn resolve(&self) -> Result<Config> {
        let mut flags = BTreeMap::from([("data", self.data.clone())]);
        flags.extend(self.listen.clone().map(|listen| ("listen", listen)));
        Config::resolve(&flags, None)
    }
}

pub(super) async fn run(args: DemoArgs) -> Result<ExitCode> {
    let config = args.resolve()?;
    let data = config.data.clone();
    ensure!(
        is_vacant(&data)?,
        "{0} is not empty; the demo fills a new or empty folder: name another with --data, or serve this one again \
         with cohort serve --data {0}",
        data.display()
    );
    log_to_stderr(&config, "warn");
    let chosen = config.admin_token.clone();
    let clock = LateClock::at(first_moment(system_clock()()));
    let server = Server::open_at(config, clock.for_log()).await?;
    let token = chosen.or_else(|| server.first.token.clone()).unwrap_or_default();
    eprintln!(
        "filling {} with {} customers of Alder & Finch, a roaster that does not exist, and 90 days of them",
        data.display(),
        args.users
    );
    let mut meter = Meter::counting("what happened in 90 days", "things");
    let mut seen = |done, all| meter.at(done, all);
    let app = server.app();
    let filled = tokio::select! {
        filled = fill(&app, &clock, (&token, args.users), &mut seen) => filled.map(|()| true),
        () = told_to_stop() => Ok(false),
    };
    meter.done();
    if !matches!(filled, Ok(true)) {
        tokio::task::spawn_blocking(move || app.close()).await?;
        filled?;
        bail!(
            "stopped halfway: {} holds a part of the demo; remove it before the next",
            data.display()
        );
    }
    // The link of the first start is from the demo's first day, and too old by now.
    let link = crate::team::link_for_an_admin(&app, &system(Uuid::now_v7())).await;
    let link = link.map_err(|problem| anyhow!("{}", problem.detail()))?;
    drop(app);
    greet(&server, &data, &link.path)?;
    server.run(told_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}

fn greet(server: &Server, data: &Path, link: &str) -> Result<()> {
    let (mut text, address) = said_where(server, data)?;
    text += &said_link(server, link)?;
    if let Some(token) = &server.first.token {
        text += &said_token(&address, token);
        text += "    cohort export users --segment regulars\n    cohort export events --type BadgeLost\n";
        text += &format!("\nDocumentation: {address}/docs\n");
        text += &format!("The same data again, later: cohort serve --data {}\n", data.display());
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
