//! What is drawn while one waits: on a terminal's standard error, and nowhere else.

use std::{
    fmt,
    io::{self, IsTerminal as _},
    sync::mpsc,
    thread,
    time::Duration,
};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

/// Shorter waits are not worth a word.
const PATIENCE: Duration = Duration::from_secs(1);

const REFRESH: Duration = Duration::from_millis(100);

/// Runs `work`; if it takes longer than a second, says `what` is going on until it ends.
pub(crate) fn waiting<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("a template of ours");
                let spinner = ProgressBar::new_spinner().with_style(style).with_message(what.to_owned());
                spinner.enable_steady_tick(REFRESH);
                // An error, too, means that the wait is over.
                let _ = is_done.recv();
                spinner.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// A bar that counts `total` pictures.
pub(crate) fn bar(total: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} pictures, {elapsed} elapsed{left}  {wide_msg}")
        .expect("a template of ours")
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Before the first picture is done there is nothing to go by.
            if state.pos() > 0 {
                let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
            }
        });
    let bar = ProgressBar::new(total).with_style(style);
    bar.enable_steady_tick(REFRESH);
    bar
}

/// A spinner for work of several steps; its message says which one.
pub(crate) fn steps() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").expect("a template of ours");
    let spinner = ProgressBar::new_spinner().with_style(style);
    spinner.enable_steady_tick(REFRESH);
    spinner
}
