// What unpack.wgsl does, for pictures whose colors are told by a table: red, green and blue, or four inks. One pixel per invocation.
// reads samples (a chunk of whole rows), table · writes dst · twin crates/engine/src/ops/unpack/reference.rs
#import store
#import orient
#import color/srgb

struct Params {
    origin: vec2u,    // first column of the rectangle; first row, counted in the bound chunk
    size: vec2u,      // columns of the rectangle; rows of this dispatch
    frame: vec2u,     // the rectangle as a whole, before orientation
    row: u32,         // first row of this dispatch, counted in the rectangle
    row_bytes: u32,
    channels: u32,    // 1 gray, 2 gray and alpha, 3 rgb, 4 rgba or inks
    orient: u32,
    depth: u32,       // bytes of a sample: 1 or 2
    side: u32,        // nodes of the table along each axis
    inks: u32,        // 1: cyan, magenta, yellow and black
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    red: vec4f,       // rows of the matrix from sRGB's primaries to the working image's
    green: vec4f,
    blue: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> samples: array<u32>;
// sRGB-encoded colors, three numbers each; the third input runs fastest, the fourth slowest.
@group(0) @binding(2) var<storage, read> entries: array<f32>;
@group(0) @binding(3) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// True where the working space is sRGB-encoded.
override ENCODE: bool = false;

fn sample(offset: u32) -> f32 {
    let is_wide = params.depth == 2u;
    let bits = samples[offset >> 2u] >> ((offset & 3u) * 8u);
    return select(f32(bits & 0xffu) / 255.0, f32(bits & 0xffffu) / 65535.0, is_wide);
}

fn entry(node: u32) -> vec3f {
    return vec3f(entries[node * 3u], entries[node * 3u + 1u], entries[node * 3u + 2u]);
}

// In the cube at node `base`, by the tetrahedron that `part` lies in.
fn tetrahedron(base: u32, part: vec3f) -> vec3f {
    let step = vec3u(params.side * params.side, params.side, 1u);
    let xy = part.x >= part.y;
    let yz = part.y >= part.z;
    let xz = part.x >= part.z;
    let x_most = xy && xz;
    let y_most = !xy && yz;
    let z_least = xz && yz;
    let x_least = !xy && !xz;
    let most = max(part.x, max(part.y, part.z));
    let least = min(part.x, min(part.y, part.z));
    let between = part.x + part.y + part.z - most - least;
    let up = select(select(step.z, step.y, y_most), step.x, x_most);
    let down = select(select(step.y, step.x, x_least), step.z, z_least);
    let far = base + step.x + step.y + step.z;
    return entry(base) * (1.0 - most) + entry(base + up) * (most - between)
        + entry(far - down) * (between - least) + entry(far) * least;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.size) { return; }
    let n = params.channels;
    let offset = (params.origin.y + id.y) * params.row_bytes + (params.origin.x + id.x) * n * params.depth;
    let green = select(0u, 1u, n > 2u);
    let blue = select(0u, 2u, n > 2u);
    let device = vec3f(sample(offset), sample(offset + green * params.depth), sample(offset + blue * params.depth));
    let last = sample(offset + (n - 1u) * params.depth);
    let is_ink = params.inks != 0u;

    let lines = f32(params.side - 1u);
    let highest = params.side - 2u;
    let at = device * lines;
    let low = min(vec3u(at), vec3u(highest));
    let part = at - vec3f(low);
    let base = (low.x * params.side + low.y) * params.side + low.z;
    let black = select(0.0, last * lines, is_ink);
    let slice = min(u32(black), highest);
    let cube = params.side * params.side * params.side;
    let near = tetrahedron(base + slice * cube, part);
    // Without inks there is one cube, and nothing of another.
    let far = tetrahedron(base + select(0u, (slice + 1u) * cube, is_ink), part);
    let c = linear_from_srgb(mix(near, far, black - f32(slice)));
    var rgb = vec3f(dot(params.red.rgb, c), dot(params.green.rgb, c), dot(params.blue.rgb, c));
    if ENCODE { rgb = srgb_from_linear(rgb); }
    let alpha = select(last, 1.0, (n & 1u) == 1u || is_ink);
    store(orient_map(params.orient, params.frame, vec2u(id.x, params.row + id.y)), vec4f(rgb * alpha, alpha));
}
