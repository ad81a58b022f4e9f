// One axis of a separable resize, with weights from a table. Four neighbouring outputs per invocation share their loads.
// reads src, spans, taps · writes dst, moved by an orientation (streamed from unpack) · twin
// crates/engine/src/ops/resize/reference.rs
#import store
#import orient
#import color/alpha

struct Params {
    size: vec2u,      // outputs along the axis; lines
    frame: vec2u,     // the image that is written, before orientation
    line: u32,        // first line that is written
    origin: u32,      // first line that is read
    orient: u32,
    saturate: u32,    // 1: the last axis; ringing beyond black and white is cut
}

// For four outputs: their first source pixel, how many they reach over together, where their taps start.
struct Span { start: u32, len: u32, taps: u32, _pad: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var<storage, read> spans: array<Span>;
// The weight of one source pixel in each of the four outputs.
@group(0) @binding(3) var<storage, read> taps: array<vec4f>;
@group(0) @binding(4) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// 0: along rows. 1: along columns.
override AXIS: u32 = 0u;

fn put(along: u32, line: u32, color: vec4f) {
    if along >= params.size.x { return; }
    var c = color;
    if params.saturate != 0u { c = alpha_saturate(c); }
    let across = params.line + line;
    let at = select(vec2u(across, along), vec2u(along, across), AXIS == 0u);
    store(orient_map(params.orient, params.frame, at), c);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let group = select(id.y, id.x, AXIS == 0u);
    let line = select(id.x, id.y, AXIS == 0u);
    if group * 4u >= params.size.x || line >= params.size.y { return; }
    let span = spans[group];
    let across = params.origin + line;
    var a = vec4f(0.0);
    var b = vec4f(0.0);
    var c = vec4f(0.0);
    var d = vec4f(0.0);
    for (var i = 0u; i < span.len; i++) {
        let along = span.start + i;
        let at = select(vec2u(across, along), vec2u(along, across), AXIS == 0u);
        let color = textureLoad(src, at, 0);
        let weight = taps[span.taps + i];
        a += color * weight.x;
        b += color * weight.y;
        c += color * weight.z;
        d += color * weight.w;
    }
    put(group * 4u, line, a);
    put(group * 4u + 1u, line, b);
    put(group * 4u + 2u, line, c);
    put(group * 4u + 3u, line, d);
}
