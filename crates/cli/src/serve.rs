//! `tintype serve`: configuration from its layers, a log, and the server.

use std::{ffi::OsString, net::SocketAddr, process::ExitCode};

use anyhow::Context as _;
use tintype_server::{
    Config, Overrides,
    config::{LogConfig, LogFormat, text_variables},
    trace,
};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    args::ServeArgs,
    failure::usage,
    hosted::open,
    show,
    trace::{Exporter, TraceContext},
    vision,
};

pub(crate) fn run(
    args: &ServeArgs,
    adapter: Option<&str>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref(), text_variables(environment), &overrides(args, adapter)?)?;
    if args.print_config {
        return show::out(config.to_toml().as_bytes());
    }
    let exporter = Exporter::new(&config.log.traces)?;
    start_log(&config.log, exporter.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("tintype-serve")
        .build()
        .context("the threads of the server cannot be started")?;
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    crate::heap::trim_regularly()?;
    let vision = vision::maker(&config.ml)?;
    runtime.block_on(tintype_server::serve(config, vision))?;
    Ok(ExitCode::SUCCESS)
}

fn overrides(args: &ServeArgs, adapter: Option<&str>) -> anyhow::Result<Overrides> {
    let mut overrides = Overrides::new();
    if let Some(listen) = &args.listen {
        if listen.parse::<SocketAddr>().is_err() {
            return Err(usage!("--listen: {listen:?} is not an address and port such as 127.0.0.1:8080 or [::]:8080"));
        }
        overrides = overrides.set("--listen", "server.listen", listen);
    }
    if let Some(root) = &args.root {
        let root = root.to_str().ok_or_else(|| usage!("--root: {root:?} is not UTF-8 text"))?;
        overrides = overrides.set("--root", "origins.root", root);
    }
    overrides = open::with_data(overrides, args.data.as_deref())?;
    if let Some(adapter) = adapter {
        overrides = overrides.set("--adapter", "gpu.adapter", adapter);
    }
    Ok(overrides.set_list("--origin", "origins.base", args.origin.iter().cloned()).set_list(
        "--allow-origin",
        "origins.allow",
        args.allow_origin.iter().cloned(),
    ))
}

/// Sends what the server logs to standard error, and its spans to `exporter`.
fn start_log(log: &LogConfig, exporter: Option<&Exporter>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        usage!(
            "log.filter: {:?} is not a level or a list of directives such as info,tintype_server=debug: {error}",
            log.filter
        )
    })?;
    if exporter.is_some() {
        trace::tie(TraceContext::new());
    }
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(show::error_has_color()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let registry = tracing_subscriber::registry().with(exporter.map(Exporter::layer));
    let started = registry.with(lines.with_filter(filter)).try_init();
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}
