// What the heads of one level say → the proposals that reach a score: boxes and points in the input's pixels, in any order.
// reads logits, boxes, landmarks (two anchors a point, their strides given) · appends to found · one point of the map per invocation
// twin crates/ml/src/models/retinaface/anchors.rs

struct Params {
    size: vec2u,            // of the maps
    sides: vec2f,           // of the two anchors
    logits_at: vec4u,       // floats to the picture's first, from channel to channel, row to row, column to column
    boxes_at: vec4u,        // the same
    landmarks_at: vec4u,    // the same
    pixels: f32,            // of the input, from one point of the map to the next
    score: f32,             // lowest that is kept
    shift: f32,             // of centres and points, in anchor sides
    growth: f32,            // of logarithms of sides
    first: u32,             // number of the level's first anchor
    most: u32,              // proposals that there is room for
    _pad0: u32,
    _pad1: u32,
}

struct Found {
    count: atomic<u32>,     // may be larger than what there is room for
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    numbers: array<u32>,    // sixteen each: left, top, width, height, score, five points, the anchor's number; all but the last f32
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> boxes: array<f32>;
@group(0) @binding(3) var<storage, read> landmarks: array<f32>;
@group(0) @binding(4) var<storage, read_write> found: Found;

override WG_X = 64u;
override WG_Y = 1u;

fn place(at: vec4u, channel: u32, point: vec2u) -> u32 {
    return at.x + channel * at.y + point.y * at.z + point.x * at.w;
}

fn put(start: u32, n: u32, value: f32) {
    found.numbers[start + n] = bitcast<u32>(value);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let middle = (vec2f(id.xy) + 0.5) * params.pixels;
    for (var anchor = 0u; anchor < 2u; anchor++) {
        let no = logits[place(params.logits_at, anchor * 2u, id.xy)];
        let yes = logits[place(params.logits_at, anchor * 2u + 1u, id.xy)];
        let score = 1.0 / (1.0 + exp(no - yes));
        if score >= params.score {
            let slot = atomicAdd(&found.count, 1u);
            if slot < params.most {
                let start = slot * 16u;
                let side = params.sides[anchor];
                let step = params.shift * side;
                var numbers: array<f32, 4>;
                for (var n = 0u; n < 4u; n++) {
                    numbers[n] = boxes[place(params.boxes_at, anchor * 4u + n, id.xy)];
                }
                let width = side * exp(numbers[2] * params.growth);
                let height = side * exp(numbers[3] * params.growth);
                put(start, 0u, middle.x + numbers[0] * step - width / 2.0);
                put(start, 1u, middle.y + numbers[1] * step - height / 2.0);
                put(start, 2u, width);
                put(start, 3u, height);
                put(start, 4u, score);
                for (var k = 0u; k < 10u; k++) {
                    let value = landmarks[place(params.landmarks_at, anchor * 10u + k, id.xy)];
                    put(start, 5u + k, middle[k % 2u] + value * step);
                }
                found.numbers[start + 15u] = params.first + (id.y * params.size.x + id.x) * 2u + anchor;
            }
        }
    }
}
