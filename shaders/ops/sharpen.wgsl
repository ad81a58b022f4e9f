// Unsharp mask over a 5x5 Gaussian: adds back, amplified, what the blur removed.
// reads src · writes dst · twin crates/engine/src/ops/sharpen/reference.rs
#import store
#import color/alpha

struct Params { size: vec2u, amount: f32, center: f32, near: f32, far: f32, _pad: vec2u }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

fn load(at: vec2i) -> vec4f {
    return textureLoad(src, vec2u(min(max(at, vec2i(0)), vec2i(params.size) - 1)), 0);
}

fn row(at: vec2i) -> vec4f {
    return params.center * load(at)
        + params.near * (load(at - vec2i(1, 0)) + load(at + vec2i(1, 0)))
        + params.far * (load(at - vec2i(2, 0)) + load(at + vec2i(2, 0)));
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let at = vec2i(id.xy);
    let blurred = params.center * row(at)
        + params.near * (row(at - vec2i(0, 1)) + row(at + vec2i(0, 1)))
        + params.far * (row(at - vec2i(0, 2)) + row(at + vec2i(0, 2)));
    let c = load(at);
    store(id.xy, alpha_saturate(c + params.amount * (c - blurred)));
}
