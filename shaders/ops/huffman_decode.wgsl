// One round of finding where blocks begin in the bits of JPEGs: each span is decoded from where the span before it ended, as far
// as that is known. A span whose start has not changed keeps its state, so that rounds end by themselves.
// reads words, codes, spans, intervals, pictures, states of the round before · writes states · one span per invocation
// twin crates/engine/src/ops/huffman_decode/reference.rs
#import huffman_bits

@group(0) @binding(6) var<storage, read> before: array<u32>;
@group(0) @binding(7) var<storage, read_write> states: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let index = line_index(group, groups, local);
    if index >= params.spans { return; }
    let span = spans[index];
    let stride = params.stride;
    var at = span.begin;
    var place = 0u;
    if params.round > 0u {
        if span.is_known == 0u {
            at = before[END_AT * stride + index - 1u];
            place = before[END_PLACE * stride + index - 1u];
        }
        if before[USED_AT * stride + index] == at && before[USED_PLACE * stride + index] == place {
            for (var member = 0u; member < 6u; member++) {
                states[member * stride + index] = before[member * stride + index];
            }
            return;
        }
    }
    states[USED_AT * stride + index] = at;
    states[USED_PLACE * stride + index] = place;

    let end = intervals[span.interval].end;
    let picture = intervals[span.interval].picture;
    let unit_count = pictures[picture].unit_count;
    var unit = place >> 8u;
    var k = place & 255u;
    var wrong = 0u;
    var count = 0u;
    var tables = pictures[picture].units[unit].zw;
    for (var i = 0u; i < params.span_bits; i++) {
        if at >= span.end { break; }
        let coded = huffman_step(select(tables.y, tables.x, k == 0u), at);
        if at + coded.length > end {
            // What fills up the last byte.
            at = end;
            break;
        }
        at += coded.length;
        if coded.length == 17u && coded.symbol == 0u { wrong = 1u; }
        var next = 1u;
        if k > 0u { next = huffman_after(k, coded.symbol); }
        if next > 64u { wrong = 1u; }
        next = min(next, 64u);
        count += next - k;
        k = next;
        if k == 64u {
            k = 0u;
            unit = select(unit + 1u, 0u, unit + 1u == unit_count);
            tables = pictures[picture].units[unit].zw;
        }
    }
    states[END_AT * stride + index] = at;
    states[END_PLACE * stride + index] = (unit << 8u) | k;
    states[WRONG * stride + index] = wrong;
    states[COUNT * stride + index] = count;
}
