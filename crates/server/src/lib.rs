//! The HTTP front: Cloudflare's URL format, origins, admission, errors and pages.
//!
//! A request goes through these modules in this order: `routes` (which face), `tintype_options::url` (what is asked),
//! `origin` (where the source is, and whether it may be read), `admission` (whether there is room), `engine` (the
//! picture), `respond` or `reject` (the answer). Nothing here touches pixels, and nothing outside knows HTTP.
//!
//! Start with [`serve`], or with [`router`] to see what answers where.

#![forbid(unsafe_code)]

mod admission;
mod app;
pub mod config;
mod connections;
mod engine;
mod negotiate;
mod origin;
mod reject;
mod respond;
mod routes;
mod state;
mod tag;
#[cfg(test)]
mod tests;

pub use app::{ServeError, router, serve};
pub use config::{Config, ConfigError, Overrides};
pub use origin::{AllowRule, AllowRuleError, OriginsError};
pub use state::AppState;
