// As idct.wgsl, to blocks of 4x4: each sample is the mean of 2x2 of the full transform (jidctred.c).
// reads coefficients · writes plane · twin tintype_jpeg::inverse::half
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

// Four values of the frequencies 0 to 3 and 5 to 7, at twice the scale of the full transform.
fn values(f0: vec4i, f1: vec4i, f2: vec4i, f3: vec4i, f5: vec4i, f6: vec4i, f7: vec4i) -> array<vec4i, 4> {
    let dc = f0 << vec4u(14u);
    let e = f2 * 15137 - f6 * 6270;
    let outer = f1 * 20995 + f3 * 7373 - f5 * 4926 - f7 * 4176;
    let inner = f1 * 8697 - f3 * 17799 + f5 * 11893 - f7 * 1730;
    return array<vec4i, 4>(dc + e + outer, dc - e + inner, dc - e - inner, dc + e - outer);
}

fn columns(block: u32, half: u32) -> array<vec4i, 4> {
    let v = values(
        idct_row(block, half), idct_row(block, 2u + half), idct_row(block, 4u + half), idct_row(block, 6u + half),
        idct_row(block, 10u + half), idct_row(block, 12u + half), idct_row(block, 14u + half),
    );
    return transpose4(idct_descale(v[0], 12u), idct_descale(v[1], 12u), idct_descale(v[2], 12u), idct_descale(v[3], 12u));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let at = params.origin + id.xy;
    let block = at.y * params.across + at.x;
    let low = columns(block, 0u);
    let high = columns(block, 1u);
    let v = values(low[0], low[1], low[2], low[3], high[1], high[2], high[3]);
    let rows =
        idct_words(idct_descale(v[0], 19u), idct_descale(v[1], 19u), idct_descale(v[2], 19u), idct_descale(v[3], 19u));
    let out = at.y * 4u * params.across + at.x;
    plane[out] = rows.x;
    plane[out + params.across] = rows.y;
    plane[out + 2u * params.across] = rows.z;
    plane[out + 3u * params.across] = rows.w;
}
