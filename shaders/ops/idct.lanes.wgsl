// As idct.wgsl, with eight invocations to a block: a column each, then, by way of workgroup memory, a row each.
// reads coefficients (two in a word, row by row) · writes plane (whole blocks)
// twin crates/engine/src/ops/idct/reference.rs
#import line

struct Params {
    origin: vec2u,    // first block of this dispatch, counted in the bound coefficients
    size: vec2u,      // blocks of this dispatch
    across: u32,      // blocks of a stored row
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    quantization: array<vec4i, 16>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> coefficients: array<u32>;
@group(0) @binding(2) var<storage, read_write> plane: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

// Numbers from row to row, and from block to block: one more than there are, so that columns lie in different banks.
const ROW: u32 = 9u;
const BLOCK: u32 = 72u;

var<workgroup> held: array<i32, 576>;

alias Values = array<i32, 8>;

// Frequencies to values. `bits` after the point are dropped, half rounded up.
fn values(v: Values, bits: u32) -> Values {
    let z = (v[2] + v[6]) * 4433;
    let e2 = z - v[6] * 15137;
    let e3 = z + v[2] * 6270;
    let e0 = (v[0] + v[4]) << 13u;
    let e1 = (v[0] - v[4]) << 13u;
    let round = 1i << (bits - 1u);
    let s0 = e0 + e3 + round;
    let s3 = e0 - e3 + round;
    let s1 = e1 + e2 + round;
    let s2 = e1 - e2 + round;
    let z5 = (v[7] + v[3] + v[5] + v[1]) * 9633;
    let z1 = (v[7] + v[1]) * -7373;
    let z2 = (v[5] + v[3]) * -20995;
    let z3 = (v[7] + v[3]) * -16069 + z5;
    let z4 = (v[5] + v[1]) * -3196 + z5;
    let d0 = v[7] * 2446 + z1 + z3;
    let d1 = v[5] * 16819 + z2 + z4;
    let d2 = v[3] * 25172 + z2 + z3;
    let d3 = v[1] * 12299 + z1 + z4;
    return Values(
        (s0 + d3) >> bits, (s1 + d2) >> bits, (s2 + d1) >> bits, (s3 + d0) >> bits,
        (s3 - d0) >> bits, (s2 - d1) >> bits, (s1 - d2) >> bits, (s0 - d3) >> bits,
    );
}

// A coefficient as a number of the DCT.
fn frequency(block: u32, place: u32) -> i32 {
    let word = bitcast<i32>(coefficients[block * 32u + (place >> 1u)]);
    let stored = select(word >> 16u, (word << 16u) >> 16u, (place & 1u) == 0u);
    return stored * params.quantization[place >> 2u][place & 3u];
}

// Four samples around zero as a word.
fn word(a: i32, b: i32, c: i32, d: i32) -> u32 {
    let s = vec4u(min(max(vec4i(a, b, c, d) + 128, vec4i(0)), vec4i(255)));
    return s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) local: u32,
) {
    let count = params.size.x * params.size.y;
    let index = line_group(group, groups) * (LINE >> 3u);
    if index >= count { return; }
    // Who is left over works on the last block once more, because all have to come to the barrier.
    let number = index + (local >> 3u);
    let block = min(number, count - 1u);
    let at = params.origin + vec2u(block % params.size.x, block / params.size.x);
    let w = at.y * params.across + at.x;
    let lane = local & 7u;
    let first = (local >> 3u) * BLOCK;
    let column = values(Values(
        frequency(w, lane), frequency(w, 8u + lane), frequency(w, 16u + lane), frequency(w, 24u + lane),
        frequency(w, 32u + lane), frequency(w, 40u + lane), frequency(w, 48u + lane), frequency(w, 56u + lane),
    ), 11u);
    let to = first + lane;
    held[to] = column[0];
    held[to + ROW] = column[1];
    held[to + 2u * ROW] = column[2];
    held[to + 3u * ROW] = column[3];
    held[to + 4u * ROW] = column[4];
    held[to + 5u * ROW] = column[5];
    held[to + 6u * ROW] = column[6];
    held[to + 7u * ROW] = column[7];
    workgroupBarrier();
    if number >= count { return; }
    let start = first + lane * ROW;
    let row = values(Values(
        held[start], held[start + 1u], held[start + 2u], held[start + 3u],
        held[start + 4u], held[start + 5u], held[start + 6u], held[start + 7u],
    ), 18u);
    let out = ((at.y * 8u + lane) * params.across + at.x) * 2u;
    plane[out] = word(row[0], row[1], row[2], row[3]);
    plane[out + 1u] = word(row[4], row[5], row[6], row[7]);
}
