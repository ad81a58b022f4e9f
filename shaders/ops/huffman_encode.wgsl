// The bits of a JPEG's scan, each block where the blocks before it end.
// reads three components' coefficients, codes, offsets in bits (the last is the sum) · writes stream (zero before): the sum in
// word 0, the bits from word 4 on, the first in the highest place of the first byte · one block per invocation
// twin crates/engine/src/ops/huffman_encode/reference.rs
#import jpeg_scan

// Per table and symbol the length of the code times 65536 plus the code.
@group(0) @binding(4) var<storage, read> codes: array<u32>;
@group(0) @binding(5) var<storage, read> offsets: array<u32>;
@group(0) @binding(6) var<storage, read_write> stream: array<atomic<u32>>;

override WG_X = 64u;
override WG_Y = 1u;

const HEAD: u32 = 4u;

// The word that is being filled from its highest bit on, where it goes, and how many bits it has.
var<private> word: u32;
var<private> at: u32;
var<private> filled: u32;
// The word that the block before this one may have bits in.
var<private> shared_at: u32;

fn bytes_swapped(w: u32) -> u32 {
    return (w >> 24u) | ((w >> 8u) & 0xff00u) | ((w << 8u) & 0xff0000u) | (w << 24u);
}

fn flush() {
    if at >= params.room { return; }
    if at == shared_at {
        atomicOr(&stream[HEAD + at], bytes_swapped(word));
    } else {
        atomicStore(&stream[HEAD + at], bytes_swapped(word));
    }
}

// Appends the lowest `count` bits, 1 to 31; those above are zero.
fn put(bits: u32, count: u32) {
    let free = 32u - filled;
    if count <= free {
        word |= bits << (free - count);
        filled += count;
        return;
    }
    let left = count - free;
    word |= bits >> left;
    flush();
    at++;
    word = bits << (32u - left);
    filled = left;
}

fn put_symbol(table: u32, symbol: u32, extra: Extra) {
    let code = codes[table * 256u + symbol];
    put(((code & 0xffffu) << extra.count) | extra.bits, (code >> 16u) + extra.count);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let index = line_index(group, groups, local);
    if index >= params.blocks { return; }
    if index == 0u { atomicStore(&stream[0], offsets[params.blocks]); }
    word = 0u;
    at = offsets[index] >> 5u;
    filled = offsets[index] & 31u;
    shared_at = at;
    let block = jpeg_block(index);
    let difference = jpeg_extra(block.difference);
    put_symbol(block.table, difference.count, difference);
    var run = 0u;
    for (var k = 1u; k < 64u; k++) {
        let value = jpeg_value(block, k);
        if value == 0 { run++; continue; }
        let sixteens = run >> 4u;
        for (var i = 0u; i < sixteens; i++) { put_symbol(block.table + 1u, 0xf0u, Extra(0u, 0u)); }
        let extra = jpeg_extra(value);
        put_symbol(block.table + 1u, ((run & 15u) << 4u) + extra.count, extra);
        run = 0u;
    }
    if run > 0u { put_symbol(block.table + 1u, 0u, Extra(0u, 0u)); }
    // The block behind this one may have bits here too.
    shared_at = at;
    flush();
}
