// One box blur along one axis, by a sliding window: the cost per pixel hardly depends on the width.
// reads src · writes dst · a run of SEGMENT pixels per invocation · twin crates/engine/src/ops/blur/reference.rs
#import store

struct Params {
    size: vec2u,      // pixels along the axis; lines
    half_width: u32,  // whole pixels to each side
    fraction: f32,    // weight of one more pixel to each side, 0 to 1
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var src: Src;
@group(0) @binding(2) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// 0: along rows. 1: along columns.
override AXIS: u32 = 0u;
// False where the width is whole.
override FRACTION: bool = false;
const SEGMENT = 64u;

fn place(along: i32, line: u32) -> vec2u {
    let inside = u32(min(max(along, 0), i32(params.size.x) - 1));
    return select(vec2u(line, inside), vec2u(inside, line), AXIS == 0u);
}

fn load(along: i32, line: u32) -> vec4f {
    return textureLoad(src, place(along, line), 0);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let first = select(id.y, id.x, AXIS == 0u) * SEGMENT;
    let line = select(id.x, id.y, AXIS == 0u);
    if first >= params.size.x || line >= params.size.y { return; }
    let half_width = i32(params.half_width);
    let scale = 1.0 / (2.0 * (f32(half_width) + params.fraction) + 1.0);
    var sum = vec4f(0.0);
    for (var i = i32(first) - half_width; i <= i32(first) + half_width; i++) { sum += load(i, line); }
    let end = min(first + SEGMENT, params.size.x);
    for (var along = first; along < end; along++) {
        let at = i32(along);
        var total = sum;
        if FRACTION {
            total += params.fraction * (load(at - half_width - 1, line) + load(at + half_width + 1, line));
        }
        store(place(at, line), total * scale);
        sum += load(at + half_width + 1, line) - load(at - half_width, line);
    }
}
