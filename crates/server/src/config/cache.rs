//! `[cache]`: what is kept, where, and for how long.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ByteSize, Interval, Secret, ServiceUrl};

/// `[cache]`: results and sources that are kept, and what answers say about keeping them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Bytes of results kept in memory, to be answered again; one of them may take a quarter. 0 keeps none. Results of files are
    /// kept until the file changes, others for as long as their origin says, and `min_age` at least. Default 256 MB.
    pub memory: ByteSize,
    /// Bytes of sources kept in memory, so that many results of one are made of one fetch; one of them may take a quarter. Those
    /// that came over HTTP, and no longer than their origin says, `min_age` at least. 0 keeps none. Default 64 MB.
    pub source_memory: ByteSize,
    /// Folder of what is kept on disk, results and sources. It is made where it is not there, and one process's alone. What the
    /// server is told to forget is written down there too, unless `hosted.database` has it. Default none: nothing is kept on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Bytes that `folder` may take; what nobody asks for goes first. One result or source may take 64 MB. 0, or at least 8 MiB.
    /// Default 10 GB.
    pub disk: ByteSize,
    /// Where servers keep results and sources for each other: `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, or a folder that all of
    /// them see, `file:///…`. It is asked for what is neither in memory nor on disk. Needs `hosted.database`, or, for a server
    /// alone, `folder`, so that what was purged stays so. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<ServiceUrl>,
    /// How long a request waits for `shared`. Default 1 s.
    pub shared_timeout: Interval,
    /// Shortest `max-age` of a result whose source came over HTTP, unless the origin forbids keeping it (`private`,
    /// `no-store`) or asks for revalidation (`must-revalidate`, `no-cache`). Default 1 hour.
    pub min_age: Interval,
    /// `max-age` of a result whose source is a file, or came without any caching headers. Default 4 hours.
    pub default_age: Interval,
    /// How long after that a result is still answered while its origin is asked in the background, where the origin does not say
    /// (`stale-while-revalidate`). Default 0 s.
    pub stale_while_revalidate: Interval,
    /// The same while its origin does not answer (`stale-if-error`). Default 0 s.
    pub stale_if_error: Interval,
    /// The bearer token of those who may have results forgotten, by `POST /client/v4/zones/ZONE/purge_cache` or `tintype
    /// purge`. Default none: nobody may.
    pub purge_token: Secret,
    /// How to reach `shared`, by the names of the environment variables that say it otherwise, such as `aws_access_key_id`,
    /// `aws_secret_access_key`, `aws_region` or `aws_endpoint`. Default none.
    pub shared_options: BTreeMap<String, Secret>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            memory: ByteSize(256_000_000),
            source_memory: ByteSize(64_000_000),
            folder: None,
            disk: ByteSize(10_000_000_000),
            shared: None,
            shared_timeout: Interval(Duration::from_secs(1)),
            min_age: Interval(Duration::from_secs(3600)),
            default_age: Interval(Duration::from_secs(4 * 3600)),
            stale_while_revalidate: Interval(Duration::ZERO),
            stale_if_error: Interval(Duration::ZERO),
            purge_token: Secret::default(),
            shared_options: BTreeMap::new(),
        }
    }
}
