//! `tintype hosted`: whose the stored images are, the tokens of their API, and images brought in and out by the thousand.

mod export;
mod import;
mod manifest;
mod many;
pub(crate) mod open;

use std::{fmt::Write as _, process::ExitCode};

use anyhow::Context as _;
use serde_json::{Value, json};
use tintype_hosted::{AccountId, Hosted, Token};
use tintype_server::Config;

use crate::{
    args::{HostedArgs, HostedCommand, TokenCommand},
    show,
};

pub(crate) fn run(args: &HostedArgs, verbose: bool) -> anyhow::Result<ExitCode> {
    let config = open::config(args.config.as_deref(), args.data.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("the threads of the program cannot be started")?;
    let ended = runtime.block_on(work(&config, &args.command, verbose));
    // A second signal does not wait for what is in work.
    runtime.shutdown_background();
    ended
}

async fn work(config: &Config, command: &HostedCommand, verbose: bool) -> anyhow::Result<ExitCode> {
    let (hosted, first) = open::images(config).await?;
    match command {
        HostedCommand::Import(args) => import::run(&hosted, &first.id, args, verbose).await,
        HostedCommand::Export(args) => export::run(&hosted, &first.id, args, verbose).await,
        HostedCommand::Account { json } => account(config, &hosted, &first.id, first.token, *json).await,
        HostedCommand::Token { command: TokenCommand::Create { name, json } } => {
            let (token, secret) = hosted.create_token(&first.id, name).await?;
            if *json {
                return show::json(&json!({ "id": token.id, "name": token.name, "token": secret }));
            }
            show::out(format!("{secret}\n").as_bytes())
        }
        HostedCommand::Token { command: TokenCommand::List { json } } => {
            let tokens = hosted.tokens(&first.id).await?;
            if *json { show::json(&tokens.iter().map(shown).collect()) } else { show::out(table(&tokens).as_bytes()) }
        }
        HostedCommand::Token { command: TokenCommand::Revoke { id } } => {
            hosted.revoke_token(&first.id, id).await?;
            show::out(format!("{id} revoked\n").as_bytes())
        }
    }
}

async fn account(
    config: &Config,
    hosted: &Hosted,
    id: &AccountId,
    token: Option<String>,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let account = hosted.account(id).await?;
    let here = format!("http://{}", config.server.listen);
    let base = config.hosted.delivery_url.as_ref().map(|base| base.0.as_str().trim_end_matches('/').to_owned());
    let delivery = format!("{}/{}", base.unwrap_or_else(|| here.clone()), account.hash);
    let api = format!("{here}/client/v4/accounts/{id}/images");
    let images = hosted.count(id).await?;
    if as_json {
        let mut shown = json!({
            "account": id.as_str(), "hash": account.hash, "delivery": delivery, "api": api, "images": images,
        });
        if let Some(token) = token {
            shown["token"] = Value::String(token);
        }
        return show::json(&shown);
    }
    let mut text = format!(
        "account   {id}\nhash      {}\ndelivery  {delivery}/<ID>/<VARIANT>\napi       {api}\nimages    {images}\n",
        account.hash
    );
    if let Some(token) = token {
        writeln!(text, "token     {token}   (shown only now)")?;
    }
    show::out(text.as_bytes())
}

fn shown(token: &Token) -> Value {
    json!({ "id": token.id, "name": token.name, "created": token.created.to_rfc3339() })
}

fn table(tokens: &[Token]) -> String {
    let lines = tokens.iter().map(|Token { id, name, created }| format!("{id}  {}  {name}\n", created.to_rfc3339()));
    lines.collect()
}
