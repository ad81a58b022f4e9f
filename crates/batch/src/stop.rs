//! Asking everything that runs to finish what it holds and begin nothing more.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that is turned once; clones are the same switch.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Turns it.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was turned.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is turned.
    pub async fn stopped(&self) {
        // The sender lives as long as we do, so there is no error.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}
