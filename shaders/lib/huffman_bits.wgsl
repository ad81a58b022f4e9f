// Walks over the codes of a JPEG's scan from any place: the bindings that decoding passes share (0 to 5), and one step.
#import line

struct Params {
    spans: u32,
    span_bits: u32,    // of the longest
    round: u32,        // 0 is the first, whose starts are guesses
    stride: u32,       // spans rounded up to whole workgroups: states are kept by member
}

// A stretch of bits that one invocation decodes.
struct Span {
    begin: u32,
    end: u32,
    interval: u32,
    is_known: u32,     // 1: a block's first code stands at `begin`, the first block of an MCU
}

// What stands between two restart markers.
struct Interval {
    end: u32,          // the bit behind its last
    blocks: u32,
    first_span: u32,
    span_count: u32,
    first_mcu: u32,    // of its picture
    picture: u32,
    _pad0: u32,
    _pad1: u32,
}

struct Picture {
    unit_count: u32,   // blocks of an MCU
    mcus_across: u32,
    _pad0: u32,
    _pad1: u32,
    // Of each block of an MCU: component · column | row << 16 inside the MCU · where the codes of DC and of AC begin.
    units: array<vec4u, 10>,
    // Of each component: blocks of an MCU across and down · blocks of a row · the word of its first coefficient.
    components: array<vec4u, 4>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;
// First the natural places in zig-zag order, a byte each, then all codes.
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> spans: array<Span>;
@group(0) @binding(4) var<storage, read> intervals: array<Interval>;
@group(0) @binding(5) var<storage, read> pictures: array<Picture>;

// Lengths up to this are looked up at once; see `CodeWords` in crates/jpeg/src/decode/bitstream.rs.
const DIRECT_BITS: u32 = 9u;
const LIMITS_AT: u32 = 512u;
const OFFSETS_AT: u32 = 530u;
const SYMBOLS_AT: u32 = 548u;

// Members of a state, each in a stretch of its own.
const USED_AT: u32 = 0u;         // where decoding began: the bit
const USED_PLACE: u32 = 1u;      // and the block of the MCU << 8 | zig-zag index
const END_AT: u32 = 2u;          // where it ended
const END_PLACE: u32 = 3u;
const WRONG: u32 = 4u;           // 1: something was met that is no code, or no block
const COUNT: u32 = 5u;           // zig-zag indices gone over

// A symbol, what stands behind it, and how many bits both have. No length: it is no code.
struct Coded {
    length: u32,
    symbol: u32,
    extra: u32,
}

fn huffman_peek(at: u32) -> u32 {
    let shift = at & 31u;
    let next = words[(at >> 5u) + 1u] >> ((32u - shift) & 31u);
    return (words[at >> 5u] << shift) | select(next, 0u, shift == 0u);
}

// Length << 8 | symbol of the code at the front of `bits`; 0 where there is none.
fn huffman_code(table: u32, bits: u32) -> u32 {
    let direct = codes[table + (bits >> (32u - DIRECT_BITS))];
    if direct != 0u { return direct; }
    let front = bits >> 16u;
    for (var length = DIRECT_BITS + 1u; length <= 16u; length++) {
        if front < codes[table + LIMITS_AT + length] {
            let place = ((front >> (16u - length)) + codes[table + OFFSETS_AT + length]) & 255u;
            let symbol = (codes[table + SYMBOLS_AT + (place >> 2u)] >> ((place & 3u) * 8u)) & 255u;
            return (length << 8u) | symbol;
        }
    }
    return 0u;
}

// What stands at `at`. Where nothing is coded so, 17 bits are gone and the symbol is 0, as on the host.
fn huffman_step(table: u32, at: u32) -> Coded {
    let bits = huffman_peek(at);
    let code = huffman_code(table, bits);
    if code == 0u { return Coded(17u, 0u, 0u); }
    let length = code >> 8u;
    let symbol = code & 255u;
    let size = symbol & 15u;
    let extra = select(0u, (bits << length) >> ((32u - size) & 31u), size > 0u);
    return Coded(length + size, symbol, extra);
}

// T.81, F.2.2.1, EXTEND.
fn huffman_value(extra: u32, size: u32) -> i32 {
    if size == 0u { return 0; }
    let value = i32(extra);
    return select(value, value - i32((1u << size) - 1u), extra < (1u << (size - 1u)));
}

// The zig-zag index behind an AC symbol at index k; beyond 64 where there is no such block.
fn huffman_after(k: u32, symbol: u32) -> u32 {
    if (symbol & 15u) != 0u { return k + (symbol >> 4u) + 1u; }
    return select(64u, k + 16u, symbol == 0xf0u);
}
