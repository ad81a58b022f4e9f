// The DC differences of JPEGs, one behind the other in the order of their scans.
// reads components, coefficients · writes differences · one block per invocation
// twin crates/engine/src/ops/huffman_decode/reference.rs
#import jpeg_dc

@group(0) @binding(2) var<storage, read> coefficients: array<u32>;
@group(0) @binding(3) var<storage, read_write> differences: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let index = line_index(group, groups, local);
    if index >= params.blocks { return; }
    // Only the lower half of a sum is used in the end.
    differences[index] = coefficients[dc_of(index).word] & 0xffffu;
}
