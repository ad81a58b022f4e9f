// Running sums along one axis; along both, a summed-area table. Single precision only: the sums outgrow halves.
// reads src · writes dst · one line per invocation · twin crates/engine/src/ops/integral/reference.rs
#import store

struct Params { size: vec2u }      // pixels along the axis; lines

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// 0: along rows. 1: along columns.
override AXIS: u32 = 0u;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let line = id.x;
    if line >= params.size.y || id.y > 0u { return; }
    var sum = vec4f(0.0);
    for (var along = 0u; along < params.size.x; along++) {
        let at = select(vec2u(line, along), vec2u(along, line), AXIS == 0u);
        sum += textureLoad(src, at, 0);
        store(at, sum);
    }
}
