// Working texels → packed 8-bit samples in the layout the encoder wants: un-premultiply, transfer curve, dither, quantise.
// reads src · writes samples (a chunk of whole rows) · four pixels in reading order per invocation
// twin crates/engine/src/ops/pack/reference.rs · wider samples: pack.wide.wgsl
#import image
#import pack
#import math/hash

struct Params {
    size: vec2u,      // columns; rows of this chunk
    row: u32,         // first row of this chunk
    stride: u32,      // invocations per row of the dispatch
    channels: u32,    // 1 gray, 2 gray and alpha, 3 rgb, 4 rgba
    dither: u32,      // 1: noise of half a code before rounding
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var<storage, read_write> samples: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

// The samples of one pixel as bytes, the first one lowest. What is read beyond the last pixel is never used.
fn bits(index: u32) -> u32 {
    let at = vec2u(index % params.size.x, params.row + index / params.size.x);
    let c = pack_samples(alpha_saturate(textureLoad(src, at, 0)), params.channels);
    let noise = select(0.0, (hash_unit(at) - 0.5) * 0.998, params.dither != 0u);
    // Alpha is never dithered: an opaque picture stays opaque.
    let noises = select(vec4f(vec3f(noise), 0.0), vec4f(noise, 0.0, 0.0, 0.0), params.channels < 3u);
    let s = vec4u(min(max(floor(c * 255.0 + 0.5 + noises), vec4f(0.0)), vec4f(255.0)));
    return s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let index = id.y * params.stride + id.x;
    if id.x >= params.stride || index * 4u >= params.size.x * params.size.y { return; }
    let p = vec4u(bits(index * 4u), bits(index * 4u + 1u), bits(index * 4u + 2u), bits(index * 4u + 3u));
    let out = index * params.channels;
    switch params.channels {
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
}
