// What is foreground, in its own color: from the mean colors of foreground and background near a pixel, the color that
// explains the pixel best where the matte says it is a mixture.
// reads src, matte, near_foreground, near_background · writes dst · twin crates/engine/src/ops/defringe/reference.rs
#import store

struct Params { size: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var matte: Src;
@group(0) @binding(3) var near_foreground: Src;
@group(0) @binding(4) var near_background: Src;
@group(0) @binding(5) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// Less than this much in the neighborhood is no mean; as LEAST in mod.rs.
const LEAST = 1e-4;

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let c = textureLoad(src, id.xy, 0);
    let seen = select(vec3f(0.0), c.rgb / c.a, c.a > 0.0);
    let a = min(max(textureLoad(matte, id.xy, 0).r, 0.0), 1.0);
    let f = textureLoad(near_foreground, id.xy, 0);
    let b = textureLoad(near_background, id.xy, 0);
    let foreground = select(seen, f.rgb / f.a, f.a > LEAST);
    let background = select(seen, b.rgb / b.a, b.a > LEAST);
    let unexplained = seen - a * foreground - (1.0 - a) * background;
    // What is wider than sRGB's colors stays so.
    let color = min(max(foreground + a * unexplained, min(seen, vec3f(0.0))), max(seen, vec3f(1.0)));
    store(id.xy, vec4f(color, 1.0) * (a * c.a));
}
