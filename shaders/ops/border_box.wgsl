// The smallest rectangle that holds everything unlike a border color: first each row's ends, then all rows together.
// reads src · writes dst · single precision only: positions outgrow halves · twin
// crates/engine/src/ops/border_box/reference.rs
#import store
#import color/transfer

struct Params {
    size: vec2u,      // of src
    tolerance: f32,   // largest difference of a channel that still counts as border
    corner: u32,      // 1: the border has the color of the top left pixel
    linear: u32,      // 1: the working space is linear
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    color: vec4f,     // sRGB-encoded, premultiplied
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// 0: a row becomes one texel (first, last + 1, found). 1: all rows become two texels (left, top), (right, bottom).
override AXIS: u32 = 0u;

fn encoded(at: vec2u) -> vec4f {
    let c = textureLoad(src, at, 0);
    if params.linear != 0u { return transfer_encoded_from_linear(c); }
    return c;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let rows = select(1u, params.size.y, AXIS == 0u);
    if id.x >= rows || id.y > 0u { return; }
    if AXIS == 0u {
        var border = params.color;
        if params.corner != 0u { border = encoded(vec2u(0u)); }
        var first = params.size.x;
        var end = 0u;
        for (var x = 0u; x < params.size.x; x++) {
            let off = abs(encoded(vec2u(x, id.x)) - border);
            if max(max(off.r, off.g), max(off.b, off.a)) > params.tolerance {
                first = min(first, x);
                end = x + 1u;
            }
        }
        store(vec2u(0u, id.x), vec4f(f32(first), f32(end), select(0.0, 1.0, end > 0u), 1.0));
        return;
    }
    var low = vec2f(16777216.0);
    var high = vec2f(0.0);
    for (var y = 0u; y < params.size.y; y++) {
        let row = textureLoad(src, vec2u(0u, y), 0);
        if row.z > 0.0 {
            low = min(low, vec2f(row.x, f32(y)));
            high = max(high, vec2f(row.y, f32(y) + 1.0));
        }
    }
    store(vec2u(0u, 0u), vec4f(low, 0.0, 1.0));
    store(vec2u(1u, 0u), vec4f(high, 0.0, 1.0));
}
