// What unpack.wgsl does, for the components of a JPEG: upsampling and color as libjpeg does them, in integers.
// reads luma, blue, red (8-bit samples in whole rows), curves · writes dst · four pixels of a row per invocation
// twin crates/engine/src/ops/unpack/reference.rs, on what tintype_jpeg::inverse makes
#import store
#import orient
#import color/srgb

struct Params {
    origin: vec2u,     // first column and first row of this dispatch, counted in the picture
    size: vec2u,       // columns of the rectangle; rows of this dispatch
    frame: vec2u,      // the rectangle as a whole, before orientation
    row: u32,          // first row of this dispatch, counted in the rectangle
    orient: u32,
    stride: vec2u,     // bytes of a row of luma, of chroma
    first: vec2u,      // the first row that is bound of luma, of chroma
    last: vec2u,       // the last column and row of chroma
    ratio: vec2u,      // pixels of a chroma sample across and down, as powers of two
    // Of the nearer and the farther sample of chroma, across and down; the sum of their products is a power of two.
    weights: vec4i,
    // Added before the sum is shifted: even and odd columns of even rows, then of odd rows.
    bias: vec4i,
    shift: u32,
    color: u32,        // 0 gray, 1 YCbCr, 2 RGB
    _pad0: u32,
    _pad1: u32,
    red: vec4f,        // rows of the matrix to sRGB primaries
    green: vec4f,
    blue: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> luma: array<u32>;
@group(0) @binding(2) var<storage, read> blue: array<u32>;
@group(0) @binding(3) var<storage, read> red: array<u32>;
// 256 entries for each of red, green and blue.
@group(0) @binding(4) var<storage, read> curves: array<f32>;
@group(0) @binding(5) var dst: Dst;

override WG_X = 8u;
override WG_Y = 8u;
// True where the working space is sRGB-encoded and the curves give linear light.
override ENCODE: bool = false;

// 32 bits that start `shift` bits into `low`.
fn funnel(low: u32, high: u32, shift: u32) -> u32 {
    return (low >> shift) | select(high << ((32u - shift) & 31u), 0u, shift == 0u);
}

fn finish(at: vec2u, r: i32, g: i32, b: i32) {
    let c = vec3f(curves[r], curves[g + 256], curves[b + 512]);
    var rgb = vec3f(dot(params.red.rgb, c), dot(params.green.rgb, c), dot(params.blue.rgb, c));
    if ENCODE { rgb = srgb_from_linear(rgb); }
    store(orient_map(params.orient, params.frame, at), vec4f(rgb, 1.0));
}

// Four bytes at four shifts.
fn bytes(word: u32, shifts: vec4u) -> vec4i {
    return vec4i((vec4u(word) >> shifts) & vec4u(0xffu));
}

// Of the sums in four columns of chroma those that the four pixels are made of.
fn across(t: vec4i, x: u32, bias: vec2i) -> vec4i {
    let is_odd = (x & 1u) == 1u;
    let near = select(t.yyzz, t.yzzw, is_odd);
    let far = select(t.xzyw, t.zywz, is_odd);
    let biases = select(bias.xyxy, bias.yxyx, is_odd);
    // Without upsampling the columns are the pixels'; at a quarter they change once.
    let quarter = select(t.xxxx, t.yyyy, (vec4u(x & 3u) + vec4u(0u, 1u, 2u, 3u)) > vec4u(3u));
    let plain = select(t, quarter, params.ratio.x == 2u);
    let sum = select(plain, near, params.ratio.x == 1u) * params.weights.x + far * params.weights.y;
    return (sum + biases) >> vec4u(params.shift);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let left = id.x * 4u;
    if left >= params.size.x || id.y >= params.size.y { return; }
    let x = params.origin.x + left;
    let y = params.origin.y + id.y;

    let offset = (y - params.first.x) * params.stride.x + x;
    let word = offset >> 2u;
    let l = bytes(funnel(luma[word], luma[word + 1u], (offset & 3u) * 8u), vec4u(0u, 8u, 16u, 24u));

    // The row of chroma that the pixels lie in, and the next one on the side where they lie.
    let line = y >> params.ratio.y;
    let is_low = (y & 1u) == 1u;
    let beside = select(max(line, 1u) - 1u, min(line + 1u, params.last.y), is_low);
    // Four columns that hold all that is needed; those beyond the edges are the ones at the edges.
    let column = i32(x >> params.ratio.x) - select(0i, 1i, params.ratio.x == 1u);
    let last = i32(params.last.x);
    let window = min(max(column, 0i), max(last - 3i, 0i));
    let places = min(max(vec4i(column) + vec4i(0, 1, 2, 3), vec4i(0)), vec4i(last)) - window;
    let shifts = vec4u(places) * 8u;
    let near = (line - params.first.y) * params.stride.y + u32(window);
    let far = (beside - params.first.y) * params.stride.y + u32(window);
    let n = near >> 2u;
    let f = far >> 2u;
    let near_shift = (near & 3u) * 8u;
    let far_shift = (far & 3u) * 8u;
    let w = params.weights.zw;
    let u = bytes(funnel(blue[n], blue[n + 1u], near_shift), shifts) * w.x
        + bytes(funnel(blue[f], blue[f + 1u], far_shift), shifts) * w.y;
    let v = bytes(funnel(red[n], red[n + 1u], near_shift), shifts) * w.x
        + bytes(funnel(red[f], red[f + 1u], far_shift), shifts) * w.y;
    let bias = select(params.bias.xy, params.bias.zw, is_low);
    let p = across(u, x, bias);
    let q = across(v, x, bias);

    // YCbCr to RGB with 16 bits after the point, as jdcolor.c.
    let cb = p - 128;
    let cr = q - 128;
    let black = vec4i(0);
    let white = vec4i(255);
    let half = 32768;
    let r1 = min(max(l + ((cr * 91881 + half) >> vec4u(16u)), black), white);
    let g1 = min(max(l + ((cb * -22554 - cr * 46802 + half) >> vec4u(16u)), black), white);
    let b1 = min(max(l + ((cb * 116130 + half) >> vec4u(16u)), black), white);
    let is_luma = params.color == 1u;
    let is_rgb = params.color == 2u;
    let r = select(l, r1, is_luma);
    let g = select(select(l, p, is_rgb), g1, is_luma);
    let b = select(select(l, q, is_rgb), b1, is_luma);

    let at = vec2u(left, params.row + id.y);
    let rest = params.size.x - left;
    finish(at, r.x, g.x, b.x);
    if rest > 1u { finish(at + vec2u(1u, 0u), r.y, g.y, b.y); }
    if rest > 2u { finish(at + vec2u(2u, 0u), r.z, g.z, b.z); }
    if rest > 3u { finish(at + vec2u(3u, 0u), r.w, g.w, b.w); }
}
