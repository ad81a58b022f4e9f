//! One picture: read, transform, write; again where it may help.

use std::{any::Any, time::Duration};

use tintype::{Accepts, Fault, Rendered, Request, Tintype, TransformError, TransformOptions};
use tokio::{task, time};

use crate::{
    BatchError, Existing, Place,
    ledger::{Claim, Item, Ledger, Made, Outcome},
    names,
    place::Read,
};

/// How often a picture is tried, and how long after the first failure; each further pause is four times as long.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What holds for every picture of a run.
#[derive(Debug)]
pub(crate) struct Maker {
    pub(crate) tintype: Tintype,
    pub(crate) options: TransformOptions,
    pub(crate) source: Place,
    pub(crate) destination: Place,
    pub(crate) existing: Existing,
}

/// Why an attempt ended without an outcome.
enum Trouble {
    /// It may go better next time.
    Passing(String),
    /// It is so for this picture.
    Lasting(String),
    /// Nothing can go on.
    Fatal(BatchError),
}

impl From<object_store::Error> for Trouble {
    fn from(error: object_store::Error) -> Self {
        match error {
            // Whatever a store or a disk says that has no name.
            object_store::Error::Generic { .. } | object_store::Error::JoinError { .. } => {
                Self::Passing(with_causes(&error))
            }
            _ => Self::Lasting(with_causes(&error)),
        }
    }
}

impl From<BatchError> for Trouble {
    fn from(error: BatchError) -> Self {
        Self::Fatal(error)
    }
}

impl Maker {
    /// Makes the result of `item`. An error means that no other picture can be made either.
    pub(crate) async fn make(&self, ledger: &impl Ledger, item: &Item) -> Result<Outcome, BatchError> {
        let mut pause = PAUSE;
        for n_try in 1.. {
            match self.attempt(ledger, item).await {
                Ok(outcome) => return Ok(outcome),
                Err(Trouble::Fatal(error)) => return Err(error),
                Err(Trouble::Passing(_)) if n_try < TRIES => time::sleep(pause).await,
                Err(Trouble::Passing(why) | Trouble::Lasting(why)) => return Ok(Outcome::Failed(why)),
            }
            pause *= 4;
        }
        unreachable!("the last try returns")
    }

    async fn attempt(&self, ledger: &impl Ledger, item: &Item) -> Result<Outcome, Trouble> {
        // What an earlier attempt has taken it may have written: then it is a result of this run, and made again.
        let looks = self.existing == Existing::Keep && item.output.is_none();
        let candidates = if looks { names::candidates(&item.key, self.options.format) } else { Vec::new() };
        for output in &candidates {
            if self.destination.holds(output).await? {
                return self.there(ledger, item, output).await;
            }
        }
        let limit = self.tintype.policy().limits.bytes;
        let bytes = match self.source.read(&item.key, limit).await? {
            Read::Picture(bytes) => bytes,
            Read::TooLarge => return Err(Trouble::Lasting(format!("it has more than {limit} bytes, the limit"))),
            Read::Unread(why) => return Ok(Outcome::Skipped(why)),
            Read::Other => return Ok(Outcome::Skipped("it is no picture".to_owned())),
            Read::Gone => return Ok(Outcome::Skipped("it is not there any more".to_owned())),
        };
        let bytes_in = bytes.len() as u64;
        let Rendered { bytes, content_type, warnings, .. } = self.transform(bytes).await?;
        let output = names::key_for(&item.key, content_type);
        if looks && !candidates.contains(&output) && self.destination.holds(&output).await? {
            return self.there(ledger, item, &output).await;
        }
        match ledger.claim(item, &output).await? {
            Claim::Ours => {}
            Claim::Taken => return Err(taken(&output)),
            Claim::Lost => return Ok(Outcome::Lost),
        }
        let bytes_out = bytes.len() as u64;
        self.destination.write(&output, bytes, content_type).await?;
        Ok(Outcome::Done(Made { output, bytes_in, bytes_out, warnings }))
    }

    /// A result is there already: of an earlier run, unless another picture of this one has written it.
    async fn there(&self, ledger: &impl Ledger, item: &Item, output: &str) -> Result<Outcome, Trouble> {
        match ledger.claim(item, output).await? {
            Claim::Ours => Ok(Outcome::Skipped(format!("{output} is there already"))),
            Claim::Taken => Err(taken(output)),
            Claim::Lost => Ok(Outcome::Lost),
        }
    }

    async fn transform(&self, bytes: Vec<u8>) -> Result<Rendered, Trouble> {
        let (tintype, mut options) = (self.tintype.clone(), self.options.clone());
        let made = task::spawn_blocking(move || {
            if options.format.is_none() {
                options.format = names::option_for(tintype.probe(&bytes)?.format);
            }
            tintype.transform(&bytes, &Request { options, accepts: Accepts::ALL })
        });
        match made.await {
            Ok(Ok(rendered)) => Ok(rendered),
            Ok(Err(error)) if self.tintype.is_lost() => Err(Trouble::Fatal(BatchError::Lost(error))),
            Ok(Err(error)) => Err(trouble(&error)),
            // One picture of a million must not end the run.
            Err(error) => Err(Trouble::Lasting(match error.try_into_panic() {
                Ok(panic) => format!("a mistake of ours: {}", message(&*panic)),
                Err(error) => error.to_string(),
            })),
        }
    }
}

fn trouble(error: &TransformError) -> Trouble {
    let why = with_causes(error);
    match error.fault() {
        Fault::Busy | Fault::Internal | Fault::Unreachable => Trouble::Passing(why),
        Fault::Request | Fault::Source | Fault::Unsupported | Fault::TooLarge => Trouble::Lasting(why),
    }
}

fn taken(output: &str) -> Trouble {
    Trouble::Lasting(format!("{output} is the result of another picture of this run; rename one of them"))
}

/// An error with its causes in one line, none of them twice.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}
