//! Quantised coefficients to the entropy-coded bits of a baseline JPEG, all blocks at once.
//!
//! ```text
//! coefficients ──statistics──► counts ══host: tables══╗
//!      └──lengths──► bits per block ──prefix sum──► offsets ──emission──► bits
//! ```
//!
//! With tables that are known beforehand it is one submission; the size of its result is then a guess, and [`Bits`] says
//! when it was too small. Fitted tables need the counts on the host first: the same counts give the exact number of bits, so that
//! the second submission reads back nothing but the bits. Zeros behind bytes of ones are put in by the host, while it copies.
//! No restart markers. Stands behind [`fdct`](super::fdct); no step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use std::sync::Arc;

use tintype_jpeg::{
    Frame, NATURAL_FROM_ZIGZAG,
    encode::{self, HuffmanTables, Statistics},
    forward::real_blocks,
};
use tintype_pixels::Size;

use super::prefix_sum;
use crate::record::{Bound, BufferId, LINE, Recording};

/// Bytes in front of the bits: their number, and three words of nothing.
const HEAD_BYTES: u64 = 16;
/// The most bits that a block takes: codes have 16, a DC difference 11 and 63 AC values 10 each.
const MAX_BLOCK_BITS: u64 = 16 + 11 + 63 * (16 + 10);
/// Blocks that an invocation counts, so that a workgroup's counts are added up rarely.
const COUNT_ROUNDS: u32 = 16;
/// Bytes of the counts: four tables of 256 symbols.
const COUNT_BYTES: u64 = 4096;

/// What the bits belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct HuffmanEncode {
    frame: Arc<Frame>,
    binding_bytes: u64,
}

macro_rules! scan_params {
    ($($(#[$meta:meta])* $module:ident $kernel:ident)*) => {$(
        mod $module {
            use crate::kernels;

            tintype_wgsl::params! {
                $(#[$meta])*
                pub(super) struct Params for kernels::$kernel {
                    blocks: u32, unit_count: u32, mcus_across: u32, rounds: u32,
                    room: u32, _pad0: u32, _pad1: u32, _pad2: u32,
                    units: [[u32; 4]; 10], components: [[u32; 4]; 3], places: [[u32; 4]; 4],
                }
            }
        }
    )*};
}

scan_params! {
    /// Uniform of `huffman_encode.statistics.wgsl`.
    statistics HUFFMAN_ENCODE_STATISTICS
    /// Uniform of `huffman_encode.lengths.wgsl`.
    lengths HUFFMAN_ENCODE_LENGTHS
    /// Uniform of `huffman_encode.wgsl`.
    emission HUFFMAN_ENCODE
}

impl HuffmanEncode {
    /// `None` where the kernels cannot code `frame`: four components, more than ten blocks in an MCU, or more than a binding
    /// of so many bytes holds of one component.
    pub fn new(frame: Arc<Frame>, binding_bytes: u64) -> Option<Self> {
        let fits = frame.components.iter().all(|component| component.blocks.area() * 128 <= binding_bytes);
        let op = Self { frame, binding_bytes };
        let has_places = matches!(op.frame.components.len(), 1 | 3) && op.unit_count() <= 10;
        // Offsets are counted in bits, with 32 of them.
        (has_places && fits && op.blocks() * MAX_BLOCK_BITS < 1 << 32).then_some(op)
    }

    /// What the bits belong to.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Blocks of the scan.
    fn blocks(&self) -> u64 {
        self.mcus().area() * u64::from(self.unit_count())
    }

    /// Blocks of an MCU. One component alone is not interleaved (A.2.2).
    fn unit_count(&self) -> u32 {
        match self.frame.components.as_slice() {
            [_] => 1,
            many => many.iter().map(|c| u32::from(c.h) * u32::from(c.v)).sum(),
        }
    }

    fn mcus(&self) -> Size {
        match self.frame.components.as_slice() {
            [alone] => real_blocks(alone),
            _ => self.frame.mcus(),
        }
    }

    /// Bytes that the bits take at most, with what stands in front of them, and no more than can be bound.
    fn max_bytes(&self) -> u64 {
        (HEAD_BYTES + (self.blocks() * MAX_BLOCK_BITS).div_ceil(32) * 4).min(self.binding_bytes & !3)
    }

    /// Appends the pass that counts symbols in `planes`; the counts are what the recording reads back, for [`Self::counts`].
    pub fn record_statistics(&self, recording: &mut Recording, planes: &[BufferId]) {
        let Scan { blocks, unit_count, mcus_across, units, components, places } = self.scan();
        let counts = recording.readback(COUNT_BYTES, COUNT_BYTES);
        recording.zero(counts);
        let rounds = COUNT_ROUNDS;
        let (room, _pad0, _pad1, _pad2) = (0, 0, 0, 0);
        let params = statistics::Params {
            blocks,
            unit_count,
            mcus_across,
            rounds,
            room,
            _pad0,
            _pad1,
            _pad2,
            units,
            components,
            places,
        };
        let [a, b, c] = three(planes);
        let pass = recording.pass(params).line(blocks.div_ceil(rounds * LINE) * LINE);
        pass.buffer(a).buffer(b).buffer(c).write_buffer(counts);
    }

    /// What was read back of [`Self::record_statistics`]. `None` where it is not as long.
    pub fn counts(bytes: &[u8]) -> Option<Statistics> {
        let counts: Vec<u32> = bytemuck::pod_collect_to_vec(bytes.get(..COUNT_BYTES as usize)?);
        let (tables, _) = counts.as_chunks::<256>();
        Some(Statistics(std::array::from_fn(|table| tables[table])))
    }

    /// Appends the passes that code `planes` with `tables`. Of the bits, `room` bytes are read back, for [`Self::bits`].
    pub fn record(&self, recording: &mut Recording, planes: &[BufferId], tables: &HuffmanTables, room: Room) {
        let Scan { blocks, unit_count, mcus_across, units, components, places } = self.scan();
        let bytes = match room {
            Room::Guess(used) => recording.readback(self.max_bytes(), self.read_back(used)),
            Room::Exact(used) => recording.readback(self.read_back(used), self.read_back(used)),
        };
        let room = match room {
            Room::Guess(_) => self.max_bytes(),
            Room::Exact(used) => self.read_back(used),
        };
        recording.zero(bytes);
        let room = ((room - HEAD_BYTES) / 4) as u32;
        let codes = recording.table(tables.packed().as_slice());
        let [a, b, c] = three(planes);
        let (rounds, _pad0, _pad1, _pad2) = (1, 0, 0, 0);

        let lengths = recording.scratch(u64::from(blocks) * 4);
        let params = lengths::Params {
            blocks,
            unit_count,
            mcus_across,
            rounds,
            room,
            _pad0,
            _pad1,
            _pad2,
            units,
            components,
            places,
        };
        let pass = recording.pass(params).line(blocks);
        pass.buffer(a).buffer(b).buffer(c).table(&codes).write_buffer(lengths);

        let offsets = recording.scratch(prefix_sum::bytes(blocks));
        prefix_sum::record(recording, &Bound::Buffer(lengths), blocks, offsets);

        let params = emission::Params {
            blocks,
            unit_count,
            mcus_across,
            rounds,
            room,
            _pad0,
            _pad1,
            _pad2,
            units,
            components,
            places,
        };
        let pass = recording.pass(params).line(blocks);
        pass.buffer(a).buffer(b).buffer(c).table(&codes).buffer(offsets).write_buffer(bytes);
    }

    /// Bytes that are read back when the bits take `bytes`.
    fn read_back(&self, bytes: u64) -> u64 {
        (HEAD_BYTES + bytes.next_multiple_of(4)).min(self.max_bytes())
    }

    /// What was read back of [`Self::record`]. `None` where not even its head is there.
    pub fn bits(read_back: &[u8]) -> Option<Bits<'_>> {
        let (head, bytes) = read_back.split_first_chunk::<{ HEAD_BYTES as usize }>()?;
        let count = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let needed = u64::from(count).div_ceil(8);
        Some(match bytes.get(..needed as usize) {
            Some(bytes) => Bits::All(encode::Bits { bytes, count: u64::from(count) }),
            None => Bits::More(needed),
        })
    }

    fn scan(&self) -> Scan {
        let mut units = [[0; 4]; 10];
        let mut components = [[0; 4]; 3];
        let unit_count = self.unit_count();
        let mut next = units.iter_mut();
        for (index, component) in self.frame.components.iter().enumerate() {
            let (h, v) = match self.frame.components.len() {
                1 => (1, 1),
                _ => (u32::from(component.h), u32::from(component.v)),
            };
            components[index] = [h, v, component.blocks.width, 0];
            let pair = encode::table_pair(&self.frame, index) as u32;
            for (place, unit) in (0..h * v).zip(&mut next) {
                let back = if place == 0 { unit_count - (h * v - 1) } else { 1 };
                *unit = [index as u32, (place % h) | ((place / h) << 16), pair, back];
            }
        }
        let place = |at: usize| u32::from(NATURAL_FROM_ZIGZAG[at]);
        let places = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..4).map(|k| place(16 * i + 4 * j + k) << (8 * k)).sum())
        });
        let mcus_across = self.mcus().width;
        Scan { blocks: self.blocks() as u32, unit_count, mcus_across, units, components, places }
    }
}

/// How much is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// So many bytes, which may turn out too few.
    Guess(u64),
    /// So many bytes, which are known to be enough.
    Exact(u64),
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits<'a> {
    /// Everything.
    All(encode::Bits<'a>),
    /// Not enough was read back: so many bytes would have been. Where that was their exact number, they are more than can be bound.
    More(u64),
}

/// The numbers of the params that all kernels share.
struct Scan {
    blocks: u32,
    unit_count: u32,
    mcus_across: u32,
    units: [[u32; 4]; 10],
    components: [[u32; 4]; 3],
    places: [[u32; 4]; 4],
}

/// Gray's only plane stands for the others, which nobody reads.
fn three(planes: &[BufferId]) -> [BufferId; 3] {
    std::array::from_fn(|index| planes[index.min(planes.len() - 1)])
}
