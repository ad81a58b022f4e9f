// A layer onto the picture, by a Porter-Duff operator on sRGB-encoded, premultiplied colours, inside the layer's box only.
// reads base, layer · writes dst · twin crates/engine/src/ops/composite/reference.rs
#import store

struct Params {
    size: vec2u,      // the picture
    inner: vec2u,     // the layer
    at: vec2i,        // the layer's corner on the picture
    mode: u32,        // 0 over, 1 in, 2 atop, 3 out, 4 xor, 5 lighter
    repeat: u32,      // bit 0: along rows, bit 1: along columns
    opacity: f32,
    _pad: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var base: Src;
@group(0) @binding(2) var layer: Src;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;

// The remainder that is never negative.
fn wrap(v: i32, n: i32) -> i32 {
    return ((v % n) + n) % n;
}

// Factors of layer (x) and picture (y): Porter and Duff, "Compositing Digital Images", 1984. Selects, because Mesa's software driver
// compiles a kernel anew for every value of a uniform that it branches on.
fn factors(layer_alpha: f32, base_alpha: f32) -> vec2f {
    let mode = params.mode;
    let over = select(select(1.0, base_alpha, mode == 1u || mode == 2u), 1.0 - base_alpha, mode == 3u || mode == 4u);
    let below = select(select(1.0, 0.0, mode == 1u || mode == 3u), 1.0 - layer_alpha, mode == 0u || mode == 2u || mode == 4u);
    return vec2f(over, below);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let below = textureLoad(base, id.xy, 0);
    var place = vec2i(id.xy) - params.at;
    let box = vec2i(params.inner);
    place = select(place, vec2i(wrap(place.x, box.x), wrap(place.y, box.y)), (vec2u(params.repeat) & vec2u(1u, 2u)) != vec2u(0u));
    if any(place < vec2i(0)) || any(place >= box) {
        store(id.xy, below);
        return;
    }
    let over = textureLoad(layer, vec2u(place), 0) * params.opacity;
    let f = factors(over.a, below.a);
    store(id.xy, min(over * f.x + below * f.y, vec4f(1.0)));
}
