// For each tile the sum of all before it: the second of three passes of a prefix sum, one workgroup in all.
// reads sums · writes bases · twin crates/engine/src/ops/prefix_sum/reference.rs
#import line

struct Params {
    tiles: u32,
    each: u32,        // tiles of an invocation
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<u32>;
@group(0) @binding(2) var<storage, read_write> bases: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

var<workgroup> partial: array<u32, LINE>;

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    if line_group(group, groups) > 0u { return; }
    let first = local * params.each;
    let end = min(first + params.each, params.tiles);
    var sum = 0u;
    for (var tile = first; tile < end; tile++) { sum += sums[tile]; }
    partial[local] = sum;
    workgroupBarrier();
    var before = 0u;
    for (var i = 0u; i < local; i++) { before += partial[i]; }
    for (var tile = first; tile < end; tile++) {
        bases[tile] = before;
        before += sums[tile];
    }
}
