//! Asking the database again while it is away: it restarts, fails over, or has no room for one more connection.

use std::time::{Duration, Instant};

use tokio::time;

use crate::BatchError;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Asks until there is an answer, or an error that stays, or `patience` has passed. What is asked must be harmless twice:
/// an answer can be lost on its way.
pub(super) async fn ask<T, F>(
    doing: &'static str,
    patience: Duration,
    mut question: impl FnMut() -> F,
) -> Result<T, BatchError>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let (started, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        let source = match question().await {
            Ok(answer) => return Ok(answer),
            Err(source) if !is_passing(&source) => return Err(BatchError::QueueRefuses { doing, source }),
            Err(source) => source,
        };
        let waited = started.elapsed();
        if waited + pause > patience {
            return Err(BatchError::QueueAway { doing, waited, source });
        }
        time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether the same question may be answered later.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection lost; shutting down, crashed, starting; too many connections; deadlock, serialization.
            code.starts_with("08") || ["57P01", "57P02", "57P03", "53300", "40P01", "40001"].contains(&&*code)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io};

    use super::*;

    #[tokio::test]
    async fn what_passes_is_asked_again_and_what_stays_is_not() {
        let asked = Cell::new(0);
        let away = || sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        let answer = ask("testing", Duration::from_secs(60), || {
            asked.set(asked.get() + 1);
            let answer = if asked.get() < 4 { Err(away()) } else { Ok(7) };
            async move { answer }
        });
        assert_eq!(answer.await.unwrap(), 7);

        let error = ask::<(), _>("testing", Duration::from_secs(60), || async { Err(sqlx::Error::RowNotFound) });
        assert!(matches!(error.await, Err(BatchError::QueueRefuses { doing: "testing", .. })));

        let error = ask::<(), _>("testing", Duration::ZERO, || async { Err(away()) }).await;
        assert!(matches!(error, Err(BatchError::QueueAway { .. })));
    }
}
