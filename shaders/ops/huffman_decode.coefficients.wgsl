// The coefficients of JPEGs from their bits, now that it is known where each span's first block begins. DC values are
// differences still.
// reads words, codes, spans, intervals, pictures, states, sums of the counts · writes coefficients (zero before), two in a word ·
// one span per invocation · twin crates/engine/src/ops/huffman_decode/reference.rs
#import huffman_bits

@group(0) @binding(6) var<storage, read> states: array<u32>;
@group(0) @binding(7) var<storage, read> sums: array<u32>;
@group(0) @binding(8) var<storage, read_write> coefficients: array<atomic<u32>>;

override WG_X = 64u;
override WG_Y = 1u;

// The first word of a block, counted from the start of its interval.
fn first_word(interval: Interval, block: u32) -> u32 {
    let unit_count = pictures[interval.picture].unit_count;
    let mcu = interval.first_mcu + block / unit_count;
    let unit = pictures[interval.picture].units[block % unit_count];
    let component = pictures[interval.picture].components[unit.x];
    let across = pictures[interval.picture].mcus_across;
    let x = (mcu % across) * component.x + (unit.y & 0xffffu);
    let y = (mcu / across) * component.y + (unit.y >> 16u);
    return component.w + (y * component.z + x) * 32u;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let index = line_index(group, groups, local);
    if index >= params.spans { return; }
    let span = spans[index];
    let interval = intervals[span.interval];
    let picture = interval.picture;
    let unit_count = pictures[picture].unit_count;
    let stride = params.stride;
    var at = states[USED_AT * stride + index];
    var unit = states[USED_PLACE * stride + index] >> 8u;
    var k = states[USED_PLACE * stride + index] & 255u;
    var block = (sums[index] - sums[interval.first_span]) >> 6u;
    var tables = pictures[picture].units[unit].zw;
    var word = first_word(interval, block);
    for (var i = 0u; i < params.span_bits; i++) {
        if at >= span.end || block >= interval.blocks { break; }
        let coded = huffman_step(select(tables.y, tables.x, k == 0u), at);
        at += coded.length;
        if at > interval.end { break; }
        var next = 1u;
        if k > 0u { next = min(huffman_after(k, coded.symbol), 64u); }
        let size = coded.symbol & 15u;
        if size > 0u {
            let zigzag = next - 1u;
            let place = (codes[zigzag >> 2u] >> ((zigzag & 3u) * 8u)) & 255u;
            let value = u32(huffman_value(coded.extra, size)) & 0xffffu;
            // A block may begin in one span and end in the next, so that others may write to this word.
            atomicOr(&coefficients[word + (place >> 1u)], value << ((place & 1u) * 16u));
        }
        k = next;
        if k == 64u {
            k = 0u;
            block++;
            unit = select(unit + 1u, 0u, unit + 1u == unit_count);
            tables = pictures[picture].units[unit].zw;
            word = first_word(interval, block);
        }
    }
}
