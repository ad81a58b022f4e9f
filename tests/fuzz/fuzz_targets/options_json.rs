//! Any JSON as `cf.image`: no panic, and what was understood reads back the same, as JSON and as a URL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_options::{canonical, json::Json, preset::Presets, url, workers};

fuzz_target!(|text: &str| {
    let Ok(written) = serde_json::from_str::<Json>(text) else { return };
    let Ok(parsed) = workers::parse_json(&written, &Presets::default()) else { return };
    let json = workers::parse(&workers::to_json(&parsed.options)).expect("our own JSON is legal");
    assert_eq!(json.options, parsed.options);
    let canonical = canonical::to_string(&parsed.options);
    if !canonical.is_empty() {
        assert_eq!(url::parse(&canonical).expect("canonical text is legal").options, parsed.options, "{canonical}");
    }
});
