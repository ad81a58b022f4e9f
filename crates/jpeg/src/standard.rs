//! The Huffman tables of T.81, K.3: what encoders use without counting, and what the frames of Motion JPEG leave out.

/// How many codes there are of 1, 2, ... 16 bits, and their symbols, shortest first.
pub(crate) type Code = ([u8; 16], Vec<u8>);

/// For DC differences: of luma and of chroma, in this order.
pub(crate) fn dc() -> [Code; 2] {
    let symbols = (0..12).collect::<Vec<u8>>();
    [
        ([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], symbols.clone()),
        ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], symbols),
    ]
}

/// For AC coefficients: of luma and of chroma, in this order.
pub(crate) fn ac() -> [Code; 2] {
    [
        ([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], with_rest(&LUMA)),
        ([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], with_rest(&CHROMA)),
    ]
}

/// Those with codes below 16 bits, in order.
const LUMA: [u8; 37] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
    0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82,
];

/// Those with codes below 16 bits, in order.
const CHROMA: [u8; 43] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32,
    0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16,
    0x24, 0x34, 0xe1, 0x25, 0xf1,
];

/// All symbols there are: after the frequent ones the rest in rising order, which is how the standard lists them.
fn with_rest(frequent: &[u8]) -> Vec<u8> {
    let all = (0u8..16).flat_map(|run| (1u8..=10).map(move |bits| run << 4 | bits)).chain([0x00, 0xf0]);
    let mut rest: Vec<u8> = all.filter(|symbol| !frequent.contains(symbol)).collect();
    rest.sort_unstable();
    [frequent, &rest].concat()
}
