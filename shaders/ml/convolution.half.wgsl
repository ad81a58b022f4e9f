// The same with weights of half precision, two a word, which every adapter can unpack; sums are in single precision.
// reads x (channels last), weights, bias · writes y (channels last) · four by two pixels by sixteen channels per invocation
// twin burn's conv2d, in crates/ml/tests/parity/convolution.rs
#import convolution

@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
// In the same order, a column in two words.
@group(0) @binding(1) var<storage, read_write> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

override WG_X = 64u;
override WG_Y = 1u;

fn column(words: vec2u) -> vec4f {
    return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn weight(at: u32) -> mat4x4f {
    let a = weights[at * 2u];
    let b = weights[at * 2u + 1u];
    return mat4x4f(column(a.xy), column(a.zw), column(b.xy), column(b.zw));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= params.blocks { return; }
    convolve(id.x, id.y, id.z);
}
