// Working texels → packed samples in the layout the encoder wants: un-premultiply, transfer curve, dither, quantise.
// reads src · writes samples (a chunk of whole rows) · four pixels in reading order per invocation
// twin crates/engine/src/ops/pack/reference.rs
#import image
#import color/alpha
#import color/srgb
#import math/hash

struct Params {
    size: vec2u,      // columns; rows of this chunk
    row: u32,         // first row of this chunk
    stride: u32,      // invocations per row of the dispatch
    channels: u32,    // 1 gray, 2 gray and alpha, 3 rgb, 4 rgba
    depth: u32,       // bytes of a sample: 1, 2, or 4 for floats
    encode: u32,      // 1: the working space is linear, the samples are sRGB
    dither: u32,      // 1: noise of half a code before rounding
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var<storage, read_write> samples: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

// Straight, encoded samples of one pixel; gray in the first channel, its alpha in the second.
fn pixel(index: u32) -> vec4f {
    if index >= params.size.x * params.size.y { return vec4f(0.0); }
    let at = vec2u(index % params.size.x, params.row + index / params.size.x);
    var c = textureLoad(src, at, 0);
    if params.depth != 4u { c = alpha_saturate(c); }
    c = alpha_straight(c);
    // Gray: Rec. 709 luminance, which leaves equal channels as they are.
    if params.channels < 3u { c = vec4f(vec3f(dot(c.rgb, vec3f(0.2126, 0.7152, 0.0722))), c.a); }
    if params.encode != 0u { c = vec4f(srgb_from_linear(c.rgb), c.a); }
    if params.channels < 3u { c = vec4f(c.r, c.a, 0.0, 0.0); }
    if params.depth == 4u { return c; }
    let scale = select(65535.0, 255.0, params.depth == 1u);
    var noise = vec4f(0.0);
    if params.dither != 0u {
        noise = vec4f(vec3f(hash_unit(at) - 0.5), 0.0);
        if params.channels < 3u { noise.y = 0.0; }
    }
    let code = floor(min(max(c, vec4f(0.0)), vec4f(1.0)) * scale + 0.5 + noise * 0.998);
    return min(max(code, vec4f(0.0)), vec4f(scale));
}

fn bits8(c: vec4f) -> u32 {
    let s = vec4u(c);
    return s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let index = id.y * params.stride + id.x;
    if id.x >= params.stride || index * 4u >= params.size.x * params.size.y { return; }
    let c = array<vec4f, 4>(pixel(index * 4u), pixel(index * 4u + 1u), pixel(index * 4u + 2u), pixel(index * 4u + 3u));
    let n = params.channels;
    if params.depth == 1u {
        let p = vec4u(bits8(c[0]), bits8(c[1]), bits8(c[2]), bits8(c[3]));
        let out = index * n;
        switch n {
            case 1u: { samples[out] = (p.x & 0xffu) | ((p.y & 0xffu) << 8u) | ((p.z & 0xffu) << 16u) | (p.w << 24u); }
            case 2u: {
                samples[out] = (p.x & 0xffffu) | (p.y << 16u);
                samples[out + 1u] = (p.z & 0xffffu) | (p.w << 16u);
            }
            case 3u: {
                samples[out] = (p.x & 0xffffffu) | (p.y << 24u);
                samples[out + 1u] = ((p.y >> 8u) & 0xffffu) | (p.z << 16u);
                samples[out + 2u] = ((p.z >> 16u) & 0xffu) | (p.w << 8u);
            }
            default: {
                samples[out] = p.x;
                samples[out + 1u] = p.y;
                samples[out + 2u] = p.z;
                samples[out + 3u] = p.w;
            }
        }
        return;
    }
    if params.depth == 2u {
        // Two samples per word, in reading order.
        for (var i = 0u; i < n * 2u; i++) {
            let low = i * 2u;
            let high = low + 1u;
            samples[index * n * 2u + i] = u32(c[low / n][low % n]) | (u32(c[high / n][high % n]) << 16u);
        }
        return;
    }
    for (var i = 0u; i < n * 4u; i++) { samples[index * n * 4u + i] = bitcast<u32>(c[i / n][i % n]); }
}
