//! Any parts in any order as a request of the Images binding: no panic, and bounded work.
//!
//! The input is lines of `name=text`; a name that begins with `@` is a file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_options::{
    Strictness,
    binding::{self, Part},
};

fuzz_target!(|text: &str| {
    let parts: Vec<Part<'_>> = text
        .lines()
        .map(|line| match line.split_once('=') {
            Some((name, text)) => Part::Field { name, text },
            None => Part::File { name: line.trim_start_matches('@') },
        })
        .collect();
    for strictness in [Strictness::Lenient, Strictness::Strict] {
        let _ = binding::parse(&parts, strictness);
    }
});
