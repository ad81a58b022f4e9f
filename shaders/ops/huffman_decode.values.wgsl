// The DC values of JPEGs from the sums of their differences, each since the last restart.
// reads components, sums · writes coefficients, whose DC places hold differences before · one block per invocation
// twin crates/engine/src/ops/huffman_decode/reference.rs
#import jpeg_dc

@group(0) @binding(2) var<storage, read> sums: array<u32>;
@group(0) @binding(3) var<storage, read_write> coefficients: array<u32>;

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
    let dc = dc_of(index);
    let value = (sums[index + 1u] - sums[dc.start]) & 0xffffu;
    coefficients[dc.word] = (coefficients[dc.word] & 0xffff0000u) | value;
}
