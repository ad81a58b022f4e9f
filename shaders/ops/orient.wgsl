// Flips and quarter turns. The planner folds them into unpack wherever it can.
// reads src · writes dst · twin crates/engine/src/ops/orient/reference.rs
#import store
#import orient

struct Params { size: vec2u, orient: u32, _pad: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    store(orient_map(params.orient, params.size, id.xy), textureLoad(src, id.xy, 0));
}
