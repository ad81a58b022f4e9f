//! Two threads per device: one records and submits, one waits for what was submitted.
//!
//! Every submission goes through the first, so work runs in the order it was queued and memory can be leased again as
//! soon as it is recorded. The second drives wgpu's callbacks.

use std::{sync::Arc, thread, time::Duration};

use super::{Core, GpuError, execute::Job};

/// A dispatch that takes longer than this is taken to hang; the device is given up.
const HANG: Duration = Duration::from_secs(120);

/// The way to the threads; they end when it is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    jobs: flume::Sender<Job>,
}

impl Threads {
    pub(super) fn start(core: &Arc<Core>) -> Self {
        let (jobs, queued) = flume::unbounded::<Job>();
        let (submitted, waiting) = flume::unbounded::<wgpu::SubmissionIndex>();
        let submitting = core.clone();
        spawn("tintype-gpu", move || {
            for job in queued {
                if let Some(index) = job.execute(&submitting) {
                    let _ = submitted.send(index);
                }
            }
        });
        let polling = core.clone();
        spawn("tintype-poll", move || {
            for submission_index in waiting {
                let wait = wgpu::PollType::Wait { submission_index: Some(submission_index), timeout: Some(HANG) };
                if let Err(error) = polling.device.poll(wait) {
                    polling.health.lose(format!("no answer within {} s: {error}", HANG.as_secs()));
                    polling.device.destroy();
                }
            }
        });
        Self { jobs }
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), GpuError> {
        self.jobs.send(job).map_err(|unsent| GpuError::Lost(format!("its thread ended: {unsent}")))
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("the system can start two threads");
}
