//! `cohort token create|list|revoke`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::scope::Scope;
use domain::time_range::utc_text;
use projections::tokens::TokenLine;
use reqwest::Method;
use serde_json::{Value, json};

use super::Target;
use super::client::Client;
use super::folder::with_folder;
use crate::app::{create_token_offline, revoke_token_offline};

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and print its secret, this once
    Create {
        /// What it is for
        #[arg(long)]
        name: Option<String>,
        /// What it may do (repeatable)
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
        #[command(flatten)]
        target: Target,
    },
    /// List tokens; never their secrets
    List {
        #[command(flatten)]
        target: Target,
    },
    /// End a token at once
    Revoke {
        /// Its public id
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

pub(super) async fn run(args: TokenArgs) -> Result<ExitCode> {
    match args.what {
        What::Create { name, scopes, target } => create(name, scopes, &target).await?,
        What::List { target } => list(&target).await?,
        What::Revoke { id, target } => revoke(id, &target).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(name: Option<String>, scopes: Vec<Scope>, target: &Target) -> Result<()> {
    let (secret, id) = match &target.data {
        Some(data) => {
            with_folder(data, move |app| create_token_offline(&app.log, name, scopes)).await?
        }
        None => {
            let client = Client::new(&target.remote)?;
            let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
            let body = json!({ "name": name, "scopes": names });
            let answer: Value = client
                .send(client.request(Method::POST, "/v1/tokens").json(&body))
                .await?
                .json()
                .await?;
            let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
            (text("token"), text("id"))
        }
    };
    eprintln!("token {id}, shown this once:");
    println!("{secret}");
    Ok(())
}

async fn list(target: &Target) -> Result<()> {
    let lines = match &target.data {
        Some(data) => {
            with_folder(data, |app| {
                super::operations::catch_up(app)?;
                let line = |token: TokenLine| TokenText {
                    used: app
                        .work
                        .last_used(&token.id)
                        .ok()
                        .flatten()
                        .map_or("-".to_owned(), utc_text),
                    live: token.revoked_at.is_none(),
                    scopes: token
                        .scopes
                        .iter()
                        .map(|scope| scope.name())
                        .collect::<Vec<_>>()
                        .join(" "),
                    name: token.name.unwrap_or_default(),
                    id: token.id,
                };
                Ok(app.follower.store().tokens()?.into_iter().map(line).collect::<Vec<_>>())
            })
            .await?
        }
        None => {
            let client = Client::new(&target.remote)?;
            let page: Value =
                client.send(client.request(Method::GET, "/v1/tokens")).await?.json().await?;
            page["items"].as_array().into_iter().flatten().map(TokenText::read).collect()
        }
    };
    let mut out = std::io::stdout().lock();
    for TokenText { id, live, used, scopes, name } in lines {
        let state = if live { "live" } else { "revoked" };
        writeln!(out, "{id}  {state:<7}  last used {used}  {scopes}  {name}")?;
    }
    Ok(())
}

/// A token as it is listed.
struct TokenText {
    id: String,
    live: bool,
    used: String,
    scopes: String,
    name: String,
}

impl TokenText {
    fn read(token: &Value) -> TokenText {
        let text = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
        let scopes: Vec<&str> =
            token["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        TokenText {
            id: text("id"),
            live: token["revoked_at"].is_null(),
            used: token["last_used_at"].as_str().unwrap_or("-").to_owned(),
            scopes: scopes.join(" "),
            name: text("name"),
        }
    }
}

async fn revoke(id: String, target: &Target) -> Result<()> {
    let revoked = id.clone();
    match &target.data {
        Some(data) => {
            with_folder(data, move |app| {
                super::operations::catch_up(app)?;
                revoke_token_offline(app, &id)
            })
            .await?;
        }
        None => {
            let client = Client::new(&target.remote)?;
            client.send(client.request(Method::DELETE, &format!("/v1/tokens/{id}"))).await?;
        }
    }
    println!("{revoked} is revoked");
    Ok(())
}
