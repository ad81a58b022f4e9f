//! Laying file, environment and flags over the defaults, each error with the place it comes from.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use http::HeaderName;
use serde::de::Error as _;
use toml::{Table, Value};

use super::{ByteSize, Config};
use crate::cache::MIN_DISK_BYTES;

/// What a variable of the environment must start with to be read.
pub(super) const PREFIX: &str = "TINTYPE_";

/// Values from the command line, over everything else.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    values: Vec<Override>,
}

#[derive(Clone, Debug)]
struct Override {
    flag: String,
    key: String,
    text: Text,
}

#[derive(Clone, Debug)]
enum Text {
    One(String),
    Many(Vec<String>),
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path:?} cannot be read: {source}")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of the file is not TOML, names an unknown key or has an unreadable value.
    #[error("{path}:{line}: {message}, at `{text}`", path = path.display())]
    File {
        /// As given.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what is accepted.
        message: String,
        /// The line, trimmed.
        text: String,
    },
    /// A variable of the environment names an unknown key or has an unreadable value.
    #[error("{variable}: {message}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong, and what is accepted.
        message: String,
    },
    /// A flag has an unreadable value.
    #[error("{flag}: {message}")]
    Flag {
        /// Its name.
        flag: String,
        /// What is wrong, and what is accepted.
        message: String,
    },
    /// Every value can be read, but one does not make sense.
    #[error("{key}: {message}")]
    Value {
        /// Section and key.
        key: &'static str,
        /// What is wrong, and what is accepted.
        message: String,
    },
}

/// Those of an environment's `variables` that are text, names and values; what is not is nobody's here.
pub fn text_variables(variables: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (String, String)> {
    variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Overrides {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`, for example `server.listen`, to `text`; `flag` is what an error names.
    #[must_use]
    pub fn set(mut self, flag: &str, key: &str, text: impl Into<String>) -> Self {
        self.values.push(Override { flag: flag.to_owned(), key: key.to_owned(), text: Text::One(text.into()) });
        self
    }

    /// Sets the list `key` to `texts`; `flag` is what an error names. An empty list sets nothing.
    #[must_use]
    pub fn set_list(mut self, flag: &str, key: &str, texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.into_iter().collect();
        if !texts.is_empty() {
            self.values.push(Override { flag: flag.to_owned(), key: key.to_owned(), text: Text::Many(texts) });
        }
        self
    }
}

impl Config {
    /// The defaults, under `file`, under the variables of `env` that are named `TINTYPE_SECTION__KEY`, under
    /// `overrides`.
    ///
    /// In the environment a list is written as TOML (`["a.com", "b.com"]`) or with commas (`a.com,b.com`).
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        let mut table = file.map(read_file).transpose()?.unwrap_or_default();
        // In the order of their names, so that of two errors always the same one is reported.
        let mut variables: Vec<_> = env.filter_map(|(name, text)| Some((key_of(&name)?, name, text))).collect();
        variables.sort();
        for (key, variable, text) in variables {
            set(&mut table, &key, &candidates(&text)).map_err(|message| ConfigError::Variable { variable, message })?;
        }
        for Override { flag, key, text } in &overrides.values {
            let candidates = match text {
                Text::One(text) => candidates(text),
                Text::Many(texts) => vec![Value::Array(texts.iter().cloned().map(Value::String).collect())],
            };
            set(&mut table, key, &candidates).map_err(|message| ConfigError::Flag { flag: flag.clone(), message })?;
        }
        let config: Self = read(&table).expect("every layer was read when it was laid");
        config.check()?;
        Ok(config)
    }

    /// The configuration as TOML, every key with its value, secrets replaced by `***`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration has only keys and values that TOML can say")
    }

    fn check(&self) -> Result<(), ConfigError> {
        let at_least_one = [("server.jobs", self.server.jobs), ("origins.concurrency", self.origins.concurrency)];
        for (key, value) in at_least_one {
            // More than this is a mistake, and more than a semaphore can count is a crash.
            if !(1..=65_536).contains(&value) {
                return Err(ConfigError::Value { key, message: format!("{value} is not a number from 1 to 65536") });
            }
        }
        if self.server.queue > 1_000_000 {
            let message = format!("{} is not a number from 0 to 1000000", self.server.queue);
            return Err(ConfigError::Value { key: "server.queue", message });
        }
        if !self.server.client_header.is_empty() && HeaderName::try_from(self.server.client_header.as_str()).is_err() {
            let message = format!("{:?} is not the name of a header", self.server.client_header);
            return Err(ConfigError::Value { key: "server.client_header", message });
        }
        if !self.gpu.adapters.is_empty() && !self.gpu.adapter.is_empty() {
            let message = format!("{:?}, but gpu.adapter names {:?}: one of them", self.gpu.adapters, self.gpu.adapter);
            return Err(ConfigError::Value { key: "gpu.adapters", message });
        }
        if self.gpu.watchdog.0.is_zero() {
            let message = "0: every picture would lose its device".to_owned();
            return Err(ConfigError::Value { key: "gpu.watchdog", message });
        }
        if self.signing.required && self.signing.keys.keys.is_empty() {
            let message = "true, but [signing.keys] has no key: nothing could be asked for".to_owned();
            return Err(ConfigError::Value { key: "signing.required", message });
        }
        if let (Some(origin), true) = (self.signing.origins.first(), self.signing.keys.keys.is_empty()) {
            let message = format!("{origin}, but [signing.keys] has no key: nothing of it could be asked for");
            return Err(ConfigError::Value { key: "signing.origins", message });
        }
        if let Some((key, message)) = self.hosted.wrong() {
            return Err(ConfigError::Value { key, message });
        }
        if (1..MIN_DISK_BYTES).contains(&self.cache.disk.0) {
            let message = format!("{} is neither 0 nor at least {}", self.cache.disk, ByteSize(MIN_DISK_BYTES));
            return Err(ConfigError::Value { key: "cache.disk", message });
        }
        if let (Some(shared), None, None) = (&self.cache.shared, self.hosted.purges(), &self.cache.folder) {
            let message = format!(
                "{shared} needs a postgres:// in hosted.database, or cache.folder for a server alone: what was purged has \
                 to be remembered"
            );
            return Err(ConfigError::Value { key: "cache.shared", message });
        }
        if self.server.presets_only && self.presets.presets.names().next().is_none() {
            let message = "true, but there are no [presets]: nothing could be asked for".to_owned();
            return Err(ConfigError::Value { key: "server.presets_only", message });
        }
        Ok(())
    }
}

fn read(table: &Table) -> Result<Config, toml::de::Error> {
    Value::Table(table.clone()).try_into()
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    // Read as a configuration first: only then does an error know its line.
    toml::from_str::<Config>(&text).and_then(|_config| toml::from_str(&text)).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
        let message = one_line(error.message());
        let (text, message) = match is_secret(&text, line) {
            true => (hidden(&text, line), without_value(&message)),
            false => (shown(&text, line), message),
        };
        ConfigError::File { path: path.to_owned(), line: line + 1, message, text }
    })
}

/// Whether a line of the file may hold what nobody is to see.
fn is_secret(text: &str, number: usize) -> bool {
    let line = text.lines().nth(number).unwrap_or_default();
    let section = text.lines().take(number + 1).filter(|line| line.trim_start().starts_with('[')).last();
    section.is_some_and(has_secrets) || has_secrets(line)
}

/// Whether a section, a key or a line names something that has secrets in it.
fn has_secrets(text: &str) -> bool {
    ["signing", "hosts", "stores", "token", "secret", "key", "shared_options"].iter().any(|word| text.contains(word))
}

/// A line with a secret, as an error may show it.
fn hidden(text: &str, number: usize) -> String {
    let line = text.lines().nth(number).unwrap_or_default();
    line.split_once('=').map_or_else(|| line.trim().to_owned(), |(key, _secret)| format!("{} = ***", key.trim()))
}

/// A line of the file as an error may show it: without what may be a password in a URL.
fn shown(text: &str, number: usize) -> String {
    let line = text.lines().nth(number).unwrap_or_default();
    match (line.find("://"), line.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://***{}", line[..scheme].trim(), &line[at..]),
        _ => line.trim().to_owned(),
    }
}

/// A message about a value of the wrong type, which would quote it.
fn without_value(message: &str) -> String {
    match (message.starts_with("invalid type: "), message.rfind(", expected ")) {
        (true, Some(at)) => format!("invalid type{}", &message[at..]),
        _ => message.to_owned(),
    }
}

/// `server.listen` from `TINTYPE_SERVER__LISTEN`; `None` for variables that are not ours.
fn key_of(variable: &str) -> Option<String> {
    let (section, key) = variable.strip_prefix(PREFIX)?.split_once("__")?;
    Some(format!("{}.{}", section.to_ascii_lowercase(), key.to_ascii_lowercase()))
}

/// What `text` may mean, the plainest first.
fn candidates(text: &str) -> Vec<Value> {
    let mut candidates = vec![Value::String(text.to_owned())];
    candidates
        .extend(toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value")));
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    candidates.push(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()));
    candidates
}

/// Sets `key` to the first of `candidates` that can be read, or says why the first cannot.
fn set(table: &mut Table, key: &str, candidates: &[Value]) -> Result<(), String> {
    let whole = key;
    let (section, key) = key.split_once('.').ok_or_else(|| format!("{key:?} is not a section and a key"))?;
    let mut first_error = None;
    for candidate in candidates {
        let mut with = table.clone();
        let entry = with.entry(section).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(entry) = entry else { return Err(format!("{section:?} is not a section")) };
        entry.insert(key.to_owned(), candidate.clone());
        match read(&with) {
            Ok(_config) => {
                *table = with;
                return Ok(());
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let error = first_error.unwrap_or_else(|| toml::de::Error::custom("no value"));
    let message = one_line(error.message());
    Err(if has_secrets(whole) { without_value(&message) } else { message })
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Huffman, ShrinkOnLoad, Working};

    fn load(file: &str, env: &[(&str, &str)], overrides: &Overrides) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tintype.toml");
        fs::write(&path, file).unwrap();
        let env = env.iter().map(|&(name, text)| (name.to_owned(), text.to_owned()));
        Config::load(Some(&path), env, overrides)
    }

    #[test]
    fn each_layer_lies_over_the_one_before() {
        let file = "[server]\nlisten = \"0.0.0.0:1\"\nqueue = 1\njobs = 3\n[gpu]\nworking = \"srgb\"\nshrink_on_load = \"never\"";
        let env = [
            ("TINTYPE_SERVER__LISTEN", "0.0.0.0:2"),
            ("TINTYPE_SERVER__QUEUE", "2"),
            ("PATH", "/bin"),
            ("TINTYPE_X", "y"),
        ];
        let flags = Overrides::new().set("--listen", "server.listen", "0.0.0.0:3");
        let config = load(file, &env, &flags).unwrap();
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!(config.server.queue, 2);
        assert_eq!(config.server.jobs, 3);
        assert_eq!(config.gpu.working, Working::Srgb);
        assert_eq!(config.gpu.shrink_on_load, ShrinkOnLoad::Never);
        assert_eq!(config.origins, Config::default().origins);
    }

    #[test]
    fn values_of_every_kind_come_from_the_environment() {
        let env = [
            ("TINTYPE_SERVER__PLAYGROUND", "false"),
            ("TINTYPE_SERVER__TIMEOUT", "5m"),
            ("TINTYPE_ORIGINS__ALLOW", "a.com, *.b.com:8443"),
            ("TINTYPE_ORIGINS__BASE", "[\"http://c.com\"]"),
            ("TINTYPE_ORIGINS__ROOT", "/srv/1"),
            ("TINTYPE_LIMITS__SOURCE_BYTES", "10MiB"),
            ("TINTYPE_LIMITS__RESULT_SIDE", "4000"),
            ("TINTYPE_GPU__ADAPTER", "4090"),
            ("TINTYPE_GPU__HUFFMAN", "gpu"),
        ];
        let config = load("", &env, &Overrides::new()).unwrap();
        assert!(!config.server.playground);
        assert_eq!(config.server.timeout.0.as_secs(), 300);
        assert_eq!(config.origins.allow.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.com", "*.b.com:8443"]);
        assert_eq!(config.origins.base.len(), 1);
        assert_eq!(config.origins.root.as_deref(), Some(Path::new("/srv/1")));
        assert_eq!(config.limits.source_bytes.0, 10 << 20);
        assert_eq!(config.limits.result_side, 4000);
        assert_eq!(config.gpu.adapter, "4090");
        assert_eq!(config.gpu.huffman, Huffman::Gpu);
    }

    #[test]
    fn errors_name_the_place_and_the_key() {
        let files = [
            ("[server]\nqueue = 1\nlisen = \"x\"", 3, "lisen"),
            ("[server]\nlisten = \"nowhere\"", 2, "socket address"),
            ("[server]\n\njobs = \"many\"", 3, "many"),
            ("[sever]\n", 1, "sever"),
            ("[cache]\nmin_age = \"1 week\"", 2, "1 week"),
            ("[origins]\nallow = [\"https://a.com\"]", 2, "https://a.com"),
            ("[gpu]\nworking = \"gamma\"", 2, "gamma"),
            ("[gpu]\nshrink_on_load = \"thrice\"", 2, "thrice"),
            ("[gpu]\nhuffman = \"tpu\"", 2, "tpu"),
            ("[server\n", 1, ""),
        ];
        for (file, expected_line, expected) in files {
            match load(file, &[], &Overrides::new()).unwrap_err() {
                ConfigError::File { line, message, .. } => {
                    assert_eq!(line, expected_line, "{file}: {message}");
                    assert!(message.contains(expected), "{file}: {message}");
                }
                other => panic!("{file}: {other}"),
            }
        }
        let variables = [
            ("TINTYPE_SERVER__LISEN", "x", "unknown field `lisen`"),
            ("TINTYPE_SEVER__LISTEN", "x", "unknown field `sever`"),
            ("TINTYPE_SERVER__JOBS", "many", "many"),
            ("TINTYPE_LIMITS__RESULT_SIDE", "-1", "-1"),
            ("TINTYPE_SERVER__JOBS", "0", "server.jobs: 0 is not"),
        ];
        for (name, text, expected) in variables {
            let error = load("", &[(name, text)], &Overrides::new()).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
            assert!(error.contains(name) || error.starts_with("server.jobs"), "{error}");
        }
        let flags = Overrides::new().set("--listen", "server.listen", "here");
        let error = load("", &[], &flags).unwrap_err().to_string();
        assert!(error.starts_with("--listen: "), "{error}");
        let missing = Config::load(Some(Path::new("/nowhere/tintype.toml")), [].into_iter(), &Overrides::new());
        assert!(missing.unwrap_err().to_string().contains("/nowhere/tintype.toml"));
    }

    #[test]
    fn presets_and_keys_are_legal_or_refused_and_secrets_never_shown() {
        let good = "[presets]\nthumb = \"width=100\"\n[signing]\nrequired = true\n[signing.keys]\nweb = \"hunter2hunter2hunter2\"";
        let config = load(good, &[], &Overrides::new()).unwrap();
        assert_eq!(config.presets.presets.names().collect::<Vec<_>>(), ["thumb"]);
        let printed = config.to_toml();
        assert!(printed.contains("web = \"***\"") && printed.contains("thumb = \"width=100\""), "{printed}");
        assert!(!format!("{config:?}{printed}").contains("hunter2"));
        let bad = [
            ("[presets]\nthumb = \"width=100,sepia=1\"", "sepia"),
            ("[presets]\nThumb = \"width=100\"", "Thumb"),
            ("[signing]\nrequired = true", "signing.required"),
            ("[server]\npresets_only = true", "server.presets_only"),
            ("[server]\nclient_header = \"a b\"", "server.client_header"),
            ("[gpu]\nadapter = \"a\"\nadapters = [\"b\", \"b\"]", "gpu.adapters"),
            ("[gpu]\nwatchdog = \"0s\"", "gpu.watchdog"),
            ("[cache]\ndisk = \"1MB\"", "cache.disk"),
            ("[cache]\nshared = \"s3://me:hunter2@bucket/prefix\"", "cache.shared"),
            ("[cache.shared_options]\naws_secret_access_key = [\"hunter2\"]", "aws_secret_access_key = ***"),
            ("[signing.keys]\nweb = \"hunter2\"", "7 bytes"),
            ("[signing.keys]\nweb = [\"hunter2\"]", "web = ***"),
            ("[signing]\nkeys = { web = \"hunter2\" }", "7 bytes"),
        ];
        for (file, expected) in bad {
            let error = load(file, &[], &Overrides::new()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{file}: {error}");
        }
        let env = [("TINTYPE_PRESETS__THUMB", "w=5"), ("TINTYPE_SIGNING__KEYS", "{ a = \"0123456789abcdef\" }")];
        let config = load("", &env, &Overrides::new()).unwrap();
        assert!(config.presets.presets.get("thumb").is_some() && !config.signing.keys.keys.is_empty());
    }

    #[test]
    fn what_is_printed_reads_back_and_hides_passwords() {
        let flags = Overrides::new()
            .set_list("--origin", "origins.base", ["https://me:hunter2@a.com/x".to_owned()])
            .set_list("--allow-origin", "origins.allow", ["b.com:81".to_owned()]);
        let config = load("[origins]\nroot = \"/srv\"", &[], &flags).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains("hunter2") && printed.contains("https://me:***@a.com/x"), "{printed}");
        let mut again: Config = toml::from_str(&printed).unwrap();
        again.origins.base.clone_from(&config.origins.base);
        assert_eq!(again, config);
        let error = load("[origins]\nbase = [\"ftp://me:hunter2@a.com\"]", &[], &Overrides::new()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
