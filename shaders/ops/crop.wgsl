// A rectangle of the picture. The planner folds it into unpack or resize wherever it can.
// reads src · writes dst · twin crates/engine/src/ops/crop/reference.rs
#import store

struct Params { origin: vec2u, size: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    store(id.xy, textureLoad(src, params.origin + id.xy, 0));
}
