// A larger canvas of one colour with the picture on it. Where the picture is transparent, it stays so.
// reads src · writes dst · twin crates/engine/src/ops/pad/reference.rs
#import store

struct Params { size: vec2u, at: vec2u, inner: vec2u, _pad: vec2u, color: vec4f }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    // Left of or above the picture, the subtraction wraps to something large: one comparison serves all four sides.
    let inside = id.xy - params.at;
    let c = textureLoad(src, min(inside, params.inner - 1u), 0);
    store(id.xy, select(params.color, c, all(inside < params.inner)));
}
