// As idct.wgsl, to one sample per block: its mean. Four blocks of a row per invocation, which share a word.
// reads coefficients · writes plane · twin tintype_jpeg::inverse::eighth
#import idct

struct Params {
    origin: vec2u,    // first four blocks of this dispatch, counted in the bound coefficients
    size: vec2u,      // times four blocks across, blocks down
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

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let at = params.origin + id.xy;
    let block = at.y * params.across + at.x * 4u;
    let dc = vec4i(
        idct_row(block, 0u).x, idct_row(block + 1u, 0u).x, idct_row(block + 2u, 0u).x, idct_row(block + 3u, 0u).x,
    );
    let s = idct_code(idct_descale(dc, 3u));
    plane[at.y * ((params.across + 3u) >> 2u) + at.x] = s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
}
