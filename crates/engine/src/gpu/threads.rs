//! Two threads per device: one records and submits, one waits for what was submitted.
//!
//! Every submission goes through the first, so work runs in the order it was queued and memory can be leased again as
//! soon as it is recorded. Some submissions are on their way at once and no more, so that under load jobs wait in the queue, and those
//! that wait go together. The second thread drives wgpu's callbacks.

use std::{iter, sync::Arc, thread, time::Duration};

use super::{
    Core, GpuError,
    execute::{self, Job},
    pool::KEPT,
};

/// How often it is looked whether nobody uses a device that hangs any more.
const PAUSE: Duration = Duration::from_millis(100);

/// Submissions on their way: one that runs, one behind it, and one that is recorded meanwhile.
const IN_FLIGHT: usize = 3;

/// Device memory of jobs that go together: a larger one keeps the device busy for itself, and who waits with it waits for it.
const TOGETHER_BYTES: u64 = 64 << 20;

/// The way to the threads; they end when it is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    jobs: flume::Sender<Job>,
}

impl Threads {
    pub(super) fn start(core: &Arc<Core>) -> Self {
        let (jobs, queued) = flume::unbounded::<Job>();
        // One more is in the hands of each thread.
        let (submitted, waiting) = flume::bounded::<wgpu::SubmissionIndex>(IN_FLIGHT - 2);
        let submitting = core.clone();
        spawn("tintype-gpu", move || {
            let wait = || loop {
                match queued.recv_timeout(KEPT) {
                    Ok(job) => return Some(job),
                    Err(flume::RecvTimeoutError::Disconnected) => return None,
                    Err(flume::RecvTimeoutError::Timeout) => submitting.give_back(KEPT),
                }
            };
            let mut next = wait();
            while let Some(first) = next.take() {
                let mut batch = Batch::of(first);
                for job in iter::from_fn(|| queued.try_recv().ok()) {
                    if batch.takes(&job, submitting.jobs_per_submission) {
                        batch.add(job);
                    } else {
                        next = Some(job);
                        break;
                    }
                }
                if let Some(index) = execute::submit(&submitting, batch.jobs) {
                    let _ = submitted.send(index);
                }
                next = next.or_else(wait);
            }
        });
        let polling = core.clone();
        spawn("tintype-poll", move || {
            let watchdog = polling.watchdog;
            let mut hangs = false;
            for submission_index in waiting {
                // Behind what hangs nothing else is done.
                let timeout = Some(if hangs { Duration::ZERO } else { watchdog });
                let wait = wgpu::PollType::Wait { submission_index: Some(submission_index), timeout };
                if polling.device.poll(wait).is_err() {
                    hangs = true;
                    polling.hang();
                }
            }
            // Letting go of a device waits for what runs on it: of one that hangs nobody else may be the last to let go.
            while polling.health.check().is_err() && Arc::strong_count(&polling) > 1 {
                thread::sleep(PAUSE);
            }
        });
        Self { jobs }
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), GpuError> {
        self.jobs.send(job).map_err(|unsent| GpuError::Lost(format!("its thread ended: {unsent}")))
    }
}

/// Jobs that go together.
struct Batch {
    jobs: Vec<Job>,
    bytes: u64,
}

impl Batch {
    fn of(job: Job) -> Self {
        Self { bytes: job.bytes(), jobs: vec![job] }
    }

    /// What is somebody else's may be gone when it is submitted, which fails all that goes with it: such a job goes alone.
    fn takes(&self, job: &Job, most: usize) -> bool {
        let goes_alone = |job: &Job| job.has_foreign_memory();
        self.jobs.len() < most
            && self.bytes + job.bytes() <= TOGETHER_BYTES
            && !goes_alone(job)
            && !self.jobs.iter().any(goes_alone)
    }

    fn add(&mut self, job: Job) {
        self.bytes += job.bytes();
        self.jobs.push(job);
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("the system can start two threads");
}
