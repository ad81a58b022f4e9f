//! A server under load: what it answers at a half, once and twice of what it can do, and whether every answer is right.
//!
//! Starts the program of `--program`, which should be a release build, with pictures of its own as sources and nothing kept, so
//! that every answer is made; no two requests are equal, or they would be made once. Learns each answer's hash while nobody else
//! asks, finds the capacity with clients that ask again as soon as they are answered, and then sends requests at fixed times,
//! whether or not earlier ones are answered: waiting is measured from the moment at which a request was due. Every body is
//! compared with its hash. With `--lose-device` the device is dropped every so many seconds meanwhile.
//!
//! ```text
//! cargo bench -p tintype-benches --bench load -- --program target/release/tintype --seconds 600
//! ```
//!
//! Client and server share the machine; the client takes some percent of it. Not a benchmark of hits: `wrk` is better at that.

mod client;
mod figures;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};
use tintype_benches::save;

use crate::client::Client;
use crate::figures::{Phase, Resident};
use crate::server::Server;

#[derive(Debug, Parser)]
struct Args {
    /// The program to test.
    #[arg(long)]
    program: PathBuf,
    /// How long each load lasts.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Loads, as shares of the capacity.
    #[arg(long, value_delimiter = ',', default_values_t = [0.5, 1.0, 2.0])]
    loads: Vec<f64>,
    /// How long the capacity is measured.
    #[arg(long, default_value_t = 20)]
    capacity_seconds: u64,
    /// Drop the device after each so many seconds.
    #[arg(long)]
    lose_device: Option<u64>,
    /// Write no results file.
    #[arg(long)]
    no_save: bool,
    /// What cargo gives to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(run(&args));
}

async fn run(args: &Args) {
    let server = Server::start(&args.program, args.lose_device.is_some());
    let client = Client::new(server.base()).await;
    let adapter = client.adapter().await;
    println!("{adapter}\n{} requests of different kinds, each asked twice alone: equal", client.kinds());

    let capacity = client.capacity(Duration::from_secs(args.capacity_seconds)).await;
    println!("capacity {capacity:.1} answers a second\n");
    println!("{}", Phase::heading());
    let mut rows: Vec<Value> = Vec::new();
    for &load in &args.loads {
        let resident = Resident::watch(server.id());
        let losses = args.lose_device.map(|every| client.lose_device(Duration::from_secs(every)));
        let answers = client.ask(capacity * load, Duration::from_secs(args.seconds)).await;
        if let Some(losses) = losses {
            losses.abort();
        }
        let phase = Phase::of(load, capacity * load, args.seconds, &answers, resident.end());
        println!("{phase}");
        rows.push(phase.json());
    }
    let wrong: u64 =
        rows.iter().map(|row| row["wrong"].as_u64().unwrap_or(0) + row["broken"].as_u64().unwrap_or(0)).sum();
    println!("\n{wrong} wrong or truncated bodies");
    let name = if args.lose_device.is_some() { "load-losing-the-device" } else { "load" };
    save(name, &adapter, json!({ "capacity_per_second": capacity, "lose_device_s": args.lose_device, "loads": rows }));
    assert_eq!(wrong, 0, "answers differ from what the same requests gave alone");
}
