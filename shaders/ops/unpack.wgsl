// Packed 8-bit samples of a decoded picture → working texels: curve per channel, matrix, premultiply, orientation.
// reads samples (a chunk of whole rows), curves · writes dst · four pixels of a row per invocation, without branches
// twin crates/engine/src/ops/unpack/reference.rs · wider samples: unpack.wide.wgsl
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
    _pad0: u32,
    _pad1: u32,
    red: vec4f,       // rows of the matrix to sRGB primaries
    green: vec4f,
    blue: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> samples: array<u32>;
// 256 entries for each of red, green and blue.
@group(0) @binding(2) var<storage, read> curves: array<f32>;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// True where the working space is sRGB-encoded and the curves give linear light.
override ENCODE: bool = false;

// 32 bits that start `shift` bits into `low`.
fn funnel(low: u32, high: u32, shift: u32) -> u32 {
    return (low >> shift) | select(high << ((32u - shift) & 31u), 0u, shift == 0u);
}

// One pixel, first sample in the low byte.
fn finish(at: vec2u, bits: u32) {
    let s = vec4u(bits, bits >> 8u, bits >> 16u, bits >> 24u) & vec4u(0xffu);
    let is_gray = params.channels < 3u;
    let codes = select(s.xyz, s.xxx, is_gray) + vec3u(0u, 256u, 512u);
    let c = vec3f(curves[codes.x], curves[codes.y], curves[codes.z]);
    let alpha = select(f32(select(s.w, s.y, is_gray)) / 255.0, 1.0, (params.channels & 1u) == 1u);
    var rgb = vec3f(dot(params.red.rgb, c), dot(params.green.rgb, c), dot(params.blue.rgb, c));
    if ENCODE { rgb = srgb_from_linear(rgb); }
    store(orient_map(params.orient, params.frame, at), vec4f(rgb * alpha, alpha));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let x = id.x * 4u;
    if x >= params.size.x || id.y >= params.size.y { return; }
    // Four pixels of n samples are n words from an arbitrary byte on: n + 1 loads, then shifts.
    let offset = (params.origin.y + id.y) * params.row_bytes + (params.origin.x + x) * params.channels;
    let word = offset >> 2u;
    let shift = (offset & 3u) * 8u;
    let w = array<u32, 5>(samples[word], samples[word + 1u], samples[word + 2u], samples[word + 3u], samples[word + 4u]);
    let u = vec4u(funnel(w[0], w[1], shift), funnel(w[1], w[2], shift), funnel(w[2], w[3], shift), funnel(w[3], w[4], shift));
    let one = vec4u(u.x, u.x >> 8u, u.x >> 16u, u.x >> 24u);
    let two = vec4u(u.x, u.x >> 16u, u.y, u.y >> 16u);
    let three = vec4u(u.x, (u.x >> 24u) | (u.y << 8u), (u.y >> 16u) | (u.z << 16u), u.z >> 8u);
    let up_to_two = select(one, two, params.channels == 2u);
    let from_three = select(three, u, params.channels == 4u);
    let p = select(up_to_two, from_three, params.channels > 2u);

    let at = vec2u(x, params.row + id.y);
    let last = params.size.x - x;
    finish(at, p.x);
    if last > 1u { finish(at + vec2u(1u, 0u), p.y); }
    if last > 2u { finish(at + vec2u(2u, 0u), p.z); }
    if last > 3u { finish(at + vec2u(3u, 0u), p.w); }
}
