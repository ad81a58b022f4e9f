// A convolution of square windows with zeros around, its bias and its activation, of all channels of x or of some that are added to y.
// reads x (channels last), weights, bias · writes y (channels last) · four by two pixels by sixteen channels per invocation
// twin burn's conv2d, in crates/ml/tests/parity/convolution.rs
// All buffers are bound for writing, because tensors share buffers, and the params last, because burn launches it.
#import convolution

@group(0) @binding(0) var<storage, read_write> x: array<vec4f>;
// By sixteen channels written, tap, four channels read, four of the sixteen: a column for each channel read.
@group(0) @binding(1) var<storage, read_write> weights: array<mat4x4f>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

override WG_X = 64u;
override WG_Y = 1u;

fn weight(at: u32) -> mat4x4f {
    return weights[at];
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= params.blocks { return; }
    convolve(id.x, id.y, id.z);
}
