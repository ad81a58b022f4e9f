// For each value the sum of all before it, and at the end that of all: the last of three passes, a workgroup for each tile of
// 1024 values. Sums are modulo 2^32. No workgroup waits for another.
// reads values, bases · writes offsets (one more than values) · twin crates/engine/src/ops/prefix_sum/reference.rs
#import line

struct Params {
    values: u32,      // how many
    tiles: u32,
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> bases: array<u32>;
@group(0) @binding(3) var<storage, read_write> offsets: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

const EACH: u32 = 16u;

var<workgroup> partial: array<u32, LINE>;

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let tile = line_group(group, groups);
    if tile >= params.tiles { return; }
    let first = (tile * LINE + local) * EACH;
    var sum = 0u;
    for (var at = first; at < first + EACH; at++) {
        if at < params.values { sum += values[at]; }
    }
    partial[local] = sum;
    workgroupBarrier();
    var before = bases[tile];
    for (var i = 0u; i < local; i++) { before += partial[i]; }
    for (var at = first; at < first + EACH; at++) {
        if at > params.values { break; }
        offsets[at] = before;
        if at < params.values { before += values[at]; }
    }
}
