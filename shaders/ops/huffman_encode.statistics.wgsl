// How often each symbol occurs in a JPEG's scan: counted per workgroup, then added up.
// reads three components' coefficients · writes counts (four tables of 256, zero before) · some blocks per invocation
// twin crates/engine/src/ops/huffman_encode/reference.rs
#import jpeg_scan

@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;

override WG_X = 64u;
override WG_Y = 1u;

const SYMBOLS: u32 = 1024u;

var<workgroup> here: array<atomic<u32>, SYMBOLS>;

fn count(table: u32, symbol: u32, times: u32) {
    atomicAdd(&here[table * 256u + symbol], times);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let start = line_group(group, groups) * LINE * params.rounds;
    if start >= params.blocks { return; }
    for (var i = local; i < SYMBOLS; i += LINE) { atomicStore(&here[i], 0u); }
    workgroupBarrier();
    for (var round = 0u; round < params.rounds; round++) {
        let index = start + round * LINE + local;
        if index >= params.blocks { break; }
        let block = jpeg_block(index);
        count(block.table, jpeg_extra(block.difference).count, 1u);
        var run = 0u;
        for (var k = 1u; k < 64u; k++) {
            let value = jpeg_value(block, k);
            if value == 0 { run++; continue; }
            if run > 15u { count(block.table + 1u, 0xf0u, run >> 4u); }
            count(block.table + 1u, ((run & 15u) << 4u) + jpeg_extra(value).count, 1u);
            run = 0u;
        }
        if run > 0u { count(block.table + 1u, 0u, 1u); }
    }
    workgroupBarrier();
    for (var i = local; i < SYMBOLS; i += LINE) {
        let times = atomicLoad(&here[i]);
        if times > 0u { atomicAdd(&counts[i], times); }
    }
}
