//! The barrier between the font libraries and the rest of the process: a panic on one side is an error on the other.
//!
//! A panic hook, if one is set, still hears of it. Does nothing against an exhausted memory or time: those are what
//! [`Limits`](crate::Limits) is for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::TextError;

/// Runs `work`; a panic inside becomes the error that `blame` makes of its message.
pub(crate) fn guarded<T>(
    work: impl FnOnce() -> Result<T, TextError>,
    blame: impl FnOnce(String) -> TextError,
) -> Result<T, TextError> {
    // Unwind safety: what `work` was building is dropped by the unwinding. The fonts that it borrows hold caches, each
    // filled at most once and only when its value is complete.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Err(blame(format!("a font library panicked: {message}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let index = [0u8; 3].len();
        let error = guarded::<()>(|| panic!("at {index}"), |detail| TextError::NotAFont { detail }).unwrap_err();
        assert_eq!(error, TextError::not_a_font("a font library panicked: at 3"));
    }

    #[test]
    fn results_pass_untouched() {
        assert_eq!(guarded(|| Ok(7), |_| unreachable!()), Ok(7));
        assert_eq!(guarded::<()>(|| Err(TextError::Empty), |_| unreachable!()), Err(TextError::Empty));
    }
}
