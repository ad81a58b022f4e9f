// A network's matte → working image: premultiplied white, as opaque as the matte says.
// reads tensor (one plane, its strides given) · writes dst · one pixel per invocation
// twin crates/ml/tests/parity/bridge.rs
#import image

struct Params {
    size: vec2u,     // of both
    stride: vec2u,   // floats from column to column, from row to row
    start: u32,      // floats to the matte's first
    _pad0: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tensor: array<f32>;
@group(0) @binding(2) var dst: Dst;

override WG_X = 64u;
override WG_Y = 1u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let value = tensor[params.start + id.x * params.stride.x + id.y * params.stride.y];
    textureStore(dst, id.xy, vec4f(min(max(value, 0.0), 1.0)));
}
