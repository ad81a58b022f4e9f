//! The Huffman tables of T.81, K.3, which the frames of Motion JPEG leave out.

use super::header::HuffmanCode;

/// For luma and for chroma, which those files number 0 and 1.
pub(super) fn dc(number: usize) -> Option<HuffmanCode> {
    let counts = match number {
        0 => [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        1 => [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        _ => return None,
    };
    Some(HuffmanCode { counts, symbols: (0..12).collect() })
}

/// The same for AC coefficients.
pub(super) fn ac(number: usize) -> Option<HuffmanCode> {
    let (counts, frequent): (_, &[u8]) = match number {
        0 => ([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], &LUMA),
        1 => ([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], &CHROMA),
        _ => return None,
    };
    // Behind the frequent symbols the standard has all others in rising order: runs of 0 to 15 before sizes of 1 to 10.
    let others = (0_u8..16).flat_map(|run| (1..=10).map(move |size| run << 4 | size));
    let others = others.filter(|symbol| !frequent.contains(symbol));
    Some(HuffmanCode { counts, symbols: frequent.iter().copied().chain(others).collect() })
}

const LUMA: [u8; 37] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
    0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82,
];

const CHROMA: [u8; 43] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32,
    0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16,
    0x24, 0x34, 0xe1, 0x25, 0xf1,
];
