//! `tintype purge`: a server forgets results.

use std::{env, process::ExitCode};

use anyhow::Context as _;
use tintype_server::{
    Config, Overrides,
    ask::{Forget, forget},
    config::{BaseUrl, text_variables},
};

use crate::{args::PurgeArgs, failure::usage, show};

pub(crate) fn run(args: &PurgeArgs) -> anyhow::Result<ExitCode> {
    let BaseUrl(server) = args.server.parse().map_err(|message| usage!("--server: {message}"))?;
    let variables = text_variables(env::vars_os());
    let token = Config::load(args.config.as_deref(), variables, &Overrides::new())?.cache.purge_token;
    if token.is_empty() {
        return Err(usage!("there is no token; cache.purge_token of the server's configuration is it"));
    }
    let what = match args {
        PurgeArgs { everything: true, .. } => Forget::Everything,
        PurgeArgs { prefix, .. } if !prefix.is_empty() => Forget::Prefixes(prefix.clone()),
        PurgeArgs { host, .. } if !host.is_empty() => Forget::Hosts(host.clone()),
        PurgeArgs { sources, .. } => Forget::Files(sources.clone()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the request cannot be sent")?;
    let purged = runtime.block_on(forget(&server, &token, &what))?;
    let results = if purged == 1 { "result" } else { "results" };
    show::out(format!("{purged} {results} forgotten\n").as_bytes())
}
