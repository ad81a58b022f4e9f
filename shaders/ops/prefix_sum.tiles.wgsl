// The sum of each tile of 1024 values: the first of three passes of a prefix sum, a workgroup for each tile.
// reads values · writes sums · twin crates/engine/src/ops/prefix_sum/reference.rs
#import line

struct Params {
    values: u32,      // how many
    tiles: u32,
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<u32>;

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
    var sum = 0u;
    for (var k = 0u; k < EACH; k++) {
        // Neighbours read neighbours.
        let at = (tile * EACH + k) * LINE + local;
        if at < params.values { sum += values[at]; }
    }
    partial[local] = sum;
    workgroupBarrier();
    if local > 0u { return; }
    var total = 0u;
    for (var i = 0u; i < LINE; i++) { total += partial[i]; }
    sums[tile] = total;
}
