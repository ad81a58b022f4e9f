// The blocks of a JPEG's components in the order of an interleaved scan, and the symbols of one (T.81, F.1.2).
// brings the params and what is read of every kernel that codes them: bindings 0 to 3
#import line

struct Params {
    blocks: u32,        // of all components
    unit_count: u32,    // blocks of an MCU
    mcus_across: u32,
    rounds: u32,        // blocks of an invocation; only statistics has more than one
    room: u32,          // words that are written at most
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    // Of each block of an MCU: component · column | row << 16 inside the MCU · pair of tables · how far back the block before
    // it of its component is, counted in the scan.
    units: array<vec4u, 10>,
    // Of each component: blocks of an MCU across and down · blocks of a row.
    components: array<vec4u, 3>,
    // Natural places in zig-zag order, a byte each.
    places: array<vec4u, 4>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<u32>;
@group(0) @binding(2) var<storage, read> second: array<u32>;
@group(0) @binding(3) var<storage, read> third: array<u32>;

struct Block {
    component: u32,
    word: u32,      // where its coefficients begin, two to a word
    table: u32,     // number of its DC table; the AC table is the next
    difference: i32,
}

// A value's size category, and its bits behind the code.
struct Extra {
    bits: u32,
    count: u32,
}

fn jpeg_word(component: u32, at: u32) -> u32 {
    if component == 0u { return first[at]; }
    if component == 1u { return second[at]; }
    return third[at];
}

fn jpeg_coefficient(component: u32, word: u32, place: u32) -> i32 {
    return i32(jpeg_word(component, word + (place >> 1u)) << (16u - (place & 1u) * 16u)) >> 16u;
}

// Where block `index` of the scan begins.
fn jpeg_place(index: u32) -> u32 {
    let mcu = index / params.unit_count;
    let unit = params.units[index % params.unit_count];
    let component = params.components[unit.x];
    let x = (mcu % params.mcus_across) * component.x + (unit.y & 0xffffu);
    let y = (mcu / params.mcus_across) * component.y + (unit.y >> 16u);
    return (y * component.z + x) * 32u;
}

fn jpeg_block(index: u32) -> Block {
    let unit = params.units[index % params.unit_count];
    let word = jpeg_place(index);
    var before = 0i;
    if index >= unit.w { before = jpeg_coefficient(unit.x, jpeg_place(index - unit.w), 0u); }
    return Block(unit.x, word, unit.z * 2u, jpeg_coefficient(unit.x, word, 0u) - before);
}

// The coefficient at zig-zag index k.
fn jpeg_value(block: Block, k: u32) -> i32 {
    let place = (params.places[k >> 4u][(k >> 2u) & 3u] >> ((k & 3u) * 8u)) & 0xffu;
    return jpeg_coefficient(block.component, block.word, place);
}

// T.81, F.1.2.1: as many bits as the magnitude has, of the value or, where that is negative, of one less.
fn jpeg_extra(value: i32) -> Extra {
    let count = 32u - countLeadingZeros(u32(abs(value)));
    return Extra(u32(value + (value >> 31u)) & ((1u << count) - 1u), count);
}
