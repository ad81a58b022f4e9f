//! `tintype hosted import`: the pictures of a folder or bucket become stored images, whose ids are their paths.
//!
//! Nothing is noted about how far it has come: what is stored is skipped, so that it can be ended in any way and started again.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use tintype_batch::{Include, Place, Read};
use tintype_hosted::{AccountId, Hosted, HostedError, IfTaken, ImageId, NewImage};

use super::{
    manifest,
    many::{self, Outcome},
};
use crate::{args::ImportArgs, batch::INTERRUPTED, failure};

/// The longest list that is read.
const MANIFEST_BYTES: u64 = 1 << 30;

struct Import {
    hosted: Hosted,
    account: AccountId,
    source: Place,
    if_taken: IfTaken,
}

pub(super) async fn run(
    hosted: &Hosted,
    account: &AccountId,
    args: &ImportArgs,
    verbose: bool,
) -> anyhow::Result<ExitCode> {
    let (source, include) = (Place::source(&args.source)?, Include::any_of(&args.include)?);
    let listed = source.read_any(manifest::NAME, MANIFEST_BYTES).await.context("the source cannot be read")?;
    let mut known = listed.as_deref().map(manifest::read).transpose()?.unwrap_or_default();
    let mut items = Vec::new();
    for key in source.keys().await? {
        let listed = known.remove(&key);
        if key == manifest::NAME || !include.takes(&key) {
            continue;
        }
        let new = match listed {
            Some(new) => Ok(NewImage { creator: args.creator.clone().or(new.creator), ..new }),
            None => new_image(&key, args).map_err(|error| error.to_string()),
        };
        items.push((key, new));
    }
    let mut missing: Vec<String> = known.into_keys().filter(|key| include.takes(key)).collect();
    missing.sort_unstable();
    let why = format!("it is listed in {}, and not there", manifest::NAME);
    items.extend(missing.into_iter().map(|key| (key, Err(why.clone()))));
    if items.is_empty() {
        eprintln!("tintype: warning: nothing was found in {source}");
    }
    let if_taken = if args.overwrite { IfTaken::Replace } else { IfTaken::Refuse };
    let import = Arc::new(Import { hosted: hosted.clone(), account: account.clone(), source, if_taken });
    let tally = many::all(items, args.jobs, verbose, move |key, new: Result<NewImage, String>| {
        let import = Arc::clone(&import);
        async move {
            match new {
                Ok(new) => import.one(&key, new).await.unwrap_or_else(|error| Outcome::Failed(failure::line(&error))),
                Err(why) => Outcome::Failed(why),
            }
        }
    });
    match tally.await {
        Some(tally) => tally.tell(args.json),
        None => Ok(ExitCode::from(INTERRUPTED)),
    }
}

/// What a picture becomes of which only the path is known.
fn new_image(key: &str, args: &ImportArgs) -> Result<NewImage, HostedError> {
    Ok(NewImage {
        id: Some(ImageId::custom(&format!("{}{key}", args.prefix))?),
        filename: key.rsplit('/').next().map(str::to_owned),
        creator: args.creator.clone(),
        ..NewImage::default()
    })
}

impl Import {
    async fn one(&self, key: &str, new: NewImage) -> anyhow::Result<Outcome> {
        let id = new.id.as_ref().map(ToString::to_string).unwrap_or_default();
        let there = match self.hosted.image(&self.account, &id).await {
            Ok(image) => image.content,
            Err(HostedError::NoImage { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if there.is_some() && self.if_taken == IfTaken::Refuse {
            return Ok(Outcome::Skipped("it is stored already"));
        }
        let limit_bytes = self.hosted.limits().bytes;
        let bytes = match self.source.read(key, limit_bytes).await.context("it cannot be read")? {
            Read::Picture(bytes) => bytes,
            Read::TooLarge => return Err(HostedError::TooLarge { limit_bytes }.into()),
            Read::Unread(why) => return Ok(Outcome::Failed(why)),
            Read::Other => return Ok(Outcome::Skipped("it is no picture")),
            Read::Gone => return Ok(Outcome::Skipped("it is gone")),
        };
        if there.is_some_and(|content| content.holds(&bytes)) {
            return Ok(Outcome::Skipped("it is stored already, with the same bytes"));
        }
        let n_bytes = bytes.len() as u64;
        let received = self.hosted.receive_whole(bytes).await?;
        match self.hosted.publish_as(&self.account, received, new, self.if_taken).await {
            Ok(_image) => Ok(Outcome::Done(n_bytes)),
            // Another import was faster.
            Err(HostedError::ImageExists { .. }) => Ok(Outcome::Skipped("it is stored already")),
            Err(error) => Err(error.into()),
        }
    }
}
