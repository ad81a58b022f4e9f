//! The bits of a baseline scan, laid out so that many places of them can be decoded at once.
//!
//! Stuffing and markers are taken out, each restart interval begins with a word, and codes become tables of plain words. What
//! is read here is what an encoder writes today: one scan of everything, restart markers where they belong, the end marker. Of
//! anything else, [`Bitstream::read`] gives nothing, and [`decode`](super::decode()) is the way.
//!
//! Whoever decodes the bits has to find the same number of blocks in each interval as [`Interval::mcus`] says, no bits that are
//! no code, and none beyond [`Interval::end_bit`]; then the coefficients are those of `decode`, and there is no damage.

use tintype_pixels::Size;

use super::{
    Bound, Coding, DecodeError, Header, Limits,
    error::within,
    header::Tables,
    huffman::{self, DIRECT_BITS_OF_WORDS, WORDS},
    markers::{Marker, RST0, RST7, SOS, Walk, next_marker},
    scan::{Scan, code_of},
};
use crate::standard;

/// Blocks of an MCU at most (B.2.3).
const MAX_UNITS: usize = 10;
/// Words are counted in bits, with 32 of them.
const MAX_WORDS: usize = 1 << 26;

/// A baseline picture before its bits are decoded.
#[derive(Clone, Debug)]
pub struct Bitstream {
    /// What stands in front of the scan, and the segments behind it.
    pub header: Header,
    /// Width and height in MCUs.
    pub mcus: Size,
    /// The blocks of an MCU in their order, ten at most.
    pub units: Vec<Unit>,
    /// The bits, the first in the highest place; an interval begins with a word, and ones fill its last. Behind them is one word more.
    pub words: Vec<u32>,
    /// The restart intervals: one, where there are no markers.
    pub intervals: Vec<Interval>,
    /// The codes that units name, each as words: see [`CodeWords`].
    pub codes: Vec<CodeWords>,
}

/// One block of every MCU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its component's place in the frame.
    pub component: usize,
    /// Its column and row in the MCU.
    pub place: (u32, u32),
    /// Which of the codes is that of its DC difference.
    pub dc: usize,
    /// Which of the codes is that of its AC coefficients.
    pub ac: usize,
}

/// What stands between two restart markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its first bit: the highest of a word.
    pub first_bit: u32,
    /// The bit behind its last, which ends a byte of the file.
    pub end_bit: u32,
    /// How many MCUs it has.
    pub mcus: u32,
}

/// A Huffman code as words.
///
/// First 512, by the next nine bits: length of the code times 256 plus its symbol, or zero where the code is longer. Then for
/// each length of 0 to 17 bits the first code that is longer, moved up to 16 bits; for each what to add, modulo 2³², to a code of
/// that length to have its symbol's place; then 256 symbols, four to a word, the first in the lowest place.
pub type CodeWords = [u32; WORDS];

impl Bitstream {
    /// Reads all of `bytes`, a whole file. `None` where it has to be decoded one bit after the other, or is damaged.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Option<Self>, DecodeError> {
        let mut walk = Walk::new(bytes)?;
        let mut tables = Tables::default();
        let mut header = Header::read_with(&mut walk, &mut tables, limits)?;
        let coefficient_bytes = header.frame.components.iter().map(|component| component.blocks.area() * 128).sum();
        within(Bound::CoefficientBytes, coefficient_bytes, limits.coefficient_bytes)?;
        if header.coding != Coding::Sequential || limits.scans == 0 {
            return Ok(None);
        }
        let Ok(scan) = Scan::parse(&bytes[header.first_scan.clone()], &header) else { return Ok(None) };
        within(Bound::CodedBlocks, scan.blocks(), limits.coded_blocks)?;
        if !has_steps(&header, &tables) {
            return Ok(None);
        }
        let Some((units, codes)) = units(&scan, &header, &tables) else { return Ok(None) };
        let Some((words, intervals, end)) = intervals(bytes, walk.at(), &scan, tables.restart_interval) else {
            return Ok(None);
        };
        walk.go_to(end);
        while let Some(marker) = walk.next() {
            match marker {
                Marker::End => {
                    let mcus = Size::new(scan.columns, scan.rows);
                    return Ok(Some(Self { header, mcus, units, words, intervals, codes }));
                }
                Marker::Segment(SOS, _) => return Ok(None),
                Marker::Segment(marker, data) => {
                    if tables.read(marker, &bytes[data.clone()]).is_err() {
                        return Ok(None);
                    }
                    header.segments.add(marker, data);
                }
            }
        }
        Ok(None)
    }

    /// The first bit of every `step`th MCU of each interval, found by walking over the lengths of codes; interval by
    /// interval. `None` where the bits are not sound.
    pub fn starts(&self, step: u32) -> Option<Vec<Vec<u32>>> {
        self.intervals.iter().map(|interval| self.starts_of(interval, step.max(1))).collect()
    }

    fn starts_of(&self, interval: &Interval, step: u32) -> Option<Vec<u32>> {
        let mut starts = Vec::with_capacity(interval.mcus.div_ceil(step) as usize);
        let mut at = interval.first_bit;
        for mcu in 0..interval.mcus {
            if mcu % step == 0 {
                starts.push(at);
            }
            for unit in &self.units {
                let symbol = self.skip(&mut at, unit.dc)?;
                at += symbol & 15;
                let mut k = 1;
                while k < 64 {
                    let symbol = self.skip(&mut at, unit.ac)?;
                    at += symbol & 15;
                    match (symbol & 15, symbol >> 4) {
                        (0, 15) => k += 16,
                        (0, _) => break,
                        (_, run) if k + run < 64 => k += run + 1,
                        _ => return None,
                    }
                }
                if k > 64 || at > interval.end_bit {
                    return None;
                }
            }
        }
        (interval.end_bit - at < 8).then_some(starts)
    }

    /// Goes over a code and gives its symbol.
    fn skip(&self, at: &mut u32, code: usize) -> Option<u32> {
        let word = (*at >> 5) as usize;
        let two = u64::from(*self.words.get(word)?) << 32 | u64::from(*self.words.get(word + 1)?);
        let bits = (two << (*at & 31) >> 32) as u32;
        let entry = huffman::entry_of_words(&self.codes[code], bits)?;
        *at += entry >> 8;
        Some(entry & 255)
    }
}

/// Whether every component has its quantisation table, without zeros.
fn has_steps(header: &Header, tables: &Tables) -> bool {
    header.quantization.iter().all(|number| {
        let table = tables.quantization[usize::from(*number)];
        table.is_some_and(|table| !table.contains(&0))
    })
}

/// The blocks of an MCU and the codes they use. `None` where not all components are in the scan, or a code cannot be.
fn units(scan: &Scan, header: &Header, tables: &Tables) -> Option<(Vec<Unit>, Vec<CodeWords>)> {
    if scan.components.len() != header.frame.components.len() {
        return None;
    }
    let mut codes = Vec::new();
    let mut places = [[None; 4]; 2];
    let mut units = Vec::new();
    for component in &scan.components {
        // 0 for DC, 1 for AC.
        let mut number = |class: usize, table: usize| -> Option<usize> {
            if let Some(number) = places[class][table] {
                return Some(number);
            }
            let code = match class {
                0 => code_of(&tables.dc, table, standard::dc),
                _ => code_of(&tables.ac, table, standard::ac),
            };
            codes.push(huffman::words(&code.ok()?).ok()?);
            places[class][table] = Some(codes.len() - 1);
            places[class][table]
        };
        let (dc, ac) = (number(0, component.dc)?, number(1, component.ac)?);
        for (x, y) in (0..component.v).flat_map(|y| (0..component.h).map(move |x| (x, y))) {
            units.push(Unit { component: component.index, place: (x, y), dc, ac });
        }
    }
    (units.len() <= MAX_UNITS).then_some((units, codes))
}

/// The bits of the scan at `at`, and where the marker behind it is. `None` where restart markers are not what they should be.
fn intervals(
    bytes: &[u8],
    mut at: usize,
    scan: &Scan,
    restart_interval: u32,
) -> Option<(Vec<u32>, Vec<Interval>, usize)> {
    let total = u64::from(scan.columns) * u64::from(scan.rows);
    let mut left = u32::try_from(total).ok()?;
    let mut data: Vec<u8> = Vec::with_capacity(bytes.len() - at + 8);
    let mut intervals = Vec::new();
    let end = loop {
        let marker = next_marker(bytes, at)?;
        let first_bit = data.len() * 8;
        destuff(&bytes[at..marker], &mut data);
        let end_bit = data.len() * 8;
        data.resize(data.len().next_multiple_of(4), 0xff);
        if data.len() / 4 > MAX_WORDS {
            return None;
        }
        let mcus = if restart_interval == 0 { left } else { left.min(restart_interval) };
        left -= mcus;
        intervals.push(Interval { first_bit: first_bit as u32, end_bit: end_bit as u32, mcus });
        if left == 0 {
            break marker;
        }
        let expected = RST0 + ((intervals.len() - 1) % 8) as u8;
        if bytes[marker + 1] != expected {
            return None;
        }
        at = marker + 2;
    };
    if (RST0..=RST7).contains(&bytes[end + 1]) {
        return None;
    }
    data.extend([0xff; 4]);
    let words = data.as_chunks().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
    Some((words, intervals, end))
}

/// Appends `bytes` without what is put behind bytes of ones, and without those that fill up to a marker.
fn destuff(mut bytes: &[u8], to: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(0xff, bytes) {
        to.extend_from_slice(&bytes[..at]);
        let fill = bytes[at..].iter().take_while(|byte| **byte == 0xff).count();
        if at + fill == bytes.len() {
            return;
        }
        to.push(0xff);
        bytes = &bytes[at + fill + 1..];
    }
    to.extend_from_slice(bytes);
}

const _: () = assert!(DIRECT_BITS_OF_WORDS == 9, "CodeWords says nine");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_and_fill_bytes_vanish() {
        let mut out = Vec::new();
        destuff(&[1, 0xff, 0, 2, 0xff, 0xff, 0, 0xff, 0, 3, 0xff, 0xff], &mut out);
        assert_eq!(out, [1, 0xff, 2, 0xff, 0xff, 3]);
    }
}
