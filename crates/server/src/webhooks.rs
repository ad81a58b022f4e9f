//! Sending what direct uploads have to tell, to `hosted.webhook_url`: signed, again and again until it is taken.
//!
//! The queue is in the database (`tintype_hosted::webhooks`), so a restart loses nothing, and several servers share the work.

use std::time::Duration;

use http::header;
use reqwest::Client;
use reqwest::redirect::Policy;
use tintype_hosted::HostedError;
use tintype_hosted::webhooks::{Message, signature};

use crate::config::HostedConfig;
use crate::hosted::Images;
use crate::origin::install_tls;

/// How often it is looked for messages.
const LOOK: Duration = Duration::from_secs(1);

/// How long whoever is asked may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// For how long nobody else sends a message that is being sent.
const LEASE: Duration = Duration::from_secs(60);

/// Messages that are taken out at a time.
const TOGETHER: u32 = 16;

/// The longest wait between two attempts.
const MOST_WAIT: Duration = Duration::from_secs(3600);

/// How old a message may become.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Sends messages for as long as it runs; ends at once where there is nobody to send them to. May be stopped anywhere.
pub(crate) async fn send(images: Images) {
    let config = images.config();
    let Some(url) = config.webhook_url.as_ref().map(|url| url.0.clone()) else { return };
    install_tls();
    let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
    let client = client.user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION"))).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "webhooks cannot be sent"),
    };
    let mut next = tokio::time::interval(LOOK);
    loop {
        next.tick().await;
        if let Err(error) = all(&images, config, &client, &url).await {
            tracing::warn!(%error, "webhooks wait, for the database fails");
        }
    }
}

/// All that are due.
async fn all(images: &Images, config: &HostedConfig, client: &Client, url: &url::Url) -> Result<(), HostedError> {
    loop {
        let messages = images.hosted().due_messages(LEASE, TOGETHER).await?;
        if messages.is_empty() {
            return Ok(());
        }
        let sent = messages.into_iter().map(|message| one(images, config, client, url, message));
        futures_util::future::try_join_all(sent).await?;
    }
}

async fn one(
    images: &Images,
    config: &HostedConfig,
    client: &Client,
    url: &url::Url,
    message: Message,
) -> Result<(), HostedError> {
    let hosted = images.hosted();
    let signature = signature(config.webhook_secret.reveal(), hosted.now().unix_s(), &message.body);
    let request = client
        .post(url.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-signature", signature)
        .body(message.body.clone());
    let why = match request.send().await {
        Ok(answer) if answer.status().is_success() => return hosted.forget_message(&message).await,
        Ok(answer) => answer.status().to_string(),
        Err(error) => error.without_url().to_string(),
    };
    if hosted.now() > message.created.after(PATIENCE) {
        tracing::error!(id = message.id, attempts = message.attempt, why, "a webhook is given up");
        return hosted.forget_message(&message).await;
    }
    let wait = wait(message.attempt);
    tracing::warn!(id = message.id, attempt = message.attempt, why, wait_s = wait.as_secs(), "a webhook was not taken");
    hosted.postpone_message(&message, wait).await
}

/// Twice as long each time.
fn wait(attempt: u32) -> Duration {
    Duration::from_secs(1).saturating_mul(1 << attempt.saturating_sub(1).min(12)).min(MOST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let waits: Vec<u64> = [1, 2, 3, 12, 13, 1000].map(|attempt| wait(attempt).as_secs()).to_vec();
        assert_eq!(waits, [1, 2, 4, 2048, 3600, 3600]);
    }
}
