//! A place for code that may panic and must not unwind: a thread of its own, which is left standing where it panicked.
//!
//! rav1d is a translation of dav1d and keeps its functions: behind C's calling convention, through which no panic may unwind. Rust
//! ends the process at the first such function, and no barrier on our side is asked. But the panic hook is, before anything
//! unwinds: on a thread that is here it tells whoever waits, and never returns. The thread stays, parked, with what its decoder holds,
//! so only [`MOST_LEFT`] of them may; the panic after those ends the process, as each of them would.
//!
//! The hook is one for the whole process, set at the first AVIF, and calls the one before it for everybody. A hook that the program sets
//! later takes its place, and with it this protection. No file is known that makes rav1d panic.

use std::{
    cell::RefCell,
    panic,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
};

/// Threads that may be left behind, with up to a picture's memory each.
const MOST_LEFT: usize = 16;

static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Is told a panic's message.
type Listener = Box<dyn Fn(String)>;

thread_local! {
    /// Who waits for this thread.
    static WAITING: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// What `work` returns; the message of its panic where it does not.
pub(super) fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            before(info);
            let message = info.payload_as_str().unwrap_or("no message");
            leave(message);
        }));
    });
    let (sender, receiver) = channel::<Result<T, String>>();
    let told: Sender<Result<T, String>> = sender.clone();
    let body = move || {
        WAITING.set(Some(Box::new(move |message| drop(told.send(Err(message))))));
        let result = work();
        WAITING.set(None);
        drop(sender.send(Ok(result)));
    };
    match thread::Builder::new().name("av1".to_owned()).spawn(body) {
        Ok(_) => receiver.recv().unwrap_or_else(|_| Err("no message".to_owned())),
        Err(error) => Err(format!("there is no thread for it: {error}")),
    }
}

/// Ends a panic on a thread of [`run`]: it goes no further. Returns on any other.
fn leave(message: &str) {
    let Some(tell) = WAITING.take() else { return };
    let left = LEFT.fetch_add(1, Ordering::Relaxed);
    if left >= MOST_LEFT {
        return;
    }
    tell(message.to_owned());
    loop {
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rav1d's functions are.
    extern "C" fn no_unwinding(index: usize) -> u8 {
        [1, 2, 3][index]
    }

    #[test]
    fn a_panic_that_may_not_unwind_is_an_error_and_the_process_goes_on() {
        assert_eq!(run(|| no_unwinding(2)), Ok(3));
        let message = run(|| no_unwinding(std::hint::black_box(3))).unwrap_err();
        assert_eq!(message, "index out of bounds: the len is 3 but the index is 3");
        assert_eq!(run(|| no_unwinding(0)), Ok(1));
    }

    #[test]
    fn other_panics_unwind_as_ever() {
        assert_eq!(run(|| 1), Ok(1));
        assert!(panic::catch_unwind(|| panic!("elsewhere")).is_err());
    }
}
