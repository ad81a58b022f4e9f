// How many bits each block of a JPEG's scan takes.
// reads three components' coefficients, codes · writes lengths, in the order of the scan · one block per invocation
// twin crates/engine/src/ops/huffman_encode/reference.rs
#import jpeg_scan

// Per table and symbol the length of the code times 65536 plus the code.
@group(0) @binding(4) var<storage, read> codes: array<u32>;
@group(0) @binding(5) var<storage, read_write> lengths: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

fn length(table: u32, symbol: u32) -> u32 {
    return codes[table * 256u + symbol] >> 16u;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let index = line_index(group, groups, local);
    if index >= params.blocks { return; }
    let block = jpeg_block(index);
    let size = jpeg_extra(block.difference).count;
    var bits = length(block.table, size) + size;
    var run = 0u;
    for (var k = 1u; k < 64u; k++) {
        let value = jpeg_value(block, k);
        if value == 0 { run++; continue; }
        let size = jpeg_extra(value).count;
        bits += (run >> 4u) * length(block.table + 1u, 0xf0u);
        bits += length(block.table + 1u, ((run & 15u) << 4u) + size) + size;
        run = 0u;
    }
    if run > 0u { bits += length(block.table + 1u, 0u); }
    lengths[index] = bits;
}
