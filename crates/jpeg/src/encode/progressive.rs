//! Blocks of progressive scans: spectral selection and successive approximation (T.81, G.1.2).

use super::{
    Restart,
    header::huffman_slot,
    masks::{at, masks},
    scan::{Scan, Step},
    sink::{Extra, RAW, Sink, Slot},
};
use crate::{Coefficients, Frame};

const SIXTEEN_ZEROS: u32 = 0xf0;
/// As long as a run of blocks may be.
const MAX_RUN: u32 = 0x7fff;
/// libjpeg ends a run of blocks when it has kept more correction bits than this (jcphuff.c).
const MAX_CORRECTIONS: u32 = 1000 - 64 + 1;

/// The magnitudes and signs of a block's coefficients as planes of bits, in zig-zag order. Many scans look at them.
#[derive(Clone, Copy, Debug, Default)]
struct Mask {
    /// The lowest bit and the one above.
    bits: [u64; 2],
    /// Magnitude is four or more.
    four: u64,
    negative: u64,
}

impl Mask {
    fn of(block: &[i16; 64]) -> Self {
        let [low, high, four, negative] = masks(block, |value| {
            let magnitude = value.unsigned_abs();
            (magnitude & 3) as u8 | u8::from(magnitude > 3) << 2 | u8::from(value < 0) << 3
        });
        Self { bits: [low, high], four, negative }
    }

    /// Those not zero without their lowest `low` bits, of which there are two at most.
    fn left(&self, low: u8) -> u64 {
        match low {
            0 => self.four | self.bits[1] | self.bits[0],
            1 => self.four | self.bits[1],
            _ => self.four,
        }
    }
}

/// A plane as its scans look at it.
#[derive(Debug)]
struct Plane<'a> {
    blocks: &'a [[i16; 64]],
    /// The DC values, which are a cache line apart in `blocks`.
    dc: Vec<i16>,
    masks: Vec<Mask>,
    /// Of its AC values' Huffman table, one more than of its DC values'.
    slot: Slot,
}

/// All planes, looked through once for all scans.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    frame: &'a Frame,
    planes: Vec<Plane<'a>>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(coefficients: &'a Coefficients) -> Self {
        let frame = &coefficients.frame;
        let planes = coefficients.planes.iter().enumerate().map(|(index, plane)| {
            let (blocks, _) = plane.as_chunks::<64>();
            let (dc, masks) = blocks.iter().map(|block| (block[0], Mask::of(block))).unzip();
            Plane { blocks, dc, masks, slot: 2 * huffman_slot(frame, index) as Slot + 1 }
        });
        Self { frame, planes: planes.collect() }
    }
}

/// Sends all blocks of `scan` to `sink`.
pub(super) fn code(prepared: &Prepared, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    match (scan.first, scan.high) {
        (0, 0) => dc_first(prepared, scan, restart, sink),
        (0, _) => dc_refine(prepared, scan, restart, sink),
        (_, 0) => ac_first(prepared, scan, restart, sink),
        _ => ac_refine(prepared, scan, restart, sink),
    }
}

fn dc_first(prepared: &Prepared, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    let mut before = [0; 4];
    scan.walk(prepared.frame, restart, |step| match step {
        Step::Block { member, index } => {
            let plane = &prepared.planes[scan.components[member]];
            let value = i32::from(plane.dc[index] >> scan.low);
            let extra = Extra::of(value - std::mem::replace(&mut before[member], value));
            sink.put(plane.slot - 1, extra.1, extra);
        }
        Step::Restart => {
            before = [0; 4];
            sink.restart();
        }
    });
}

fn dc_refine(prepared: &Prepared, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    scan.walk(prepared.frame, restart, |step| match step {
        Step::Block { member, index } => {
            let value = prepared.planes[scan.components[member]].dc[index];
            sink.put(RAW, 0, Extra((value >> scan.low & 1) as u32, 1));
        }
        Step::Restart => sink.restart(),
    });
}

/// Blocks in a row of which nothing is left to say, and the correction bits that go with them.
struct Run {
    slot: Slot,
    blocks: u32,
    corrections: Corrections,
}

impl Run {
    fn new(slot: Slot) -> Self {
        Self { slot, blocks: 0, corrections: Corrections::default() }
    }

    fn add(&mut self, sink: &mut impl Sink) {
        self.blocks += 1;
        if self.blocks == MAX_RUN || self.corrections.count() > MAX_CORRECTIONS {
            self.end(sink);
        }
    }

    #[inline]
    fn end(&mut self, sink: &mut impl Sink) {
        if self.blocks > 0 {
            let bits = self.blocks.ilog2();
            sink.put(self.slot, bits << 4, Extra(self.blocks & ((1 << bits) - 1), bits));
            self.blocks = 0;
            self.corrections.send(sink);
        }
    }
}

fn ac_first(prepared: &Prepared, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    let &Plane { blocks, ref masks, slot, .. } = &prepared.planes[scan.components[0]];
    let (band, last) = (band(scan), u32::from(scan.last));
    let mut run = Run::new(slot);
    scan.walk(prepared.frame, restart, |step| match step {
        Step::Block { index, .. } => {
            let mut left = masks[index].left(scan.low) & band;
            if left == 0 {
                return run.add(sink);
            }
            run.end(sink);
            let mut next = u32::from(scan.first);
            while left != 0 {
                let k = left.trailing_zeros();
                left &= left - 1;
                let mut zeros = k - next;
                next = k + 1;
                while zeros > 15 {
                    sink.put(slot, SIXTEEN_ZEROS, Extra::NONE);
                    zeros -= 16;
                }
                let value = at(&blocks[index], k);
                // Towards zero, as G.1.2.2 wants it.
                let value = if value < 0 { -(-value >> scan.low) } else { value >> scan.low };
                let extra = Extra::of(value);
                sink.put(slot, (zeros << 4) + extra.1, extra);
            }
            if next <= last {
                run.add(sink);
            }
        }
        Step::Restart => {
            run.end(sink);
            sink.restart();
        }
    });
    run.end(sink);
}

fn ac_refine(prepared: &Prepared, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    let &Plane { ref masks, slot, .. } = &prepared.planes[scan.components[0]];
    let (band, last) = (band(scan), u32::from(scan.last));
    let mut run = Run::new(slot);
    let mut kept = Corrections::default();
    scan.walk(prepared.frame, restart, |step| match step {
        Step::Block { index, .. } => {
            let mask = &masks[index];
            let known = mask.left(scan.high) & band;
            let new = mask.left(scan.low) & !known & band;
            let bits = mask.bits[usize::from(scan.low) % 2];
            if new == 0 {
                run.corrections.push_where(known, bits);
                return run.add(sink);
            }
            let last_new = new.ilog2();
            let mut left = known | new;
            let (mut zeros, mut next) = (0, u32::from(scan.first));
            while left != 0 {
                let k = left.trailing_zeros();
                left &= left - 1;
                zeros += k - next;
                next = k + 1;
                // Behind the last new one, zeros belong to the run of blocks.
                while zeros > 15 && k <= last_new {
                    run.end(sink);
                    sink.put(slot, SIXTEEN_ZEROS, Extra::NONE);
                    zeros -= 16;
                    kept.send(sink);
                }
                if known >> k & 1 == 1 {
                    kept.push(bits >> k & 1, 1);
                    continue;
                }
                run.end(sink);
                let positive = (!mask.negative >> k & 1) as u32;
                sink.put(slot, (zeros << 4) + 1, Extra(positive, 1));
                kept.send(sink);
                zeros = 0;
            }
            if zeros > 0 || next <= last || kept.count() > 0 {
                run.corrections.append(&mut kept);
                run.add(sink);
            }
        }
        Step::Restart => {
            run.end(sink);
            sink.restart();
        }
    });
    run.end(sink);
}

/// The places of a scan.
fn band(scan: &Scan) -> u64 {
    (u64::MAX >> (63 - scan.last)) & (u64::MAX << scan.first)
}

/// Bits waiting for the symbol that they follow.
#[derive(Debug, Default)]
struct Corrections {
    /// Sixteen each.
    full: Vec<u16>,
    /// The lowest `waiting` bits.
    buffer: u64,
    /// Below 16.
    waiting: u32,
}

impl Corrections {
    fn count(&self) -> u32 {
        self.full.len() as u32 * 16 + self.waiting
    }

    /// At most 48 bits.
    #[inline]
    fn push(&mut self, bits: u64, count: u32) {
        self.buffer = self.buffer << count | bits;
        self.waiting += count;
        while self.waiting >= 16 {
            self.waiting -= 16;
            self.full.push((self.buffer >> self.waiting) as u16);
        }
    }

    /// Those of `bits` that are in `places`, the lowest first.
    #[inline]
    fn push_where(&mut self, mut places: u64, bits: u64) {
        while places != 0 {
            self.push(bits >> places.trailing_zeros() & 1, 1);
            places &= places - 1;
        }
    }

    /// Moves all from `other`.
    fn append(&mut self, other: &mut Self) {
        for bits in other.full.drain(..) {
            self.push(u64::from(bits), 16);
        }
        self.push(other.buffer & ((1 << other.waiting) - 1), other.waiting);
        other.waiting = 0;
    }

    /// Sends and forgets all.
    #[inline]
    fn send(&mut self, sink: &mut impl Sink) {
        for bits in self.full.drain(..) {
            sink.put(RAW, 0, Extra(u32::from(bits), 16));
        }
        if self.waiting > 0 {
            sink.put(RAW, 0, Extra((self.buffer & ((1 << self.waiting) - 1)) as u32, self.waiting));
            self.waiting = 0;
        }
    }
}
