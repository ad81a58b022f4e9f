//! Nothing: this package only holds the integration tests in `main.rs`.
