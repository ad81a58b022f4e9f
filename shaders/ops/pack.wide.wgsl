// What pack.wgsl does, for samples of 16 bits and for floats, which are not cut: four pixels per invocation.
// reads src · writes samples (a chunk of whole rows) · twin crates/engine/src/ops/pack/reference.rs
#import image
#import pack

struct Params {
    size: vec2u,      // columns; rows of this chunk
    row: u32,         // first row of this chunk
    stride: u32,      // invocations per row of the dispatch
    channels: u32,    // 1 gray, 2 gray and alpha, 3 rgb, 4 rgba
    depth: u32,       // bytes of a sample: 2, or 4 for floats
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var<storage, read_write> samples: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

fn values(index: u32) -> vec4f {
    let at = vec2u(index % params.size.x, params.row + index / params.size.x);
    let c = textureLoad(src, at, 0);
    return pack_samples(select(alpha_saturate(c), c, params.depth == 4u), params.channels);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let index = id.y * params.stride + id.x;
    if id.x >= params.stride || index * 4u >= params.size.x * params.size.y { return; }
    let c = array<vec4f, 4>(values(index * 4u), values(index * 4u + 1u), values(index * 4u + 2u), values(index * 4u + 3u));
    let n = params.channels;
    if params.depth == 2u {
        // Two samples per word, in reading order.
        for (var i = 0u; i < n * 2u; i++) {
            let low = u32(floor(c[(i * 2u) / n][(i * 2u) % n] * 65535.0 + 0.5));
            let high = u32(floor(c[(i * 2u + 1u) / n][(i * 2u + 1u) % n] * 65535.0 + 0.5));
            samples[index * n * 2u + i] = low | (high << 16u);
        }
        return;
    }
    for (var i = 0u; i < n * 4u; i++) { samples[index * n * 4u + i] = bitcast<u32>(c[i / n][i % n]); }
}
