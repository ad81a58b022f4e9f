//! Stored images as the server has them: opened once, kept clean, and sources of pictures.
//!
//! What is stored and for whom is `tintype_hosted`'s to know. How it is asked for is in `routes/hosted`, how it is delivered
//! in `routes/hosted/delivery.rs`: the picture is then made like any other, of a [`Stored`] instead of an origin's.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tintype_hosted::{Account, Content, FirstAccount, Hosted, HostedError};

use crate::config::{Config, HostedConfig, text_variables};
use crate::origin::{Fetch, Fetched, Held, OriginError, Place, Received, Validator};

/// Requests that one token of the batch API may send in a second.
const BATCH_PER_SECOND: u32 = 200;

/// For how long it is not asked again who an account is: what is changed about it shows this much later.
const ACCOUNT_AGE: Duration = Duration::from_secs(1);

/// How often it is written down what was delivered.
const DELIVERIES: Duration = Duration::from_secs(5);

/// Opens the stored images that `config` names, and finds the account that they are for, or makes it; none where it names nothing.
pub async fn open(config: &Config) -> Result<Option<(Hosted, FirstAccount)>, HostedError> {
    let variables = text_variables(std::env::vars_os());
    let Some(settings) = config.hosted.settings(&config.limits, variables) else { return Ok(None) };
    if let Some(data) = &config.hosted.data {
        std::fs::create_dir_all(data).map_err(HostedError::Folder)?;
    }
    let hosted = Hosted::open(&settings).await?;
    let id = config.hosted.account.as_ref().map(|account| &account.0);
    let token = Some(config.hosted.token.reveal()).filter(|token| !token.is_empty());
    let first = hosted.first_account(id, token).await?;
    Ok(Some((hosted, first)))
}

/// Stored images; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hosted: Hosted,
    config: HostedConfig,
    accounts: Mutex<HashMap<String, (Instant, Account)>>,
    batches: Mutex<Batches>,
}

/// Requests of this second, by token.
#[derive(Debug, Default)]
struct Batches {
    second: i64,
    counts: HashMap<String, u32>,
}

impl Batches {
    fn is_too_often(&mut self, token: &str, second: i64) -> bool {
        if self.second != second {
            *self = Self { second, counts: HashMap::new() };
        }
        let count = self.counts.entry(token.to_owned()).or_default();
        *count += 1;
        *count > BATCH_PER_SECOND
    }
}

/// An image whose bytes are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    images: Images,
    content: Content,
}

impl Images {
    /// Opens what `config` names; none where it names nothing. What is made at the first start is printed.
    pub(crate) async fn open(config: &Config) -> Result<Option<Self>, HostedError> {
        let Some((hosted, first)) = open(config).await? else { return Ok(None) };
        if let Some(token) = first.token {
            // Not into the log, which others may read. Without an output, nobody wants to know.
            let text = format!("account  {}\ntoken    {token}   (shown only now)\n", first.id);
            drop(std::io::stdout().write_all(text.as_bytes()));
        }
        tracing::info!(account = %first.id, "stored images are open");
        Ok(Some(Self::new(hosted, config.hosted.clone())))
    }

    fn new(hosted: Hosted, config: HostedConfig) -> Self {
        let inner = Inner { hosted, config, accounts: Mutex::default(), batches: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The store.
    pub(crate) fn hosted(&self) -> &Hosted {
        &self.inner.hosted
    }

    /// How it is configured.
    pub(crate) fn config(&self) -> &HostedConfig {
        &self.inner.config
    }

    /// Removes what nobody owns, again and again.
    pub(crate) async fn keep_clean(self) {
        let config = self.config();
        let mut next = tokio::time::interval(config.sweep.0.max(Duration::from_secs(1)));
        loop {
            next.tick().await;
            match self.hosted().sweep(config.sweep_age.0).await {
                Ok(swept) if swept == Default::default() => {}
                Ok(swept) => tracing::info!(swept.drafts, swept.files, swept.strays, "stored images swept"),
                Err(error) => tracing::warn!(%error, "stored images could not be swept"),
            }
        }
    }

    /// Writes down what was delivered, again and again until `stop`. What is delivered after that is [`Images::write_deliveries`]'s.
    pub(crate) async fn keep_count(self, stop: impl Future<Output = ()>) {
        let mut next = tokio::time::interval(DELIVERIES);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                _ = next.tick() => self.write_deliveries().await,
                () = &mut stop => return,
            }
        }
    }

    /// Writes down what was delivered.
    pub(crate) async fn write_deliveries(&self) {
        if let Err(error) = self.hosted().write_deliveries().await {
            tracing::warn!(%error, "what was delivered is not written down yet");
        }
    }

    /// The account that delivery URLs call `hash`, as it was a second ago at most.
    pub(crate) async fn account_of_hash(&self, hash: &str) -> Result<Account, HostedError> {
        if let Some((asked, account)) = self.inner.accounts.lock().get(hash)
            && asked.elapsed() < ACCOUNT_AGE
        {
            return Ok(account.clone());
        }
        let account = self.hosted().account_of_hash(hash).await?;
        self.inner.accounts.lock().insert(hash.to_owned(), (Instant::now(), account.clone()));
        Ok(account)
    }

    /// Counts a request of the batch API; whether it is one too many.
    pub(crate) fn is_too_often(&self, token: &str) -> bool {
        self.inner.batches.lock().is_too_often(token, self.hosted().now().unix_s())
    }

    /// The bytes of an image, as a source.
    pub(crate) fn source(&self, content: Content) -> Stored {
        Stored { images: self.clone(), content }
    }
}

/// What results are kept under that were made of `content`.
pub(crate) fn identity(content: &Content) -> String {
    format!("hosted:{}", content.blob)
}

impl Stored {
    /// See [`identity`].
    pub(crate) fn identity(&self) -> String {
        identity(&self.content)
    }

    /// Reads it, unless it is still the one that is known. It always is: its bytes never change.
    pub(crate) async fn fetch(&self, known: Option<&Validator>, mut held: Held) -> Result<Fetch, OriginError> {
        let validator = Validator { weak: false, tag: self.content.digest.chars().take(32).collect() };
        // Whether it may be delivered is looked up for every request, so what is made of it may be kept for good.
        let cache_control = Some("public, max-age=31536000".to_owned());
        if known == Some(&validator) {
            return Ok(Fetch::Unchanged {
                cache_control,
                expires: None,
                place: Place::There,
                received: Received::now(),
            });
        }
        held.grow(self.content.n_bytes)?;
        let bytes = self.images.hosted().read_whole(&self.content).await.map_err(|error| {
            tracing::error!(%error, blob = self.content.blob, "a stored image cannot be read");
            OriginError::Failed
        })?;
        Ok(Fetch::Fetched(Fetched {
            bytes,
            validator: Some(validator),
            cache_control,
            expires: None,
            place: Place::There,
            held: Arc::new(held),
            received: Received::now(),
        }))
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

impl Eq for Stored {}

#[cfg(test)]
mod tests {
    use tintype_hosted::Day;

    use super::*;

    #[tokio::test]
    async fn what_is_delivered_is_written_down_for_others_to_see() {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.hosted.data = Some(data.path().to_owned());
        let (hosted, first) = open(&config).await.unwrap().unwrap();
        let images = Images::new(hosted.clone(), config.hosted.clone());
        hosted.count_delivery(&first.id, Some("public"), 7);
        images.clone().keep_count(tokio::time::sleep(Duration::from_millis(200))).await;
        // As another process.
        let (other, _) = open(&config).await.unwrap().unwrap();
        let today = Day::of(hosted.now());
        let seen = async || other.deliveries(&first.id, today.before(1), today).await.unwrap();
        assert_eq!(seen().await.iter().map(|row| row.images).sum::<u64>(), 1);
        // What came after the end.
        hosted.count_delivery(&first.id, Some("public"), 7);
        images.write_deliveries().await;
        assert_eq!(seen().await.iter().map(|row| row.images).sum::<u64>(), 2);
    }

    #[test]
    fn each_token_has_its_second() {
        let mut batches = Batches::default();
        let n_good =
            |batches: &mut Batches, token, second| (0..300).filter(|_| !batches.is_too_often(token, second)).count();
        assert_eq!(n_good(&mut batches, "a", 1), 200);
        assert_eq!(n_good(&mut batches, "b", 1), 200);
        assert_eq!((n_good(&mut batches, "a", 1), n_good(&mut batches, "a", 2)), (0, 200));
    }
}
