// Quantised coefficients of one component of a JPEG → 8-bit samples: the integer inverse DCT of libjpeg (jidctint.c), one
// block per invocation.
// reads coefficients (two in a word, row by row) · writes plane (whole blocks)
// twin crates/engine/src/ops/idct/reference.rs · smaller blocks: idct.{half,quarter,eighth}.wgsl
#import idct
#import transpose

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

// Eight lines of four values each, all four worked on at once.
alias Lines = array<vec4i, 8>;

// Frequencies to values. `bits` after the point are dropped, half rounded up.
fn values(v: Lines, bits: u32) -> Lines {
    let z = (v[2] + v[6]) * 4433;
    let e2 = z - v[6] * 15137;
    let e3 = z + v[2] * 6270;
    let e0 = (v[0] + v[4]) << vec4u(13u);
    let e1 = (v[0] - v[4]) << vec4u(13u);
    let round = vec4i(1i << (bits - 1u));
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
    let b = vec4u(bits);
    return Lines(
        (s0 + d3) >> b, (s1 + d2) >> b, (s2 + d1) >> b, (s3 + d0) >> b,
        (s3 - d0) >> b, (s2 - d1) >> b, (s1 - d2) >> b, (s0 - d3) >> b,
    );
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let block = params.origin + id.xy;
    let w = block.y * params.across + block.x;
    let left = values(Lines(
        idct_row(w, 0u), idct_row(w, 2u), idct_row(w, 4u), idct_row(w, 6u),
        idct_row(w, 8u), idct_row(w, 10u), idct_row(w, 12u), idct_row(w, 14u),
    ), 11u);
    let right = values(Lines(
        idct_row(w, 1u), idct_row(w, 3u), idct_row(w, 5u), idct_row(w, 7u),
        idct_row(w, 9u), idct_row(w, 11u), idct_row(w, 13u), idct_row(w, 15u),
    ), 11u);
    // Turned over: one line per frequency along rows, first of the four upper rows.
    let a = transpose4(left[0], left[1], left[2], left[3]);
    let b = transpose4(right[0], right[1], right[2], right[3]);
    let c = transpose4(left[4], left[5], left[6], left[7]);
    let d = transpose4(right[4], right[5], right[6], right[7]);
    let upper = values(Lines(a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]), 18u);
    let lower = values(Lines(c[0], c[1], c[2], c[3], d[0], d[1], d[2], d[3]), 18u);
    let stride = params.across * 2u;
    let out = block.y * 8u * stride + block.x * 2u;
    let p = idct_words(upper[0], upper[1], upper[2], upper[3]);
    let q = idct_words(upper[4], upper[5], upper[6], upper[7]);
    let r = idct_words(lower[0], lower[1], lower[2], lower[3]);
    let s = idct_words(lower[4], lower[5], lower[6], lower[7]);
    plane[out] = p.x;
    plane[out + 1u] = q.x;
    plane[out + stride] = p.y;
    plane[out + stride + 1u] = q.y;
    plane[out + 2u * stride] = p.z;
    plane[out + 2u * stride + 1u] = q.z;
    plane[out + 3u * stride] = p.w;
    plane[out + 3u * stride + 1u] = q.w;
    plane[out + 4u * stride] = r.x;
    plane[out + 4u * stride + 1u] = s.x;
    plane[out + 5u * stride] = r.y;
    plane[out + 5u * stride + 1u] = s.y;
    plane[out + 6u * stride] = r.z;
    plane[out + 6u * stride + 1u] = s.z;
    plane[out + 7u * stride] = r.w;
    plane[out + 7u * stride + 1u] = s.w;
}
