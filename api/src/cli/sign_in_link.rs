//! `cohort sign-in-link`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use domain::email::Email;
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::Target;
use super::client::Client;
use super::folder::with_folder;
use crate::app::{App, system};
use crate::team;

#[derive(Debug, Args)]
pub(super) struct SignInLinkArgs {
    /// The team member whose password it sets; without it, whoever has the link joins as an admin
    #[arg(long)]
    email: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(args: SignInLinkArgs) -> Result<ExitCode> {
    let SignInLinkArgs { email, target } = args;
    let link = match &target.data {
        Some(data) => with_folder(data, move |app| offline(app, email.as_deref())).await?,
        None => online(&Client::new(&target.remote)?, email.as_deref()).await?,
    };
    eprintln!("a link that works once and for 7 days:");
    match &target.data {
        Some(_) => println!("{link}"),
        None => println!("{}{link}", target.remote.server.trim_end_matches('/')),
    }
    Ok(ExitCode::SUCCESS)
}

/// The path of a new link, in a folder that no service holds.
fn offline(app: &App, email: Option<&str>) -> Result<String> {
    let Some(email) = email else {
        return Ok(team::make_link_for_an_admin(app, &system(Uuid::now_v7()))?.path);
    };
    super::operations::catch_up(app)?;
    let email = Email::parse(email)?;
    let team = app.follower.store().team()?;
    let found = team.iter().find(|it| !it.member.removed && it.member.has_email(&email));
    let line = found.context("team_member_unknown: nobody in the team has this address")?;
    Ok(team::make_link_offline(app, line)?.path)
}

async fn online(client: &Client, email: Option<&str>) -> Result<String> {
    let path = match email {
        None => "/v1/sign-in-links".to_owned(),
        Some(email) => format!("/v1/team/{}/link", member(client, &Email::parse(email)?).await?),
    };
    let made: Value = client.send(client.request(Method::POST, &path)).await?.json().await?;
    Ok(made["link"].as_str().context("the answer holds no link")?.to_owned())
}

/// The id of the member with an address.
async fn member(client: &Client, email: &Email) -> Result<String> {
    let page: Value = client.send(client.request(Method::GET, "/v1/team")).await?.json().await?;
    let has = |member: &&Value| {
        let own = member["email"].as_str().and_then(|own| Email::parse(own).ok());
        member["removed_at"].is_null() && own.is_some_and(|own| own.key() == email.key())
    };
    let found = page["items"].as_array().into_iter().flatten().find(has);
    let id = found.and_then(|member| member["id"].as_str());
    Ok(id.context("team_member_unknown: nobody in the team has this address")?.to_owned())
}
