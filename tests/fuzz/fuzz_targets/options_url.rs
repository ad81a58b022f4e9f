//! Any text as a URL's options: no panic, and what was understood reads back the same from its canonical text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_options::{canonical, url};

fuzz_target!(|text: &str| {
    let _ = url::split(text);
    let Ok(parsed) = url::parse(text) else { return };
    let canonical = canonical::to_string(&parsed.options);
    if canonical.is_empty() {
        return;
    }
    let again = url::parse(&canonical).expect("canonical text is legal");
    assert_eq!(again.options, parsed.options, "{canonical}");
    assert!(again.warnings.is_empty(), "{canonical}: {:?}", again.warnings);
});
