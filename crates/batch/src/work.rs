//! The workers of one process: each takes an item, makes its picture, and says what came of it.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    Batch, BatchError, Event, Failures, Stop,
    ledger::{Item, Ledger, Outcome},
    picture::Maker,
};

/// What is told of everything that happens.
pub(crate) type Events = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// Runs `batch.jobs` workers until the ledger gives out nothing more. An error stops all of them; what they have begun
/// is ended first.
pub(crate) async fn run(
    ledger: &Arc<impl Ledger>,
    maker: &Arc<Maker>,
    batch: &Batch,
    stop: &Stop,
    events: &Events,
) -> Result<(), BatchError> {
    let mut workers: JoinSet<Result<(), BatchError>> = JoinSet::new();
    for _ in 0..batch.jobs.get() {
        let (ledger, maker, stop, events) = (ledger.clone(), maker.clone(), stop.clone(), events.clone());
        let failures = batch.failures;
        workers.spawn(async move {
            while let Some(item) = ledger.next().await? {
                let outcome = maker.make(&*ledger, &item).await?;
                ledger.finish(&item, &outcome).await?;
                tell(&item, &outcome, &events);
                if matches!(outcome, Outcome::Failed(_)) && failures == Failures::Stop {
                    stop.stop();
                }
            }
            Ok(())
        });
    }
    let mut ended = Ok(());
    while let Some(worker) = workers.join_next().await {
        let result = match worker {
            Ok(result) => result,
            // Nobody aborts a worker, so it has panicked.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        if result.is_err() {
            stop.stop();
        }
        ended = ended.and(result);
    }
    ended
}

fn tell(item: &Item, outcome: &Outcome, events: &Events) {
    let input = &item.key;
    match outcome {
        Outcome::Done(made) => events(Event::Done { input, output: &made.output, warnings: &made.warnings }),
        Outcome::Skipped(why) => events(Event::Skipped { input, why }),
        Outcome::Failed(error) => events(Event::Failed { input, error }),
        Outcome::Lost => {}
    }
}
