//! What this crate promises, through its public face: pictures of text, and what becomes of fonts good and bad.

#![expect(clippy::unwrap_used, reason = "a test may unwrap: its failure is the message")]

mod fonts;
mod kit;
mod render;
