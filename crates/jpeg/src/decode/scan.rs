//! One scan: which blocks it has in which order, its restart markers, and which rows it brought soundly.

use super::{
    Bound, Coding, Damage, DecodeError, Header, Limits,
    bits::Bits,
    error::within,
    header::{HuffmanCode, Tables},
    huffman::Huffman,
    markers::{RST0, RST7, next_marker},
    pool::Pool,
    progressive::{AcFirst, AcRefine, Band, DcFirst, DcRefine},
    sequential::Sequential,
};
use crate::{Coefficients, Component, Frame, NATURAL_FROM_ZIGZAG, standard};

/// Natural places by zig-zag index. Damaged data runs past the end, by 15 at most for each of two runs; as in libjpeg
/// that ends in the last place.
pub(super) const PLACES: [u8; 128] = {
    let mut places = [63; 128];
    let mut k = 0;
    while k < 64 {
        places[k] = NATURAL_FROM_ZIGZAG[k];
        k += 1;
    }
    places
};

/// Decodes blocks of one kind of scan.
pub(super) trait Coder {
    /// Decodes one block into what earlier scans have left there.
    fn block(&mut self, bits: &mut Bits<'_>, slot: Slot, block: &mut [i16; 64]);

    /// Forgets what came before a restart marker.
    fn restart(&mut self);
}

/// A component's place in a scan, 0 to 3.
#[derive(Clone, Copy)]
pub(super) struct Slot(u8);

impl Slot {
    #[inline(always)]
    pub(super) fn index(self) -> usize {
        usize::from(self.0 % 4)
    }
}

/// The picture while it is being put together.
pub(super) struct Canvas {
    /// Planes grow by rows of MCUs as these are come to: zeros that were written long before have left the cache.
    coefficients: Coefficients,
    /// For each component and zig-zag index the lowest bit that has been coded.
    low: Vec<[u8; 64]>,
    /// For each row of MCUs whether an error has reached it.
    damaged: Vec<bool>,
}

/// Of a coefficient that no scan has brought.
const NEVER: u8 = u8::MAX;

impl Canvas {
    pub(super) fn new(header: &Header, limits: &Limits, pool: &Pool) -> Result<Self, DecodeError> {
        let frame = header.frame.clone();
        let bytes = frame.components.iter().map(|component| component.blocks.area() * 128).sum();
        within(Bound::CoefficientBytes, bytes, limits.coefficient_bytes)?;
        let planes = frame.components.iter().map(|component| pool.take(values(component))).collect();
        Ok(Self {
            low: vec![[NEVER; 64]; frame.components.len()],
            damaged: vec![false; frame.mcus().height as usize],
            coefficients: Coefficients { frame, planes },
        })
    }

    /// Whether any scan has begun.
    pub(super) fn is_begun(&self) -> bool {
        self.low.iter().any(|low| low[0] != NEVER)
    }

    /// Whether all coefficients have come down to their last bit.
    pub(super) fn is_complete(&self) -> bool {
        self.low.iter().flatten().all(|low| *low == 0)
    }

    /// Takes all rows for damaged: something is missing that reaches everywhere.
    pub(super) fn spoil(&mut self) {
        self.damaged.fill(true);
    }

    pub(super) fn damage(&self, end_marker: bool) -> Damage {
        let Frame { size, .. } = self.coefficients.frame;
        let row_px = 8 * u32::from(self.coefficients.frame.max_sampling().1);
        let rows = |mcu_rows: usize| (mcu_rows as u32 * row_px).min(size.height);
        let damaged_rows = self.damaged.iter().enumerate().filter(|(_, damaged)| **damaged);
        Damage {
            end_marker,
            complete: self.is_complete(),
            sound_rows: rows(self.damaged.iter().take_while(|damaged| !**damaged).count()),
            damaged_rows: damaged_rows.map(|(row, _)| rows(row + 1) - rows(row)).sum(),
        }
    }

    pub(super) fn into_coefficients(mut self) -> Coefficients {
        let Coefficients { frame, planes } = &mut self.coefficients;
        planes.iter_mut().zip(&frame.components).for_each(|(plane, component)| plane.resize(values(component), 0));
        self.coefficients
    }
}

/// How many coefficients a component has.
fn values(component: &Component) -> usize {
    component.blocks.area() as usize * 64
}

/// The parameters of a scan (B.2.3).
pub(super) struct Scan {
    coding: Coding,
    pub(super) components: Vec<ScanComponent>,
    /// The first and last coefficient, in zig-zag order; all in a sequential scan.
    band: Band,
    /// Whether a higher bit has been coded before.
    refine: bool,
    /// Columns and rows of MCUs.
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// For each component of the frame the number of its quantisation table.
    quantization: Vec<u8>,
}

pub(super) struct ScanComponent {
    /// Its place in the frame.
    pub(super) index: usize,
    /// Blocks in an MCU, across and down.
    pub(super) h: u32,
    pub(super) v: u32,
    /// Blocks in a row of the plane.
    width: u32,
    /// The numbers of its Huffman tables.
    pub(super) dc: usize,
    pub(super) ac: usize,
}

impl Scan {
    pub(super) fn parse(data: &[u8], header: &Header) -> Result<Self, DecodeError> {
        const SHORT: DecodeError = DecodeError::Damaged("short parameters of a scan");
        let (count, rest) = data.split_first().ok_or(SHORT)?;
        let count = usize::from(*count);
        if !(1..=4).contains(&count) {
            return Err(DecodeError::Damaged("a scan of other than 1 to 4 components"));
        }
        let (named, rest) = rest.split_at_checked(2 * count).ok_or(SHORT)?;
        let [first, last, bits, ..] = rest else { return Err(SHORT) };
        let frame = &header.frame;
        let mut components: Vec<ScanComponent> = Vec::new();
        for [id, tables] in named.as_chunks::<2>().0 {
            // Damaged files give two components the same name; the second is meant by the second mention.
            let mut candidates = frame.components.iter().enumerate();
            let found = candidates.find(|(i, of)| of.id == *id && components.iter().all(|known| known.index != *i));
            let (index, of) = found.ok_or(DecodeError::Damaged("a scan of a component that the frame lacks"))?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 {
                return Err(DecodeError::Damaged("a Huffman table other than 0 to 3"));
            }
            let (h, v) = if count == 1 { (1, 1) } else { (u32::from(of.h), u32::from(of.v)) };
            components.push(ScanComponent { index, h, v, width: of.blocks.width, dc, ac });
        }
        let (columns, rows) = match &components[..] {
            [only] => {
                let samples = frame.components[only.index].samples;
                (samples.width.div_ceil(8), samples.height.div_ceil(8))
            }
            _ => (frame.mcus().width, frame.mcus().height),
        };
        let band = Band { first: usize::from(*first), last: usize::from(*last), low: u32::from(bits & 15) };
        let mut scan = Self {
            coding: header.coding,
            components,
            band,
            refine: bits >> 4 != 0,
            columns,
            rows,
            quantization: header.quantization.clone(),
        };
        match header.coding {
            // What a sequential scan says here means nothing; libjpeg warns.
            Coding::Sequential => (scan.band, scan.refine) = (Band { first: 0, last: 63, low: 0 }, false),
            Coding::Progressive => scan.check_progression(u32::from(bits >> 4))?,
        }
        Ok(scan)
    }

    fn check_progression(&self, high: u32) -> Result<(), DecodeError> {
        let Band { first, last, low } = self.band;
        let sound_band = match first {
            0 => last == 0,
            _ => first <= last && last < 64 && self.components.len() == 1,
        };
        if !sound_band || low > 13 || (self.refine && high != low + 1) {
            return Err(DecodeError::Damaged("a scan of a progressive picture that cannot be"));
        }
        Ok(())
    }

    /// How many blocks it has.
    pub(super) fn blocks(&self) -> u64 {
        let in_mcu: u32 = self.components.iter().map(|component| component.h * component.v).sum();
        u64::from(self.columns) * u64::from(self.rows) * u64::from(in_mcu)
    }

    /// Decodes the data at `at` of `bytes`. Returns where the next marker is.
    ///
    /// Only tables that are missing or cannot be are errors, before anything is decoded.
    pub(super) fn decode(
        &self,
        bytes: &[u8],
        at: usize,
        tables: &Tables,
        canvas: &mut Canvas,
    ) -> Result<usize, DecodeError> {
        let codes = Codes::new(self, tables)?;
        self.take_quantization(tables, canvas)?;
        for component in &self.components {
            canvas.low[component.index][self.band.first..=self.band.last].fill(self.band.low as u8);
        }
        let Band { first, low, .. } = self.band;
        let restart_interval = tables.restart_interval;
        let empty_blocks = 0;
        let predictors = [0; 4];
        let band = self.band;
        let run = Run { scan: self, bytes, restart_interval };
        Ok(match (self.coding, first, self.refine) {
            (Coding::Sequential, ..) => {
                let codes = std::array::from_fn(|slot| (codes.dc(slot), codes.ac(slot)));
                run.decode(at, Sequential { codes, predictors }, canvas)
            }
            (_, 0, false) => {
                let codes = std::array::from_fn(|slot| codes.dc(slot));
                run.decode(at, DcFirst { codes, low, predictors }, canvas)
            }
            (_, 0, true) => run.decode(at, DcRefine { low }, canvas),
            (_, _, false) => run.decode(at, AcFirst { code: codes.ac(0), band, empty_blocks }, canvas),
            (_, _, true) => run.decode(at, AcRefine { code: codes.ac(0), band, empty_blocks }, canvas),
        })
    }

    /// A component has the table that its number means when its first scan begins.
    fn take_quantization(&self, tables: &Tables, canvas: &mut Canvas) -> Result<(), DecodeError> {
        for component in &self.components {
            if canvas.low[component.index].iter().any(|low| *low != NEVER) {
                continue;
            }
            let number = usize::from(self.quantization[component.index]);
            let table = tables.quantization[number];
            let table = table.ok_or(DecodeError::Damaged("a scan without its quantisation table"))?;
            if table.contains(&0) {
                return Err(DecodeError::Damaged("a quantisation table with a zero"));
            }
            canvas.coefficients.frame.components[component.index].quantization = table;
        }
        Ok(())
    }
}

/// The Huffman codes that a scan uses, each built once.
struct Codes {
    dc: [Option<Box<Huffman>>; 4],
    ac: [Option<Box<Huffman>>; 4],
    /// For each slot which of them; slots that the scan lacks repeat its first.
    slots: [(usize, usize); 4],
    /// Where the scan needs none.
    none: Box<Huffman>,
}

impl Codes {
    fn new(scan: &Scan, tables: &Tables) -> Result<Self, DecodeError> {
        let (mut dc, mut ac) = ([const { None }; 4], [const { None }; 4]);
        for component in &scan.components {
            if scan.band.first == 0 && !scan.refine {
                build(&mut dc[component.dc], &tables.dc, component.dc, standard::dc)?;
            }
            if scan.band.last > 0 {
                build(&mut ac[component.ac], &tables.ac, component.ac, standard::ac)?;
            }
        }
        let slots = std::array::from_fn(|slot| {
            let component = scan.components.get(slot).unwrap_or(&scan.components[0]);
            (component.dc, component.ac)
        });
        let none = Huffman::new(&HuffmanCode { counts: [0; 16], symbols: Vec::new() })?;
        Ok(Self { dc, ac, slots, none })
    }

    fn dc(&self, slot: usize) -> &Huffman {
        self.dc[self.slots[slot].0].as_ref().unwrap_or(&self.none)
    }

    fn ac(&self, slot: usize) -> &Huffman {
        self.ac[self.slots[slot].1].as_ref().unwrap_or(&self.none)
    }
}

/// Where the file has no such table, the standard's is meant, whose numbers are 0 and 1.
pub(super) fn code_of(
    tables: &[Option<HuffmanCode>; 4],
    number: usize,
    standard: impl Fn() -> [standard::Code; 2],
) -> Result<HuffmanCode, DecodeError> {
    let standard = || {
        let (counts, symbols) = standard().into_iter().nth(number)?;
        Some(HuffmanCode { counts, symbols })
    };
    let code = tables[number].clone().or_else(standard);
    code.ok_or(DecodeError::Damaged("a scan without its Huffman table"))
}

fn build(
    place: &mut Option<Box<Huffman>>,
    tables: &[Option<HuffmanCode>; 4],
    number: usize,
    standard: impl Fn() -> [standard::Code; 2],
) -> Result<(), DecodeError> {
    if place.is_none() {
        *place = Some(Huffman::new(&code_of(tables, number, standard)?)?);
    }
    Ok(())
}

/// The data of a scan.
struct Run<'a> {
    scan: &'a Scan,
    bytes: &'a [u8],
    /// MCUs from one restart marker to the next; 0 for none.
    restart_interval: u32,
}

/// One block of every MCU.
struct Unit {
    slot: Slot,
    /// The component's place in the frame.
    component: usize,
    /// Its place in the first MCU of a row, in blocks of the component.
    at: u32,
    /// Blocks from one MCU to the next.
    h: u32,
}

impl Run<'_> {
    /// Decodes all MCUs. As in libjpeg, those for which the data does not suffice stay as they were, except for the first of
    /// them, which is decoded from zeros.
    fn decode<C: Coder>(&self, at: usize, mut coder: C, canvas: &mut Canvas) -> usize {
        let units = self.units();
        let Canvas { coefficients: Coefficients { frame, planes }, damaged, .. } = canvas;
        // Rows of this scan's MCUs in one of the frame's.
        let rows_in_mcu = match &self.scan.components[..] {
            [only] => usize::from(frame.components[only.index].v),
            _ => 1,
        };
        let mut bits = Bits::new(self.bytes, at);
        let mut starved = false;
        let (mut to_restart, mut expected) = (self.restart_interval, 0);
        for row in 0..self.scan.rows {
            let strips = self.strips(planes, row);
            let mut sound = true;
            for column in 0..self.scan.columns {
                if self.restart_interval > 0 {
                    if to_restart == 0 {
                        let restart = self.restart(&bits, expected);
                        // What ended with the row before has been counted there.
                        sound &= restart.sound && (column == 0 || !starved && !bits.wrong);
                        starved &= restart.lost;
                        bits = Bits::new(self.bytes, restart.at);
                        coder.restart();
                        expected = (expected + 1) % 8;
                        to_restart = self.restart_interval;
                    }
                    to_restart -= 1;
                }
                if starved {
                    sound = false;
                    continue;
                }
                for unit in &units {
                    let index = unit.at + column * unit.h;
                    coder.block(&mut bits, unit.slot, &mut strips[unit.component % 4][index as usize]);
                }
                starved = bits.starved();
            }
            let damaged_row = &mut damaged[row as usize / rows_in_mcu];
            *damaged_row |= !sound || starved || bits.wrong;
            if starved && (self.restart_interval == 0 || self.is_over(&bits)) {
                damaged[row as usize / rows_in_mcu..].fill(true);
                break;
            }
        }
        bits.next_marker()
    }

    fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        for (slot, component) in (0..).zip(&self.scan.components) {
            let &ScanComponent { index, h, v, width, .. } = component;
            for (dx, dy) in (0..v).flat_map(|dy| (0..h).map(move |dx| (dx, dy))) {
                units.push(Unit { slot: Slot(slot), component: index, at: dy * width + dx, h });
            }
        }
        units
    }

    /// The blocks of a row of MCUs, by the place of their component in the frame. Those that no scan has come to are zeros.
    fn strips<'p>(&self, planes: &'p mut [Vec<i16>], row: u32) -> [&'p mut [[i16; 64]]; 4] {
        let mut strips: [&mut [[i16; 64]]; 4] = [&mut [], &mut [], &mut [], &mut []];
        for (index, (strip, plane)) in strips.iter_mut().zip(planes).enumerate() {
            let Some(component) = self.scan.components.iter().find(|component| component.index == index) else {
                continue;
            };
            let values = (component.v * component.width) as usize * 64;
            let start = row as usize * values;
            if plane.len() < start + values {
                plane.resize(start + values, 0);
            }
            *strip = plane[start..start + values].as_chunks_mut().0;
        }
        strips
    }

    /// Whether no restart marker follows, so that nothing more can come.
    fn is_over(&self, bits: &Bits<'_>) -> bool {
        !matches!(self.bytes.get(bits.next_marker() + 1), Some(0x01..=0xbf | RST0..=RST7))
    }

    /// Looks for restart marker number `expected` at the next marker, by the rules of libjpeg's `jpeg_resync_to_restart`.
    fn restart(&self, bits: &Bits<'_>, expected: u8) -> Restart {
        let mut at = bits.next_marker();
        let mut sound = true;
        while let Some(marker) = self.bytes.get(at + 1) {
            let ahead = match marker {
                0x01..=0xbf => 7,
                RST0..=RST7 => (marker - RST0).wrapping_sub(expected) % 8,
                // The scan is over.
                _ => break,
            };
            match ahead {
                0 => return Restart { at: at + 2, sound, lost: false },
                // One of the next two: this one got lost, and what stood behind it.
                1 | 2 => break,
                // One of the last two, or none at all: look further.
                6 | 7 => at = next_marker(self.bytes, at + 2).unwrap_or(self.bytes.len()),
                // Far from anything expected: as good as the right one.
                _ => return Restart { at: at + 2, sound: false, lost: false },
            }
            sound = false;
        }
        Restart { at, sound: false, lost: true }
    }
}

/// Where a restart leads.
struct Restart {
    /// Where data goes on; at a marker if there is none for this interval.
    at: usize,
    /// Whether all was as expected.
    sound: bool,
    /// Whether the data of this interval is missing.
    lost: bool,
}
