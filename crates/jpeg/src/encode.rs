//! Coefficients to a file.
//!
//! ```text
//! Coefficients ──(scan, block coders)──► symbols and bits ──► Statistics ──► HuffmanTables
//!                                              └────────────────(packer)──────────┴──► bytes
//! ```
//!
//! Counting symbols, making tables and packing bits are apart, so that any of them can be done elsewhere: [`statistics`]
//! and [`HuffmanTables::packed`] are what a kernel takes the place of, and [`baseline_header`] is what stands in front
//! of entropy-coded bytes that somebody else made.
//!
//! For the same tables and coefficients the file is byte for byte what libjpeg writes: `cjpeg`, `cjpeg -optimize`,
//! `cjpeg -progressive`. Arithmetic coding, lossless and 12-bit JPEG are not here.
//!
//! Start with [`encode()`] and [`Options`].

mod bits;
mod error;
mod header;
mod huffman;
mod masks;
mod progressive;
mod scan;
mod segment;
mod sequential;
mod sink;

pub use error::EncodeError;
pub use huffman::{HuffmanTable, HuffmanTables, Statistics};
pub use segment::Segment;

use crate::{Coefficients, Frame};
use header::{Header, huffman_slot};
use scan::Scan;
use sink::{Packer, Tokens};

/// What does not follow from the coefficients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How coefficients become bits.
    pub coding: Coding,
    /// Where a damaged file can be taken up again.
    pub restart: Restart,
    /// Metadata, written in this order after JFIF's or Adobe's segment, which the frame decides.
    pub segments: Vec<Segment>,
}

/// How coefficients become bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// One scan of everything, interleaved.
    Baseline(Huffman),
    /// libjpeg's script of scans (jpeg_simple_progression): ten for YCbCr. Each has tables of its own.
    Progressive,
}

impl Default for Coding {
    fn default() -> Self {
        Self::Baseline(Huffman::Optimal)
    }
}

/// Where the Huffman tables come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Huffman {
    /// T.81, K.3: nothing to count.
    Standard,
    /// Fitted to the picture: some percent smaller.
    Optimal,
}

/// Where restart markers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Nowhere.
    #[default]
    Never,
    /// After so many rows of MCUs of each scan; zero is [`Restart::Never`].
    Rows(u16),
    /// After so many MCUs; zero is [`Restart::Never`].
    Mcus(u16),
}

/// The file of `coefficients`.
pub fn encode(coefficients: &Coefficients, options: &Options) -> Result<Vec<u8>, EncodeError> {
    error::check(coefficients)?;
    let mut header = Header::new(&coefficients.frame, options)?;
    // Two bits a pixel is a lot for a photograph at quality 80; more grows.
    let mut out = Vec::with_capacity(4096 + coefficients.frame.size.area() as usize / 4);
    match options.coding {
        Coding::Baseline(Huffman::Standard) => {
            let scan = Scan::sequential(&coefficients.frame);
            let tables = HuffmanTables::standard();
            header.file(&mut out)?;
            header.scan(&mut out, &scan, &tables);
            let mut packer = Packer::new(out, &tables);
            sequential::code(coefficients, &scan, options.restart, &mut packer);
            out = packer.finish();
        }
        Coding::Baseline(Huffman::Optimal) => {
            let scan = Scan::sequential(&coefficients.frame);
            let mut tokens = Tokens::default();
            sequential::code(coefficients, &scan, options.restart, &mut tokens);
            let tables = tokens.statistics().tables();
            header.file(&mut out)?;
            header.scan(&mut out, &scan, &tables);
            out = tokens.pack(out, &tables);
        }
        Coding::Progressive => {
            header.file(&mut out)?;
            let prepared = progressive::Prepared::new(coefficients);
            let mut tokens = Tokens::default();
            for scan in scan::script(&coefficients.frame) {
                tokens.clear();
                progressive::code(&prepared, &scan, options.restart, &mut tokens);
                let tables = tokens.statistics().tables();
                header.scan(&mut out, &scan, &tables);
                out = tokens.pack(out, &tables);
            }
        }
    }
    header::end(&mut out);
    Ok(out)
}

/// How often each symbol occurs when `coefficients` are coded in one baseline scan.
pub fn statistics(coefficients: &Coefficients, restart: Restart) -> Result<Statistics, EncodeError> {
    error::check(coefficients)?;
    let mut counts = sink::Counter::default();
    sequential::code(coefficients, &Scan::sequential(&coefficients.frame), restart, &mut counts);
    Ok(counts.statistics())
}

/// Everything of a baseline file in front of its entropy-coded bytes, from SOI to the end of SOS; `options.coding` is
/// not looked at. What comes after them is [`END_OF_IMAGE`].
pub fn baseline_header(frame: &Frame, tables: &HuffmanTables, options: &Options) -> Result<Vec<u8>, EncodeError> {
    error::check_frame(frame)?;
    let options = Options { coding: Coding::Baseline(Huffman::Optimal), ..options.clone() };
    let mut header = Header::new(frame, &options)?;
    let mut out = Vec::with_capacity(1024);
    header.file(&mut out)?;
    header.scan(&mut out, &Scan::sequential(frame), tables);
    Ok(out)
}

/// Entropy-coded bits that somebody else made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits<'a> {
    /// The bits, the first in the highest place of the first byte; as many bytes as they take, no zeros behind bytes of ones.
    pub bytes: &'a [u8],
    /// How many they are.
    pub count: u64,
}

/// A baseline file without restart markers, whose scan is `bits`; `options.coding` and `options.restart` are not looked at.
pub fn baseline_file(
    frame: &Frame,
    tables: &HuffmanTables,
    options: &Options,
    bits: Bits<'_>,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = baseline_header(frame, tables, &Options { restart: Restart::Never, ..options.clone() })?;
    out.reserve(bits.bytes.len() + bits.bytes.len() / 64 + 2);
    bits::append_stuffed(&mut out, bits.bytes, bits.count);
    header::end(&mut out);
    Ok(out)
}

/// The baseline file of `coefficients` with these tables, which have a code for everything that occurs; `options.coding` is
/// not looked at.
pub fn baseline(
    coefficients: &Coefficients,
    tables: &HuffmanTables,
    options: &Options,
) -> Result<Vec<u8>, EncodeError> {
    error::check(coefficients)?;
    let out = baseline_header(&coefficients.frame, tables, options)?;
    let mut packer = Packer::new(out, tables);
    sequential::code(coefficients, &Scan::sequential(&coefficients.frame), options.restart, &mut packer);
    let mut out = packer.finish();
    header::end(&mut out);
    Ok(out)
}

/// The marker at the end of every file.
pub const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Which pair of Huffman tables the component of this index uses: 0 for luma, 1 for chroma.
pub fn table_pair(frame: &Frame, component: usize) -> usize {
    huffman_slot(frame, component)
}
