// What unpack.wgsl does, for samples of 16 bits and for floats: one pixel per invocation.
// reads samples (a chunk of whole rows), curves · writes dst · twin crates/engine/src/ops/unpack/reference.rs
#import store
#import orient
#import color/srgb

struct Params {
    origin: vec2u,    // first column of the rectangle; first row, counted in the bound chunk
    size: vec2u,      // columns of the rectangle; rows of this dispatch
    frame: vec2u,     // the rectangle as a whole, before orientation
    row: u32,         // first row of this dispatch, counted in the rectangle
    row_bytes: u32,
    channels: u32,    // 1 gray, 2 gray and alpha, 3 rgb, 4 rgba
    orient: u32,
    depth: u32,       // bytes of a sample: 2, or 4 for floats
    curve_len: u32,   // entries per curve; 0 leaves samples as they are
    red: vec4f,       // rows of the matrix to sRGB primaries
    green: vec4f,
    blue: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> samples: array<u32>;
@group(0) @binding(2) var<storage, read> curves: array<f32>;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// True where the working space is sRGB-encoded and the curves give linear light.
override ENCODE: bool = false;

fn sample(offset: u32) -> f32 {
    let word = samples[offset >> 2u];
    return select(bitcast<f32>(word), f32((word >> ((offset & 2u) * 8u)) & 0xffffu) / 65535.0, params.depth == 2u);
}

fn curved(channel: u32, v: f32) -> f32 {
    if params.curve_len == 0u { return v; }
    let base = channel * params.curve_len;
    let place = min(max(v, 0.0), 1.0) * f32(params.curve_len - 1u);
    let low = u32(place);
    let high = min(low + 1u, params.curve_len - 1u);
    return mix(curves[base + low], curves[base + high], place - f32(low));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let n = params.channels;
    let offset = (params.origin.y + id.y) * params.row_bytes + (params.origin.x + id.x) * n * params.depth;
    // The last sample is alpha where their number is even; gray stands for all three colors.
    let green = select(0u, 1u, n > 2u);
    let blue = select(0u, 2u, n > 2u);
    let c = vec3f(
        curved(0u, sample(offset)),
        curved(1u, sample(offset + green * params.depth)),
        curved(2u, sample(offset + blue * params.depth)),
    );
    let alpha = select(sample(offset + (n - 1u) * params.depth), 1.0, (n & 1u) == 1u);
    var rgb = vec3f(dot(params.red.rgb, c), dot(params.green.rgb, c), dot(params.blue.rgb, c));
    if ENCODE { rgb = srgb_from_linear(rgb); }
    store(orient_map(params.orient, params.frame, vec2u(id.x, params.row + id.y)), vec4f(rgb * alpha, alpha));
}
