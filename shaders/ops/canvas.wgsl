// One frame of an animation on its canvas, in whole numbers: a word per pixel, red in the low byte, straight alpha in the high one.
// reads under (the canvas before), samples (the frame) · writes canvas · twin crates/engine/src/ops/canvas/reference.rs
struct Params {
    size: vec2u,          // of the canvas
    origin: vec2u,        // of the frame
    frame: vec2u,
    clear_origin: vec2u,  // what the frame before leaves behind as transparent
    clear_size: vec2u,
    blend: u32,           // 0 takes the frame's pixels, 1 lays them over
    _pad0: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> under: array<u32>;
@group(0) @binding(2) var<storage, read> samples: array<u32>;
@group(0) @binding(3) var<storage, read_write> canvas: array<u32>;

override WG_X = 8u;
override WG_Y = 8u;

fn inside(at: vec2u, origin: vec2u, size: vec2u) -> bool {
    // Wraps around left of and above the origin, where it is more than any size.
    return all(at - origin < size);
}

fn channel(pixel: u32, shift: u32) -> u32 {
    return (pixel >> shift) & 0xffu;
}

// The nearest to top over bottom, by straight alpha (RFC 9649, 2.7.1.1; PNG 3rd edition, 13.16).
fn over(top: u32, bottom: u32) -> u32 {
    let a = channel(top, 24u) * 255u;
    let b = channel(bottom, 24u) * (255u - channel(top, 24u));
    let alpha = a + b;
    if alpha == 0u { return 0u; }
    var pixel = ((alpha + 127u) / 255u) << 24u;
    for (var shift = 0u; shift < 24u; shift += 8u) {
        pixel |= ((channel(top, shift) * a + channel(bottom, shift) * b + alpha / 2u) / alpha) << shift;
    }
    return pixel;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let at = id.y * params.size.x + id.x;
    var pixel = select(under[at], 0u, inside(id.xy, params.clear_origin, params.clear_size));
    if inside(id.xy, params.origin, params.frame) {
        let inner = id.xy - params.origin;
        let top = samples[inner.y * params.frame.x + inner.x];
        if params.blend == 0u { pixel = top; } else { pixel = over(top, pixel); }
    }
    canvas[at] = pixel;
}
