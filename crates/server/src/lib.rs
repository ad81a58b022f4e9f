//! The HTTP front: Cloudflare's URL format, origins, admission, errors and pages.
//!
//! A request goes through these modules in this order: `envelope` (whether it is addressed to us in a Worker's way),
//! `routes` (which face), `tintype_options` (what is asked), `origin` (where the source is, and whether it may be read),
//! `layers` (the same for what is drawn on it), `cache` (whether the result is there already), `flight` (whether another is
//! making it), `admission` (whether there is room), `engine` and `compose` (the picture), `respond` or `reject` (the answer).
//! `job` is that order for every face that names its source; the binding brings its pictures along in a `form`. `docs` is
//! the reference; `frame` is what all pages look the same by. Nothing here touches pixels, and nothing outside knows HTTP.
//!
//! Start with [`serve`], or with [`router`] to see what answers where.

#![forbid(unsafe_code)]

mod admission;
#[cfg(test)]
mod admission_tests;
mod app;
pub mod ask;
mod bearer;
mod cache;
mod clients;
mod compose;
pub mod config;
mod connections;
mod docs;
mod engine;
mod envelope;
mod flight;
mod form;
mod frame;
mod hosted;
mod inference;
mod job;
#[cfg(test)]
mod kept_tests;
mod layers;
mod metrics;
mod negotiate;
mod origin;
mod purge;
mod recovery;
#[cfg(test)]
mod recovery_tests;
mod reject;
mod respond;
mod routes;
mod stall;
mod state;
mod tag;
#[cfg(test)]
mod tests;
pub mod trace;
mod webhooks;

pub use app::{ServeError, router, serve, serve_on};
pub use cache::CacheError;
pub use config::{Config, ConfigError, Overrides};
pub use hosted::open as open_hosted;
pub use origin::{AllowRule, AllowRuleError, OriginsError, SignedOrigin, SignedOriginError};
pub use state::AppState;
