// Packed 8-bit samples → one component of a JPEG: color, the mean of the pixels that a sample stands for, edges repeated.
// reads samples (gray or rgb, whole) · writes plane (whole blocks) · four samples of a row per invocation
// twin tintype_jpeg::forward (color, downsample)

struct Params {
    size: vec2u,      // of the picture
    plane: vec2u,     // samples of a row, a multiple of 8; rows
    ratio: vec2u,     // how many pixels a sample stands for, as powers of two
    last_row: u32,    // the last row of samples that is made of pixels; what is below repeats it
    channels: u32,    // 1 gray, 3 rgb
    weights: vec4i,   // of red, green and blue, and what is added, with 16 bits after the point
    bias: vec2u,      // added to the sum in even and in odd columns
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> samples: array<u32>;
@group(0) @binding(2) var<storage, read_write> plane: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

// The component at one pixel.
fn value(x: u32, y: u32) -> u32 {
    let offset = (y * params.size.x + x) * params.channels;
    let shift = (offset & 3u) * 8u;
    let low = samples[offset >> 2u];
    let high = samples[(offset + 2u) >> 2u];
    // Three bytes end in the same word, unless they begin in its upper half.
    let bits = (low >> shift) | select(high << ((32u - shift) & 31u), 0u, shift < 16u);
    let rgb = vec3i(vec3u(bits, bits >> 8u, bits >> 16u) & vec3u(0xffu));
    let c = select(rgb, rgb.xxx, params.channels == 1u);
    return u32((c.x * params.weights.x + c.y * params.weights.y + c.z * params.weights.z + params.weights.w) >> 16u);
}

fn sample(x: u32, y: u32) -> u32 {
    let line = min(y, params.last_row) << params.ratio.y;
    var sum = select(params.bias.x, params.bias.y, (x & 1u) == 1u);
    for (var v = 0u; v < (1u << params.ratio.y); v++) {
        let py = min(line + v, params.size.y - 1u);
        for (var h = 0u; h < (1u << params.ratio.x); h++) {
            sum += value(min((x << params.ratio.x) + h, params.size.x - 1u), py);
        }
    }
    return sum >> (params.ratio.x + params.ratio.y);
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let x = id.x * 4u;
    if x >= params.plane.x || id.y >= params.plane.y { return; }
    let s = vec4u(sample(x, id.y), sample(x + 1u, id.y), sample(x + 2u, id.y), sample(x + 3u, id.y));
    plane[(id.y * params.plane.x + x) >> 2u] = s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
}
