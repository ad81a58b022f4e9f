// The foreground's or the background's share of every pixel, by the first channel of a matte of the same size.
// reads src, matte · writes dst · twin crates/engine/src/ops/defringe/reference.rs
#import store

struct Params { size: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var matte: Src;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// True: what the matte leaves out.
override REST: bool = false;
// True: the source is a mean, of which only the color counts.
override MEAN: bool = false;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    var c = textureLoad(src, id.xy, 0);
    if MEAN { c = select(vec4f(0.0), c / c.a, c.a > 0.0); }
    let kept = min(max(textureLoad(matte, id.xy, 0).r, 0.0), 1.0);
    store(id.xy, c * select(kept, 1.0 - kept, REST));
}
