// Whether the states of all spans are right: each begins where the one before it ended, nothing wrong was met, and intervals
// have the blocks that they should have.
// reads words, codes, spans, intervals, pictures, states, sums of the counts · writes status (zero before): spans that
// begin elsewhere, spans and intervals that are damaged · one span per invocation
// twin crates/engine/src/ops/huffman_decode/reference.rs
#import huffman_bits

@group(0) @binding(6) var<storage, read> states: array<u32>;
@group(0) @binding(7) var<storage, read> sums: array<u32>;
@group(0) @binding(8) var<storage, read_write> status: array<atomic<u32>>;

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
    let interval = intervals[span.interval];
    let stride = params.stride;
    if index > interval.first_span {
        let is_same = states[USED_AT * stride + index] == states[END_AT * stride + index - 1u]
            && states[USED_PLACE * stride + index] == states[END_PLACE * stride + index - 1u];
        if !is_same { atomicAdd(&status[0], 1u); }
    }
    if states[WRONG * stride + index] > 0u { atomicAdd(&status[1], 1u); }
    if index + 1u == interval.first_span + interval.span_count {
        let count = sums[index + 1u] - sums[interval.first_span];
        if count != interval.blocks * 64u { atomicAdd(&status[1], 1u); }
    }
}
