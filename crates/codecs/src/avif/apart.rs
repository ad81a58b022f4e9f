//! A place for code that may panic and must not unwind: a thread of its own, which is left standing where it panicked.
//!
//! rav1d is a translation of dav1d and keeps its functions: behind C's calling convention, through which no panic may unwind. Rust
//! ends the process at the first such function, and no barrier on our side is asked. But the panic hook is, before anything
//! unwinds: on a thread that is here it tells whoever waits, and never returns. The thread stays, parked, with what its decoder holds,
//! so only [`MOST_LEFT`] of them may; the panic after those ends the process, as each of them would.
//!
//! The hook is one for the whole process, set at the first AVIF, and calls the one before it for everybody. A hook that the program sets
//! later takes its place, and with it this protection; one that it sets after such a panic waits for ever, because the standard
//! library holds the hook until it returns. One file is known with which rav1d panics, where overflow is checked
//! (`val - 1` in its `recon.rs`); release builds do not check it.

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

/// Is given the message of a panic.
type Tell = Box<dyn Fn(String)>;

thread_local! {
    /// Who waits for this thread.
    static WAITING: RefCell<Option<Tell>> = const { RefCell::new(None) };
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
    use std::{
        env,
        hint::black_box,
        process::{self, Command},
    };

    use super::*;

    /// What the runner of tests never ends with.
    const ENDED_WELL: i32 = 42;

    /// As rav1d's functions are.
    extern "C" fn no_unwinding(index: usize) -> u8 {
        [1, 2, 3][index]
    }

    /// In a process of its own, because the runner of tests sets a hook when it ends.
    #[test]
    fn a_panic_that_may_not_unwind_is_an_error_and_the_process_goes_on() {
        let name = "avif::apart::tests::three_calls_of_which_one_panics";
        let child =
            Command::new(env::current_exe().unwrap()).args([name, "--exact", "--ignored", "--nocapture"]).output();
        let child = child.unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.code(), Some(ENDED_WELL), "{said}");
        assert!(said.contains("index out of bounds"), "the hook before ours says what happened: {said}");
    }

    #[test]
    fn more_threads_than_are_allowed_are_not_left() {
        let name = "avif::apart::tests::one_panic_too_many";
        let child =
            Command::new(env::current_exe().unwrap()).args([name, "--exact", "--ignored", "--nocapture"]).output();
        let child = child.unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(said.contains(&format!("{MOST_LEFT} are left")) && child.status.code().is_none(), "{said}");
    }

    #[test]
    #[ignore = "the other half of the test above"]
    #[expect(clippy::disallowed_methods, reason = "returning would wait for the hook")]
    fn one_panic_too_many() {
        for _ in 0..MOST_LEFT {
            assert!(run(|| no_unwinding(black_box(3))).is_err());
        }
        println!("{} are left", LEFT.load(Ordering::Relaxed));
        drop(run(|| no_unwinding(black_box(3))));
        process::exit(ENDED_WELL);
    }

    #[test]
    #[ignore = "the other half of the test above"]
    #[expect(clippy::disallowed_methods, reason = "returning would wait for the hook")]
    fn three_calls_of_which_one_panics() {
        let answers = [2, 3, 0].map(|index| run(move || no_unwinding(black_box(index))));
        let message = "index out of bounds: the len is 3 but the index is 3".to_owned();
        let is_right = answers == [Ok(3), Err(message), Ok(1)];
        process::exit(if is_right { ENDED_WELL } else { 1 });
    }

    #[test]
    fn other_panics_unwind_as_ever() {
        assert_eq!(run(|| 1), Ok(1));
        assert!(panic::catch_unwind(|| panic!("elsewhere")).is_err());
    }
}
