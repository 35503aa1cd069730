//! `cohort revert IMPORT`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::Remote;
use super::client::Client;
use super::progress::Meter;

/// How often it is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// What stays that is printed; `kept.csv` has all.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct RevertArgs {
    /// The import's id
    import: uuid::Uuid,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn run(args: RevertArgs) -> Result<ExitCode> {
    let client = Client::new(&args.remote)?;
    let path = format!("/v1/imports/{}", args.import);
    let ask = if args.dry_run { "?dry_run=true" } else { "" };
    let request = client.request(Method::POST, &format!("{path}/revert{ask}"));
    let mut answer: Value = client.send(request).await?.json().await?;
    let mut meter = Meter::counting("taking back", "rows");
    while answer["state"] == "reverting" {
        tokio::time::sleep(ASK_EVERY).await;
        answer = client.send(client.request(Method::GET, &path)).await?.json().await?;
        meter.at(
            answer["revert"]["rows"].as_u64().unwrap_or(0),
            answer["rows"].as_u64().unwrap_or(0),
        );
    }
    meter.done();
    if !args.dry_run && answer["state"] != "reverted" {
        bail!("the import is {}", answer["state"]);
    }
    if args.json {
        println!("{answer:#}");
        return Ok(ExitCode::SUCCESS);
    }
    let said = if args.dry_run { &answer } else { &answer["revert"] };
    print(said, args.dry_run);
    Ok(ExitCode::SUCCESS)
}

fn print(said: &Value, dry_run: bool) {
    println!(
        "{}",
        if dry_run { "nothing was taken back; this is what it would do" } else { "taken back" }
    );
    for (count, what) in [
        ("removed", "users that go: nothing else made or changed them"),
        ("restored", "users that have their values from before"),
        ("left", "users that leave its list"),
        ("kept", "users and values that stay"),
    ] {
        println!("{:>10}  {what}", said[count].as_u64().unwrap_or(0));
    }
    for kept in said["kept_first"].as_array().into_iter().flatten().take(SHOWN) {
        let text = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
        println!("stays: user {} {} {}", text("user_id"), text("field"), text("code"));
    }
}
