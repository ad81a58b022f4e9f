//! Where the stored images are, told to every command as `tintype serve` is told: by `--data`, the configuration file or the
//! environment.

use std::{env, path::Path};

use tintype_hosted::{FirstAccount, Hosted};
use tintype_server::{Config, Overrides, config::text_variables, open_hosted};

use crate::failure::usage;

/// The configuration in `file` and the environment, under `--data`.
pub(crate) fn config(file: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Config> {
    Ok(Config::load(file, text_variables(env::vars_os()), &with_data(Overrides::new(), data)?)?)
}

/// `overrides`, and what `--data` says.
pub(crate) fn with_data(overrides: Overrides, data: Option<&Path>) -> anyhow::Result<Overrides> {
    let Some(data) = data else { return Ok(overrides) };
    let data = data.to_str().ok_or_else(|| usage!("--data: {data:?} is not UTF-8 text"))?;
    Ok(overrides.set("--data", "hosted.data", data))
}

/// The stored images that `config` names, and the account that they are for.
pub(crate) async fn images(config: &Config) -> anyhow::Result<(Hosted, FirstAccount)> {
    open_hosted(config).await?.ok_or_else(|| {
        usage!("there are no stored images; --data DIR, or [hosted] of the configuration file, says where they are")
    })
}
