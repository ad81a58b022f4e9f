// Working image → a network's input: straight samples rounded to 8 bits, normalised, one plane of floats after the other.
// reads src · writes tensor (three planes of `padded` size, zero beyond the picture) · one pixel per invocation
// twin crates/ml/src/host.rs, of the samples that pack.wgsl makes without dither
#import image
#import pack

struct Params {
    size: vec2u,       // the picture
    padded: vec2u,     // a plane
    channel: vec4u,    // per plane: 0 red, 1 green, 2 blue
    mean: vec4f,       // per plane
    deviation: vec4f,  // per plane
    scale: f32,        // factor from 0..255
    start: u32,        // floats to the picture's first
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var<storage, read_write> tensor: array<f32>;

override WG_X = 64u;
override WG_Y = 1u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.padded) { return; }
    let is_picture = all(id.xy < params.size);
    let c = pack_samples(alpha_saturate(textureLoad(src, min(id.xy, params.size - vec2u(1u)), 0)), 3u);
    let codes = min(max(floor(c.rgb * 255.0 + 0.5), vec3f(0.0)), vec3f(255.0));
    for (var plane = 0u; plane < 3u; plane++) {
        let value = (codes[params.channel[plane]] * params.scale - params.mean[plane]) / params.deviation[plane];
        tensor[params.start + (plane * params.padded.y + id.y) * params.padded.x + id.x] = select(0.0, value, is_picture);
    }
}
