// How much a pixel's color differs from the mean of its maximum symmetric surround, the largest rectangle around it that
// the picture holds: Achanta and Süsstrunk, "Saliency Detection using Maximum Symmetric Surround", ICIP 2010.
// reads lab (smoothed), sums (its summed-area table) · writes dst: the squared distance in all three channels
// twin crates/engine/src/ops/saliency/reference.rs
#import store

struct Params { size: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var colors: Src;
@group(0) @binding(2) var sums: Src;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

// The sum over all pixels left of and above (x, y), which may be 0.
fn sum_before(x: u32, y: u32) -> vec4f {
    if x == 0u || y == 0u { return vec4f(0.0); }
    return textureLoad(sums, vec2u(x - 1u, y - 1u), 0);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let reach = min(id.xy, params.size - 1u - id.xy);
    let low = id.xy - reach;
    let high = id.xy + reach + 1u;
    let area = f32((high.x - low.x) * (high.y - low.y));
    let sum = sum_before(high.x, high.y) - sum_before(low.x, high.y) - sum_before(high.x, low.y) + sum_before(low.x, low.y);
    let difference = (sum / area - textureLoad(colors, id.xy, 0)).rgb;
    store(id.xy, vec4f(vec3f(dot(difference, difference)), 1.0));
}
