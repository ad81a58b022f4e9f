// The identity. Its use is the store: a tape that no pass before could carry rides on it.
// reads src · writes dst · twin crates/engine/src/ops/copy/reference.rs
#import store

struct Params { size: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    store(id.xy, textureLoad(src, id.xy, 0));
}
