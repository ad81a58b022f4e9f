// Packed samples of a decoded picture → working texels: curve per channel, matrix, premultiply, orientation.
// reads samples (a chunk of whole rows), curves · writes dst · four pixels of a row per invocation
// twin crates/engine/src/ops/unpack/reference.rs
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
    depth: u32,       // bytes of a sample: 1, 2, or 4 for floats
    curve_len: u32,   // entries per curve; 0 leaves samples as they are
    orient: u32,
    encode: u32,      // 1: the working space is sRGB-encoded
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
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

// 32 bits that start `shift` bits into `low`.
fn funnel(low: u32, high: u32, shift: u32) -> u32 {
    return (low >> shift) | select(high << ((32u - shift) & 31u), 0u, shift == 0u);
}

fn sample16(offset: u32) -> f32 {
    return f32((samples[offset >> 2u] >> ((offset & 2u) * 8u)) & 0xffffu) / 65535.0;
}

fn sample32(offset: u32) -> f32 {
    return bitcast<f32>(samples[offset >> 2u]);
}

fn curved(channel: u32, v: f32) -> f32 {
    if params.curve_len == 0u { return v; }
    let base = channel * params.curve_len;
    let place = min(max(v, 0.0), 1.0) * f32(params.curve_len - 1u);
    let low = u32(place);
    let high = min(low + 1u, params.curve_len - 1u);
    return mix(curves[base + low], curves[base + high], place - f32(low));
}

fn curved8(channel: u32, code: u32) -> f32 {
    if params.curve_len == 0u { return f32(code) / 255.0; }
    return curves[channel * params.curve_len + code];
}

// Linear (or left as they are) source values, straight alpha → a working texel.
fn finish(at: vec2u, c: vec4f) {
    var rgb = vec3f(dot(params.red.rgb, c.rgb), dot(params.green.rgb, c.rgb), dot(params.blue.rgb, c.rgb));
    if params.encode != 0u { rgb = srgb_from_linear(rgb); }
    store(orient_map(params.orient, params.frame, at), vec4f(rgb * c.a, c.a));
}

// One 8-bit pixel, first sample in the low byte.
fn finish8(at: vec2u, bits: u32) {
    let s = vec4u(bits, bits >> 8u, bits >> 16u, bits >> 24u) & vec4u(0xffu);
    switch params.channels {
        case 1u: { finish(at, vec4f(vec3f(curved8(0u, s.x)), 1.0)); }
        case 2u: { finish(at, vec4f(vec3f(curved8(0u, s.x)), f32(s.y) / 255.0)); }
        case 3u: { finish(at, vec4f(curved8(0u, s.x), curved8(1u, s.y), curved8(2u, s.z), 1.0)); }
        default: { finish(at, vec4f(curved8(0u, s.x), curved8(1u, s.y), curved8(2u, s.z), f32(s.w) / 255.0)); }
    }
}

// One pixel of wider samples.
fn finish_wide(at: vec2u, offset: u32) {
    var s = vec4f(0.0, 0.0, 0.0, 1.0);
    for (var i = 0u; i < params.channels; i++) {
        if params.depth == 2u { s[i] = sample16(offset + i * 2u); } else { s[i] = sample32(offset + i * 4u); }
    }
    if params.channels < 3u {
        let alpha = select(1.0, s.y, params.channels == 2u);
        s = vec4f(s.xxx, alpha);
    }
    if params.depth == 2u { s = vec4f(curved(0u, s.x), curved(1u, s.y), curved(2u, s.z), s.w); }
    finish(at, s);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let x = id.x * 4u;
    if x >= params.size.x || id.y >= params.size.y { return; }
    let at = vec2u(x, params.row + id.y);
    let last = min(params.size.x - x, 4u);
    let pixel_bytes = params.channels * params.depth;
    let offset = (params.origin.y + id.y) * params.row_bytes + (params.origin.x + x) * pixel_bytes;
    if params.depth != 1u {
        for (var i = 0u; i < last; i++) { finish_wide(at + vec2u(i, 0u), offset + i * pixel_bytes); }
        return;
    }
    // Four pixels of n samples are n words from an arbitrary byte on: n + 1 loads, then shifts.
    let word = offset >> 2u;
    let shift = (offset & 3u) * 8u;
    let w0 = samples[word];
    let w1 = samples[word + 1u];
    let u0 = funnel(w0, w1, shift);
    var p = vec4u(u0, u0 >> 8u, u0 >> 16u, u0 >> 24u);
    if params.channels > 1u {
        let w2 = samples[word + 2u];
        let u1 = funnel(w1, w2, shift);
        p = vec4u(u0, u0 >> 16u, u1, u1 >> 16u);
        if params.channels > 2u {
            let w3 = samples[word + 3u];
            let u2 = funnel(w2, w3, shift);
            p = vec4u(u0, (u0 >> 24u) | (u1 << 8u), (u1 >> 16u) | (u2 << 16u), u2 >> 8u);
            if params.channels > 3u { p = vec4u(u0, u1, u2, funnel(w3, samples[word + 4u], shift)); }
        }
    }
    finish8(at, p.x);
    if last > 1u { finish8(at + vec2u(1u, 0u), p.y); }
    if last > 2u { finish8(at + vec2u(2u, 0u), p.z); }
    if last > 3u { finish8(at + vec2u(3u, 0u), p.w); }
}
