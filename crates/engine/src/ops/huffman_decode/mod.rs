//! The bits of baseline JPEGs to quantised coefficients, many places at once.
//!
//! ```text
//! bits ──rounds──► where each span's first block begins ──prefix sum──► which block that is ──► coefficients, DC as differences
//!                        └──────────check──────► status                    ──prefix sum──► DC values
//! ```
//!
//! The bits are cut into spans. Where a block begins in a span is not known, but a decoder that begins anywhere falls into step
//! soon (Klein and Wiseman 2003; Weißenberger and Schmidt, arXiv 2111.09219). So every span is decoded from a guess, and then, in a
//! fixed number of rounds, again from where the span before it has ended, until nothing changes; a restart interval's first span
//! is known. Where the host has walked over the codes and says where some MCUs begin (JParEnt; Sodsong et al. 2017), all spans
//! are known, and there is one round.
//!
//! Several pictures go together, with one dispatch for each pass. The status says whether all came into step and nothing was
//! damaged; if not, what is in the coefficients means nothing, and the host's decoder is the way. Stands before
//! [`idct`](super::idct), which reads the coefficients in parts; no step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use std::ops::Range;

use tintype_jpeg::{Frame, NATURAL_FROM_ZIGZAG, decode::Bitstream};

use super::prefix_sum;
use crate::record::{Bound, BufferId, LINE, Recording};

/// Bytes of the status.
const STATUS_BYTES: u64 = 16;
/// Members of a span's state.
const STATE_WORDS: u64 = 6;
/// Words in front of the codes: the places in zig-zag order.
const PLACE_WORDS: usize = 16;

/// How spans are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starts {
    /// Every so many bits, wherever that is; at most so many rounds.
    Guessed {
        /// Bits of a span.
        span_bits: u32,
        /// Rounds of decoding. Spans of one interval are in step after as many rounds as there are of them, at the latest.
        rounds: u32,
    },
    /// After every so many MCUs, where the host has found them. That takes it as long as decoding them: only files that do not come
    /// into step gain by it.
    Walked {
        /// MCUs of a span.
        mcus: u32,
    },
}

macro_rules! bit_params {
    ($($(#[$meta:meta])* $module:ident $kernel:ident)*) => {$(
        mod $module {
            use crate::kernels;

            tintype_wgsl::params! {
                $(#[$meta])*
                pub(super) struct Params for kernels::$kernel {
                    spans: u32, span_bits: u32, round: u32, stride: u32,
                }
            }
        }
    )*};
}

bit_params! {
    /// Uniform of `huffman_decode.wgsl`.
    rounds HUFFMAN_DECODE
    /// Uniform of `huffman_decode.check.wgsl`.
    check HUFFMAN_DECODE_CHECK
    /// Uniform of `huffman_decode.coefficients.wgsl`.
    coefficients HUFFMAN_DECODE_COEFFICIENTS
}

macro_rules! dc_params {
    ($($(#[$meta:meta])* $module:ident $kernel:ident)*) => {$(
        mod $module {
            use crate::kernels;

            tintype_wgsl::params! {
                $(#[$meta])*
                pub(super) struct Params for kernels::$kernel {
                    blocks: u32, component_count: u32, _pad0: u32, _pad1: u32,
                }
            }
        }
    )*};
}

dc_params! {
    /// Uniform of `huffman_decode.differences.wgsl`.
    differences HUFFMAN_DECODE_DIFFERENCES
    /// Uniform of `huffman_decode.values.wgsl`.
    values HUFFMAN_DECODE_VALUES
}

/// A span, as kernels read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Span {
    /// Its first bit.
    pub begin: u32,
    /// The bit behind its last.
    pub end: u32,
    /// Which of the intervals it is in.
    pub interval: u32,
    /// 1 where the first block of an MCU begins with its first bit.
    pub is_known: u32,
}

/// A restart interval, as kernels read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Interval {
    /// The bit behind its last.
    pub end: u32,
    /// How many blocks it has.
    pub blocks: u32,
    /// Number of its first span.
    pub first_span: u32,
    /// How many spans it has.
    pub span_count: u32,
    /// Number of its first MCU in its picture.
    pub first_mcu: u32,
    /// Which of the pictures it is of.
    pub picture: u32,
    _pad0: u32,
    _pad1: u32,
}

#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct PictureBlock {
    unit_count: u32,
    mcus_across: u32,
    _pad0: u32,
    _pad1: u32,
    units: [[u32; 4]; 10],
    components: [[u32; 4]; 4],
}

#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct DcBlock {
    first: u32,
    blocks: u32,
    h: u32,
    v: u32,
    across: u32,
    word: u32,
    mcus_across: u32,
    interval_mcus: u32,
}

/// The bits of some pictures, cut into spans.
#[derive(Clone, Debug)]
pub struct HuffmanDecode {
    words: Vec<u32>,
    codes: Vec<u32>,
    spans: Vec<Span>,
    intervals: Vec<Interval>,
    pictures: Vec<PictureBlock>,
    dcs: Vec<DcBlock>,
    /// For each picture and component where its coefficients are.
    parts: Vec<Vec<Range<u64>>>,
    coefficient_bytes: u64,
    blocks: u32,
    rounds: u32,
}

impl HuffmanDecode {
    /// The pictures of `streams`, each cut as it says. `None` where they are more together than a binding of so many bytes
    /// holds, or where walking over a picture's codes shows that it is damaged.
    pub fn new(streams: Vec<(Bitstream, Starts)>, binding_bytes: u64) -> Option<Self> {
        let mut all = Self {
            words: Vec::new(),
            codes: places(),
            spans: Vec::new(),
            intervals: Vec::new(),
            pictures: Vec::new(),
            dcs: Vec::new(),
            parts: Vec::new(),
            coefficient_bytes: 0,
            blocks: 0,
            rounds: 1,
        };
        for (stream, starts) in streams {
            all.add(stream, starts)?;
        }
        let bits = all.words.len() as u64 * 32;
        let states = STATE_WORDS * 4 * u64::from(all.stride());
        let largest = all.coefficient_bytes.max(bits / 8).max(states);
        (!all.spans.is_empty() && largest <= binding_bytes && bits < 1 << 32).then_some(all)
    }

    fn add(&mut self, stream: Bitstream, starts: Starts) -> Option<()> {
        let first_bit = u32::try_from(self.words.len() as u64 * 32).ok()?;
        let picture = self.pictures.len() as u32;
        let unit_count = stream.units.len() as u32;
        let mut block = PictureBlock {
            unit_count,
            mcus_across: stream.mcus.width,
            _pad0: 0,
            _pad1: 0,
            units: [[0; 4]; 10],
            components: [[0; 4]; 4],
        };
        let interval_mcus = stream.intervals.first().map_or(1, |interval| interval.mcus);
        let mut parts = Vec::new();
        for (index, component) in stream.header.frame.components.iter().enumerate() {
            let units = stream.units.iter().filter(|unit| unit.component == index);
            let (h, v) = units.fold((1, 1), |(h, v), unit| (h.max(unit.place.0 + 1), v.max(unit.place.1 + 1)));
            let first_byte = self.coefficient_bytes.next_multiple_of(Recording::PART_ALIGNMENT);
            let word = u32::try_from(first_byte / 4).ok()?;
            let across = component.blocks.width;
            block.components[index] = [h, v, across, word];
            self.coefficient_bytes = first_byte + component.blocks.area() * 128;
            parts.push(first_byte..self.coefficient_bytes);
            let blocks = u32::try_from(stream.mcus.area() * u64::from(h * v)).ok()?;
            let mcus_across = stream.mcus.width;
            self.dcs.push(DcBlock { first: self.blocks, blocks, h, v, across, word, mcus_across, interval_mcus });
            self.blocks = self.blocks.checked_add(blocks)?;
        }
        for (place, unit) in block.units.iter_mut().zip(&stream.units) {
            let code = |number: usize| (self.codes.len() + number * size_of_code(&stream)) as u32;
            let (x, y) = unit.place;
            *place = [unit.component as u32, x | y << 16, code(unit.dc), code(unit.ac)];
        }
        self.codes.extend(stream.codes.iter().flatten());

        let walked = match starts {
            Starts::Walked { mcus } => Some(stream.starts(mcus)?),
            Starts::Guessed { .. } => None,
        };
        let mut first_mcu = 0;
        let mut most_spans = 1;
        for (number, interval) in stream.intervals.iter().enumerate() {
            let first_span = self.spans.len() as u32;
            let place = self.intervals.len() as u32;
            match (&walked, starts) {
                (Some(walked), _) => {
                    let begins = &walked[number];
                    let ends = begins.iter().skip(1).chain([&interval.end_bit]);
                    let spans = begins.iter().zip(ends);
                    self.spans.extend(spans.map(|(begin, end)| Span {
                        begin: first_bit + begin,
                        end: first_bit + end,
                        interval: place,
                        is_known: 1,
                    }));
                }
                (None, Starts::Guessed { span_bits, .. }) => {
                    let count = (interval.end_bit - interval.first_bit).div_ceil(span_bits.max(32)).max(1);
                    self.spans.extend((0..count).map(|i| {
                        let begin = interval.first_bit + i * span_bits.max(32);
                        let end = (begin + span_bits.max(32)).min(interval.end_bit);
                        Span {
                            begin: first_bit + begin,
                            end: first_bit + end,
                            interval: place,
                            is_known: u32::from(i == 0),
                        }
                    }));
                    most_spans = most_spans.max(count);
                }
                (None, Starts::Walked { .. }) => return None,
            }
            self.intervals.push(Interval {
                end: first_bit + interval.end_bit,
                blocks: interval.mcus.checked_mul(unit_count).filter(|blocks| *blocks < 1 << 26)?,
                first_span,
                span_count: self.spans.len() as u32 - first_span,
                first_mcu,
                picture,
                _pad0: 0,
                _pad1: 0,
            });
            first_mcu += interval.mcus;
        }
        if let Starts::Guessed { rounds, .. } = starts {
            self.rounds = self.rounds.max(rounds.min(most_spans));
        }
        self.pictures.push(block);
        self.parts.push(parts);
        if self.words.is_empty() {
            self.words = stream.words;
        } else {
            self.words.extend(stream.words);
        }
        Some(())
    }

    /// The bits, which an upload of the recording has to hold.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words)
    }

    /// Where the coefficients of each component of a picture are, in bytes: planes of blocks as in [`Frame`].
    pub fn parts(&self, picture: usize) -> &[Range<u64>] {
        &self.parts[picture]
    }

    /// Bytes of all coefficients.
    pub fn coefficient_bytes(&self) -> u64 {
        self.coefficient_bytes
    }

    /// Rounds in which spans come into step.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The spans, interval by interval.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    fn stride(&self) -> u32 {
        (self.spans.len() as u32).next_multiple_of(LINE)
    }

    /// Appends all passes, from `bits`, which holds [`Self::bytes`], to `coefficients`, a buffer of [`Self::coefficient_bytes`].
    /// The status is what the recording reads back, for [`Self::status`].
    pub fn record(&self, recording: &mut Recording, bits: BufferId, coefficients: BufferId) {
        let spans = self.spans.len() as u32;
        let stride = self.stride();
        let span_bits = self.spans.iter().map(|span| span.end - span.begin).max().unwrap_or(0);
        let codes = recording.table(&self.codes);
        let span_table = recording.table(&self.spans);
        let intervals = recording.table(&self.intervals);
        let pictures = recording.table(&self.pictures);
        let shared = [Bound::Buffer(bits), codes, span_table, intervals, pictures];

        let states = [(); 2].map(|()| recording.scratch(STATE_WORDS * 4 * u64::from(stride)));
        for round in 0..self.rounds {
            let (before, after) = (states[(round as usize + 1) % 2], states[round as usize % 2]);
            let pass = recording.pass(rounds::Params { spans, span_bits, round, stride }).line(spans);
            shared.iter().fold(pass, |pass, bound| pass.bound(bound)).buffer(before).write_buffer(after);
        }
        let states = states[(self.rounds as usize + 1) % 2];
        let round = self.rounds;

        let count_bytes = u64::from(stride) * 4;
        let counts = Bound::Part(states, 5 * count_bytes..6 * count_bytes);
        let sums = recording.scratch(prefix_sum::bytes(spans));
        prefix_sum::record(recording, &counts, spans, sums);

        let status = recording.readback(STATUS_BYTES, STATUS_BYTES);
        recording.zero(status);
        let pass = recording.pass(check::Params { spans, span_bits, round, stride }).line(spans);
        let pass = shared.iter().fold(pass, |pass, bound| pass.bound(bound));
        pass.buffer(states).buffer(sums).write_buffer(status);

        recording.zero(coefficients);
        let pass = recording.pass(coefficients::Params { spans, span_bits, round, stride }).line(spans);
        let pass = shared.iter().fold(pass, |pass, bound| pass.bound(bound));
        pass.buffer(states).buffer(sums).write_buffer(coefficients);

        self.record_dc(recording, coefficients);
    }

    /// DC differences become values.
    fn record_dc(&self, recording: &mut Recording, coefficients: BufferId) {
        let blocks = self.blocks;
        let component_count = self.dcs.len() as u32;
        let (_pad0, _pad1) = (0, 0);
        let components = recording.table(&self.dcs);
        let differences = recording.scratch(u64::from(blocks) * 4);
        let pass = recording.pass(differences::Params { blocks, component_count, _pad0, _pad1 }).line(blocks);
        pass.table(&components).buffer(coefficients).write_buffer(differences);
        let sums = recording.scratch(prefix_sum::bytes(blocks));
        prefix_sum::record(recording, &Bound::Buffer(differences), blocks, sums);
        let pass = recording.pass(values::Params { blocks, component_count, _pad0, _pad1 }).line(blocks);
        pass.table(&components).buffer(sums).write_buffer(coefficients);
    }

    /// Whether all of the first `count` statuses in `bytes` are sound, and how many bytes they take. What is not there is not sound.
    pub fn are_sound(bytes: &[u8], count: usize) -> (bool, usize) {
        let len = count * STATUS_BYTES as usize;
        let mut statuses = bytes.get(..len).unwrap_or_default().chunks_exact(STATUS_BYTES as usize);
        let are_sound =
            statuses.len() == count && statuses.all(|status| Self::status(status).is_some_and(Status::is_sound));
        (are_sound, len.min(bytes.len()))
    }

    /// What was read back of the status. `None` where it is not as long.
    pub fn status(bytes: &[u8]) -> Option<Status> {
        let [unsynced, damaged, _, _] = bytemuck::pod_read_unaligned(bytes.get(..STATUS_BYTES as usize)?);
        Some(Status { unsynced, damaged })
    }
}

/// How decoding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Spans that were not in step when the rounds were over.
    pub unsynced: u32,
    /// Spans with what is no code, and intervals with other than their number of blocks. Of no meaning unless all are in step.
    pub damaged: u32,
}

impl Status {
    /// Whether the coefficients are those of the host's decoder.
    pub fn is_sound(self) -> bool {
        self == Self { unsynced: 0, damaged: 0 }
    }
}

/// How a picture of so many bytes of bits is best cut, by how long decoders take to fall into step (measured on photographs: up
/// to 1,000 bits where all components have the same resolution, up to 23,300 otherwise).
pub fn guessed(frame: &Frame, bit_bytes: u64) -> Starts {
    let is_even = frame.components.iter().all(|component| (component.h, component.v) == (1, 1));
    let span_bits = match (is_even, bit_bytes) {
        (true, _) => 512,
        (false, 0..250_000) => 1024,
        (false, 250_000..1_000_000) => 2048,
        (false, _) => 4096,
    };
    let in_step_bits = if is_even { 8_192 } else { 32_768 };
    Starts::Guessed { span_bits, rounds: in_step_bits / span_bits + 2 }
}

fn size_of_code(stream: &Bitstream) -> usize {
    stream.codes.first().map_or(0, |code| code.len())
}

/// The natural places in zig-zag order, a byte each.
fn places() -> Vec<u32> {
    let words = NATURAL_FROM_ZIGZAG.as_chunks().0.iter().map(|places| u32::from_le_bytes(*places));
    let places: Vec<u32> = words.collect();
    debug_assert_eq!(places.len(), PLACE_WORDS, "the kernels look for codes behind them");
    places
}
