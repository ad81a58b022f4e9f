//! Forgetting results: which of them a request to purge means.
//!
//! What is named is a source, and everything that was made of it goes, as itself or as a layer on something else. Results
//! cannot be named: there may be any number of them for one source.
//!
//! Here is what a request may say; [`PurgeLog`] keeps what was said, so that whatever was read before is known to be old,
//! wherever it is kept.

mod database;
mod folder;
mod log;

use serde::{Deserialize, Serialize};
use tintype_options::url::Source;
use url::Url;

pub(crate) use database::Database;
pub(crate) use folder::Folder;
pub(crate) use log::{Moment, Page, PurgeLog, RecordError};

/// Most sources, prefixes or hosts of one request.
const MOST: usize = 1000;

/// What is to be forgotten, in the words of Cloudflare's API: one of the four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    purge_everything: Option<bool>,
    files: Option<Vec<File>>,
    prefixes: Option<Vec<String>>,
    hosts: Option<Vec<String>>,
}

/// A source, alone or with headers that decide nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum File {
    Url(String),
    WithHeaders { url: String },
}

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purge {
    /// All results.
    Everything,
    /// Those of sources with one of these identities.
    Sources(Vec<String>),
    /// Those of sources whose URL begins with one of these, schemes left out.
    Prefixes(Vec<String>),
}

/// Why a request to purge says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PurgeError {
    #[error("not a JSON object with one of purge_everything, files, prefixes and hosts: {0}")]
    Malformed(String),
    #[error("give one of purge_everything, files, prefixes and hosts, and only one")]
    NotOne,
    #[error("{count} are more than {MOST}, the most of one request")]
    TooMany { count: usize },
    #[error("{given:?} is not the URL or the path of a source")]
    Source { given: String },
    #[error("{given:?} is not a host, or not a host and the beginning of a path, such as img.example/cats/")]
    Prefix { given: String },
}

impl Purge {
    /// Reads the body of a request.
    pub(crate) fn read(body: &[u8]) -> Result<Self, PurgeError> {
        let asked: Asked = serde_json::from_slice(body).map_err(|error| PurgeError::Malformed(error.to_string()))?;
        match asked {
            Asked { purge_everything: Some(true), files: None, prefixes: None, hosts: None } => Ok(Self::Everything),
            Asked { purge_everything: None, files: Some(files), prefixes: None, hosts: None } => {
                let urls = files.into_iter().map(|(File::Url(url) | File::WithHeaders { url })| url);
                Self::sources(&urls.collect::<Vec<_>>())
            }
            Asked { purge_everything: None, files: None, prefixes: Some(prefixes), hosts: None } => {
                few(&prefixes)?;
                prefixes.iter().map(|prefix| host_and_path(prefix)).collect::<Result<_, _>>().map(Self::Prefixes)
            }
            Asked { purge_everything: None, files: None, prefixes: None, hosts: Some(hosts) } => {
                few(&hosts)?;
                let whole = |host: &String| match host.contains('/') {
                    true => Err(PurgeError::Prefix { given: host.clone() }),
                    false => host_and_path(&format!("{host}/")),
                };
                hosts.iter().map(whole).collect::<Result<_, _>>().map(Self::Prefixes)
            }
            _ => Err(PurgeError::NotOne),
        }
    }

    /// What was made of `urls`: absolute sources, or paths of relative ones. A URL means the relative source of its path too,
    /// since a zone's own pictures are named both ways.
    fn sources(urls: &[String]) -> Result<Self, PurgeError> {
        few(urls)?;
        let mut identities = Vec::with_capacity(urls.len());
        for given in urls {
            let wrong = || PurgeError::Source { given: given.clone() };
            match Source::read(given).ok_or_else(wrong)? {
                Source::Path(path) => identities.push(format!("/{path}")),
                Source::Url(url) => {
                    let url = Url::parse(&url).map_err(|_parse| wrong())?;
                    identities.push(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
                    identities.push(url.into());
                }
            }
        }
        Ok(Self::Sources(identities))
    }

    /// About what it takes to keep this.
    pub(crate) fn bytes(&self) -> usize {
        let named = match self {
            Self::Everything => return size_of::<Self>(),
            Self::Sources(named) | Self::Prefixes(named) => named,
        };
        size_of::<Self>() + named.iter().map(|name| size_of::<String>() + name.len()).sum::<usize>()
    }

    /// Whether what was made of a source with this identity is meant.
    pub(crate) fn means(&self, identity: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Sources(identities) => identities.iter().any(|named| named == identity),
            Self::Prefixes(prefixes) => identity
                .split_once("://")
                .is_some_and(|(_scheme, rest)| prefixes.iter().any(|prefix| rest.starts_with(prefix))),
        }
    }
}

fn few(named: &[String]) -> Result<(), PurgeError> {
    match named.len() {
        0 => Err(PurgeError::NotOne),
        1..=MOST => Ok(()),
        count => Err(PurgeError::TooMany { count }),
    }
}

/// A prefix as a URL writes it.
fn host_and_path(prefix: &str) -> Result<String, PurgeError> {
    let wrong = || PurgeError::Prefix { given: prefix.to_owned() };
    if prefix.contains("://") {
        return Err(wrong());
    }
    let url = Url::parse(&format!("http://{prefix}")).map_err(|_parse| wrong())?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    Ok(url[url::Position::BeforeHost..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_meant() {
        let table: [(&str, &[&str], &[&str]); 8] = [
            (r#"{"purge_everything":true}"#, &["/a.jpg", "http://h.test/", "sample:x"], &[]),
            (
                r#"{"files":["https://h.test/cats/a.jpg?v=1"]}"#,
                &["https://h.test/cats/a.jpg?v=1", "/cats/a.jpg?v=1"],
                &["https://h.test/cats/a.jpg", "http://h.test/cats/a.jpg?v=1", "/cats/a.jpg", "/a.jpg"],
            ),
            (r#"{"files":[{"url":"http://H.TEST/a","headers":{}}]}"#, &["http://h.test/a"], &["http://h.test/A"]),
            (r#"{"files":["/cats/a.jpg","b.jpg"]}"#, &["/cats/a.jpg", "/b.jpg"], &["/cats/b.jpg", "http://b.jpg/"]),
            (
                r#"{"prefixes":["h.test/cats"]}"#,
                &["http://h.test/cats/a", "https://h.test/catsuit"],
                &["http://h.test/dogs", "http://x.test/h.test/cats", "/cats/a"],
            ),
            (r#"{"hosts":["h.test"]}"#, &["http://h.test/a", "https://h.test/"], &["http://h.test.evil.test/", "/a"]),
            (r#"{"hosts":["h.test:8080"]}"#, &["http://h.test:8080/a"], &["http://h.test/a", "http://h.test:80801/"]),
            (r#"{"hosts":["bücher.test"]}"#, &["http://xn--bcher-kva.test/a"], &["http://bucher.test/a"]),
        ];
        for (body, meant, others) in table {
            let purge = Purge::read(body.as_bytes()).unwrap();
            assert!(meant.iter().all(|identity| purge.means(identity)), "{body}: {meant:?} of {purge:?}");
            assert!(!others.iter().any(|identity| purge.means(identity)), "{body}: {others:?} of {purge:?}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let many = format!(r#"{{"files":[{}"/a"]}}"#, r#""/a","#.repeat(MOST));
        for body in [
            "",
            "[]",
            "{}",
            r#"{"purge_everything":false}"#,
            r#"{"purge_everything":true,"files":["/a"]}"#,
            r#"{"files":[]}"#,
            r#"{"files":[""]}"#,
            r#"{"files":["http://"]}"#,
            r#"{"tags":["a"]}"#,
            r#"{"hosts":["a/b"]}"#,
            r#"{"hosts":[""]}"#,
            r#"{"prefixes":["https://a.test/b"]}"#,
            r#"{"prefixes":["me:secret@a.test/b"]}"#,
            &many,
        ] {
            let purge = Purge::read(body.as_bytes());
            assert!(purge.is_err(), "{}: {purge:?}", &body[..body.len().min(60)]);
        }
    }
}
