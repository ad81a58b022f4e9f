// As idct.wgsl, to blocks of 2x2: each sample is the mean of 4x4 of the full transform (jidctred.c). Two blocks of a row per
// invocation, which share words.
// reads coefficients · writes plane · twin tintype_jpeg::inverse::quarter
#import idct

struct Params {
    origin: vec2u,    // first two blocks of this dispatch, counted in the bound coefficients
    size: vec2u,      // times two blocks across, blocks down
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

// Two values of the frequencies 0, 1, 3, 5 and 7, at four times the scale of the full transform: their sum and difference.
fn part(f1: vec4i, f3: vec4i, f5: vec4i, f7: vec4i) -> vec4i {
    return f1 * 29692 - f3 * 10426 + f5 * 6967 - f7 * 5906;
}

// Columns of four frequencies along rows: upper row, lower row.
fn columns(block: u32, half: u32) -> array<vec4i, 2> {
    let dc = idct_row(block, half) << vec4u(15u);
    let odd = part(
        idct_row(block, 2u + half), idct_row(block, 6u + half), idct_row(block, 10u + half), idct_row(block, 14u + half),
    );
    return array<vec4i, 2>(idct_descale(dc + odd, 13u), idct_descale(dc - odd, 13u));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let at = params.origin + id.xy;
    let block = at.y * params.across + at.x * 2u;
    let a = columns(block, 0u);
    let b = columns(block, 1u);
    let c = columns(block + 1u, 0u);
    let d = columns(block + 1u, 1u);
    // Both rows of the first block, then of the second.
    let dc = vec4i(a[0].x, a[1].x, c[0].x, c[1].x) << vec4u(15u);
    let odd = part(
        vec4i(a[0].y, a[1].y, c[0].y, c[1].y), vec4i(a[0].w, a[1].w, c[0].w, c[1].w),
        vec4i(b[0].y, b[1].y, d[0].y, d[1].y), vec4i(b[0].w, b[1].w, d[0].w, d[1].w),
    );
    let l = idct_code(idct_descale(dc + odd, 20u));
    let r = idct_code(idct_descale(dc - odd, 20u));
    let stride = (params.across + 1u) >> 1u;
    let out = at.y * 2u * stride + at.x;
    plane[out] = l.x | (r.x << 8u) | (l.z << 16u) | (r.z << 24u);
    plane[out + stride] = l.y | (r.y << 8u) | (l.w << 16u) | (r.w << 24u);
}
