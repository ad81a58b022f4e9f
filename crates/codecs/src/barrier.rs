//! The barrier between third-party codecs and the rest of the process: a panic on one side is an error on the other.
//!
//! Codecs are written for files that follow the rules, and each of them has panicked on some file that does not. A
//! server must answer that request with an error and go on with the others. A panic hook, if one is set, still hears
//! of it. Does nothing against a stack overflow or an exhausted memory: those are what [`Limits`](crate::Limits) is for.
//! Nor against a panic inside of rav1d, which may not unwind: `avif/apart.rs` is for that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::CodecError;

/// Runs `work`; a panic inside becomes the error that `blame` makes of its message.
pub(crate) fn guarded<T>(
    work: impl FnOnce() -> Result<T, CodecError>,
    blame: impl FnOnce(String) -> CodecError,
) -> Result<T, CodecError> {
    // Unwind safety: whatever `work` was building is dropped by the unwinding, and it only borrows shared data.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) => {
            let message = payload
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            Err(blame(format!("the codec panicked: {message}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use tintype_pixels::{Fault, ImageFormat};

    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let index = [0u8; 3].len();
        let panics: [(&dyn Fn(), &str); 2] = [(&|| panic!("static"), "static"), (&|| panic!("at {index}"), "at 3")];
        for (panic, message) in panics {
            let work = || {
                panic();
                Ok(())
            };
            let error = guarded(work, |detail| CodecError::damaged(ImageFormat::Gif, detail)).unwrap_err();
            assert_eq!(error.to_string(), format!("damaged gif: the codec panicked: {message}"));
            assert_eq!(error.fault(), Fault::Source);
        }
    }

    #[test]
    fn results_pass_untouched() {
        assert_eq!(guarded(|| Ok(7), |_| unreachable!()), Ok(7));
    }
}
