//! Requests of different kinds, what each must answer, and the clients that ask.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time;

/// Options and sources that servers of pictures are asked for.
const KINDS: [&str; 16] = [
    "width=400/photo.jpg",
    "width=320,height=320,fit=cover/photo.jpg",
    "width=200/small.jpg",
    "width=160,height=160,fit=cover,gravity=left/small.jpg",
    "width=800,quality=60/photo.jpg",
    "width=400,format=webp/small.jpg",
    "width=300,blur=8/photo.jpg",
    "width=300,sharpen=1/photo.jpg",
    "width=300,rotate=90/small.jpg",
    "width=240,fit=pad,height=240,background=%23336699/small.jpg",
    "width=250/chart.png",
    "width=128,height=128,fit=crop/chart.png",
    "width=320,brightness=1.2,contrast=1.1/small.jpg",
    "width=320,format=png/small.jpg",
    "trim=20,width=300/photo.jpg",
    "width=300,flip=h,saturation=0/photo.jpg",
];

/// How one request ended, after which time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    pub(crate) waited: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 200, with the bytes that it should have.
    Right,
    /// 200, with others.
    Wrong,
    /// 503 with `Retry-After`.
    Shed,
    /// No whole answer.
    Broken,
    /// Any other status.
    Other(u16),
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    /// Requests so far. Each names its source with its own number, so that no two are equal and made once.
    asked: Arc<AtomicU64>,
    /// The hash of each kind's answer.
    expected: Arc<HashMap<&'static str, [u8; 32]>>,
}

impl Client {
    /// Waits until the server is ready and learns its answers.
    pub(crate) async fn new(base: String) -> Self {
        // Installed already is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(Duration::from_secs(90)).build().expect("a client");
        let mut client = Self { http, base: base.into(), asked: Arc::default(), expected: Arc::default() };
        let started = Instant::now();
        while client.get("/readyz").await.is_none_or(|(status, _)| status != StatusCode::OK) {
            assert!(started.elapsed() < Duration::from_secs(120), "the server is not ready after two minutes");
            time::sleep(Duration::from_millis(50)).await;
        }
        let mut expected = HashMap::new();
        for kind in KINDS {
            let path = format!("/cdn-cgi/image/{kind}");
            let (first, second) = (client.get(&path).await, client.get(&path).await);
            let Some((StatusCode::OK, body)) = first else { panic!("{kind}: {:?}", first.map(|(status, _)| status)) };
            assert_eq!(second.map(|(_, body)| body), Some(body), "{kind}: two answers differ");
            expected.insert(kind, body);
        }
        client.expected = Arc::new(expected);
        client
    }

    pub(crate) fn kinds(&self) -> usize {
        KINDS.len()
    }

    /// What the server says it runs on.
    pub(crate) async fn adapter(&self) -> String {
        let text = self.http.get(format!("{}/readyz", self.base)).send().await.expect("it was ready").text().await;
        let ready: serde_json::Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        ready["adapter"].as_str().unwrap_or("unknown").to_owned()
    }

    /// Answers a second, for clients enough to keep the server busy and few enough that none is refused.
    pub(crate) async fn capacity(&self, length: Duration) -> f64 {
        let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut clients = JoinSet::new();
        for first in 0..KINDS.len() {
            let (client, is_over, answered) = (self.clone(), Arc::clone(&is_over), Arc::clone(&answered));
            clients.spawn(async move {
                for kind in KINDS.into_iter().cycle().skip(first) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let answer = client.answer(kind).await;
                    assert_eq!(answer, Kind::Right, "{kind}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // The first seconds are to get warm.
        time::sleep(Duration::from_secs(3)).await;
        let (before, started) = (answered.load(Ordering::Relaxed), Instant::now());
        time::sleep(length).await;
        let rate = (answered.load(Ordering::Relaxed) - before) as f64 / started.elapsed().as_secs_f64();
        is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = clients.join_next().await {
            ended.expect("all answers are right");
        }
        rate
    }

    /// Sends `rate` requests a second, each when it is due.
    pub(crate) async fn ask(&self, rate: f64, length: Duration) -> Vec<Answer> {
        let started = time::Instant::now();
        let count = (rate * length.as_secs_f64()) as u64;
        let mut asked = JoinSet::new();
        let mut answers = Vec::new();
        for n in 0..count {
            let due = started + Duration::from_secs_f64(n as f64 / rate);
            time::sleep_until(due).await;
            let client = self.clone();
            // A stride that is prime to the number of kinds, so that neighbors differ.
            let kind = KINDS[(n as usize * 7) % KINDS.len()];
            asked.spawn(async move {
                let answer = client.answer(kind).await;
                Answer { kind: answer, waited: due.elapsed() }
            });
            while let Some(answer) = asked.try_join_next() {
                answers.push(answer.expect("clients do not panic"));
            }
        }
        answers.extend(asked.join_all().await);
        answers
    }

    /// Has the device dropped again and again, until the task is aborted.
    pub(crate) fn lose_device(&self, every: Duration) -> JoinHandle<()> {
        let client = self.clone();
        tokio::spawn(async move {
            loop {
                time::sleep(every).await;
                let lost = client.http.post(format!("{}/rehearse/device-loss", client.base)).send().await;
                assert!(lost.is_ok_and(|answer| answer.status().is_success()), "the server refuses to rehearse");
            }
        })
    }

    async fn answer(&self, kind: &'static str) -> Kind {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let Ok(response) = self.http.get(format!("{}/cdn-cgi/image/{kind}?{number}", self.base)).send().await else {
            return Kind::Broken;
        };
        let (status, retry) = (response.status(), response.headers().contains_key("retry-after"));
        let Ok(body) = response.bytes().await else { return Kind::Broken };
        match status {
            StatusCode::OK if self.expected.get(kind) == Some(&Sha256::digest(&body).into()) => Kind::Right,
            StatusCode::OK => Kind::Wrong,
            StatusCode::SERVICE_UNAVAILABLE if retry => Kind::Shed,
            status => Kind::Other(status.as_u16()),
        }
    }

    /// Status and hash of the body.
    async fn get(&self, path: &str) -> Option<(StatusCode, [u8; 32])> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await.ok()?;
        let status = response.status();
        Some((status, Sha256::digest(response.bytes().await.ok()?).into()))
    }
}
