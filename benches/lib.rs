//! Nothing: this package only holds the benchmarks.
