//! A detector's proposals, picked out on the GPU: of some hundred thousand numbers the few that reach a score come back.

use std::sync::{Mutex, PoisonError, mpsc};

use bytemuck::pod_collect_to_vec;
use tintype_pixels::{Face, Size};
use tintype_wgsl::Texel;

use super::{kernels, memory::Memory, pass::Pass};
use crate::{
    Device, MlError,
    models::retinaface::{
        anchors::{self, Rules},
        neck::{ANCHORS, HeadMaps},
    },
    nn,
};

mod params {
    tintype_wgsl::params! {
        /// Uniform of `proposals.wgsl`.
        pub(super) struct Params for super::kernels::PROPOSALS {
            size: [u32; 2],
            sides: [f32; 2],
            logits_at: [u32; 4],
            boxes_at: [u32; 4],
            landmarks_at: [u32; 4],
            pixels: f32,
            score: f32,
            shift: f32,
            growth: f32,
            first: u32,
            most: u32,
            _pad0: u32,
            _pad1: u32,
        }
    }
}

/// The kernel and what it writes to, kept from picture to picture.
#[derive(Debug)]
pub(super) struct Proposals {
    pass: Pass,
    found: Mutex<Option<Found>>,
}

/// Room for proposals on the device, and for some of them where the host reads.
#[derive(Debug)]
struct Found {
    device: wgpu::Buffer,
    host: wgpu::Buffer,
}

/// A count, and three words that keep what follows in place.
const HEAD_BYTES: u64 = 16;
/// Sixteen words.
const PROPOSAL_BYTES: u64 = 64;
/// What is read at once: a picture has a few faces, and each of them some ten proposals.
const FIRST_BYTES: u64 = 4096;
/// What is read at once after that.
const REST_BYTES: u64 = 65536;

impl Proposals {
    pub(super) fn new(device: &wgpu::Device, texel: Texel) -> Self {
        Self { pass: Pass::new(device, &kernels::PROPOSALS, texel, &[]), found: Mutex::default() }
    }

    /// The proposals of `picture` that reach the rules' score, in the order of the anchors. Waits for the device. What is read is
    /// counted by `counted`.
    pub(super) fn read(
        &self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        levels: &[HeadMaps; 3],
        picture: usize,
        rules: &Rules,
        counted: &Device,
    ) -> Result<Vec<Face>, MlError> {
        let size_of = |maps: &HeadMaps| {
            let [height, width] = nn::size_of(&maps.class);
            Size::new(width as u32, height as u32)
        };
        let most = levels.iter().map(|maps| size_of(maps).area() * ANCHORS as u64).sum::<u64>();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Found::with_room_for(&mut found, device, most);
        // Goes ahead of the kernels: the queue keeps the order.
        queue.write_buffer(&found.device, 0, &[0; HEAD_BYTES as usize]);
        let mut first = 0;
        for ((maps, stride), sides) in levels.iter().zip(anchors::STRIDES).zip(anchors::SIDES) {
            let size = size_of(maps);
            let logits = Memory::of(maps.class.clone())?;
            let boxes = Memory::of(maps.boxes.clone())?;
            let landmarks = Memory::of(maps.landmarks.clone())?;
            let params = params::Params {
                size: size.into(),
                sides,
                logits_at: logits.steps(picture),
                boxes_at: boxes.steps(picture),
                landmarks_at: landmarks.steps(picture),
                pixels: stride as f32,
                score: rules.score,
                shift: anchors::SHIFT,
                growth: anchors::GROWTH,
                first,
                most: most as u32,
                _pad0: 0,
                _pad1: 0,
            };
            let bound = [logits.binding(), boxes.binding(), landmarks.binding(), found.device.as_entire_binding()];
            self.pass.run(device, queue, &params, size, bound);
            first += size.area() as u32 * ANCHORS as u32;
        }

        let head = found.read(device, queue, 0, FIRST_BYTES.min(found.device.size()), counted)?;
        let bytes = u64::from(head[0]).min(most) * PROPOSAL_BYTES;
        let mut words = head[HEAD_BYTES as usize / 4..].to_vec();
        while (words.len() as u64 * 4) < bytes {
            let start = HEAD_BYTES + words.len() as u64 * 4;
            let rest = (HEAD_BYTES + bytes - start).min(REST_BYTES);
            words.extend(found.read(device, queue, start, rest, counted)?);
        }
        words.truncate(bytes as usize / 4);
        let mut proposals: Vec<_> = words.chunks_exact(PROPOSAL_BYTES as usize / 4).collect();
        proposals.sort_unstable_by_key(|numbers| numbers.last());
        Ok(proposals.into_iter().map(face).collect())
    }
}

/// A proposal as the kernel writes it.
fn face(words: &[u32]) -> Face {
    let number = |n: usize| f32::from_bits(words[n]);
    Face {
        x: number(0),
        y: number(1),
        width: number(2),
        height: number(3),
        score: number(4),
        landmarks: [0, 1, 2, 3, 4].map(|k| [number(5 + 2 * k), number(6 + 2 * k)]),
    }
}

impl Found {
    /// What is there, or larger buffers if it is too small.
    fn with_room_for<'a>(kept: &'a mut Option<Self>, device: &wgpu::Device, proposals: u64) -> &'a Self {
        let bytes = (HEAD_BYTES + proposals * PROPOSAL_BYTES).next_power_of_two();
        if kept.as_ref().is_some_and(|found| found.device.size() < bytes) {
            *kept = None;
        }
        kept.get_or_insert_with(|| {
            use wgpu::BufferUsages as Usage;
            let buffer = |label, size, usage| {
                let label = Some(label);
                device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false })
            };
            Self {
                device: buffer("Found::device", bytes, Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST),
                host: buffer("Found::host", REST_BYTES, Usage::MAP_READ | Usage::COPY_DST),
            }
        })
    }

    /// At most [`REST_BYTES`] from `start`, as words. Waits for what was submitted so far.
    fn read(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        start: u64,
        bytes: u64,
        counted: &Device,
    ) -> Result<Vec<u32>, MlError> {
        let run = |cause: String| MlError::Run { cause };
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("Found") });
        encoder.copy_buffer_to_buffer(&self.device, start, &self.host, 0, bytes);
        let index = queue.submit([encoder.finish()]);
        let (sender, mapped) = mpsc::channel();
        self.host.map_async(wgpu::MapMode::Read, ..bytes, move |result| drop(sender.send(result)));
        device
            .poll(wgpu::PollType::Wait { submission_index: Some(index), timeout: None })
            .map_err(|error| run(error.to_string()))?;
        let answer = mapped.recv().map_err(|_dropped| run("the device is gone".to_owned()))?;
        answer.map_err(|error| run(error.to_string()))?;
        let view = self.host.get_mapped_range(..bytes).map_err(|error| run(error.to_string()))?;
        let words = pod_collect_to_vec(&view[..]);
        drop(view);
        self.host.unmap();
        counted.count_read(bytes);
        Ok(words)
    }
}
