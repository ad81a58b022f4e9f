// One component of a JPEG → its quantised coefficients: the integer DCT of libjpeg (jfdctint.c), one block per invocation.
// reads plane (whole blocks of 8-bit samples) · writes coefficients (two in a word, row by row)
// twin crates/engine/src/ops/fdct/reference.rs
#import transpose

struct Params {
    real: vec2u,      // blocks that hold samples of the picture
    blocks: vec2u,    // blocks as stored; what is beyond the real ones has the DC value of a real one
    // One less than the component's blocks across an MCU.
    mcu_mask: u32,
    _pad0: u32,
    _pad1: u32,
    _pad2: u32,
    // Division by the quantisation steps: (|value| + correction) * multiplier >> shift, row by row.
    multiplier: array<vec4u, 16>,
    correction: array<vec4u, 16>,
    shift: array<vec4u, 16>,
    // The least magnitudes that do not become zero.
    least: array<vec4u, 16>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<u32>;
@group(0) @binding(2) var<storage, read_write> coefficients: array<u32>;

override WG_X = 64u;
override WG_Y = 1u;

// Eight lines of four values each, all four worked on at once.
alias Lines = array<vec4i, 8>;

fn descale(v: vec4i, bits: u32) -> vec4i {
    return (v + (1i << (bits - 1u))) >> vec4u(bits);
}

// Values to frequencies. All have 13 bits after the point, but 0 and 4, which are sums alone and have none.
fn frequencies(v: Lines) -> Lines {
    let s0 = v[0] + v[7];
    let s1 = v[1] + v[6];
    let s2 = v[2] + v[5];
    let s3 = v[3] + v[4];
    let d0 = v[0] - v[7];
    let d1 = v[1] - v[6];
    let d2 = v[2] - v[5];
    let d3 = v[3] - v[4];
    let outer = s0 - s3;
    let inner = s1 - s2;
    let z = (outer + inner) * 4433;
    let z5 = (d3 + d1 + d2 + d0) * 9633;
    let z1 = (d3 + d0) * -7373;
    let z2 = (d2 + d1) * -20995;
    let z3 = (d3 + d1) * -16069 + z5;
    let z4 = (d2 + d0) * -3196 + z5;
    return Lines(
        s0 + s3 + s1 + s2,
        d0 * 12299 + z1 + z4,
        z + outer * 6270,
        d1 * 25172 + z2 + z3,
        s0 + s3 - s1 - s2,
        d2 * 16819 + z2 + z4,
        z - inner * 15137,
        d3 * 2446 + z1 + z3,
    );
}

// The first pass, along rows: two bits after the point are kept.
fn along_rows(v: Lines) -> Lines {
    let f = frequencies(v);
    return Lines(
        f[0] << vec4u(2u), descale(f[1], 11u), descale(f[2], 11u), descale(f[3], 11u),
        f[4] << vec4u(2u), descale(f[5], 11u), descale(f[6], 11u), descale(f[7], 11u),
    );
}

fn along_columns(v: Lines) -> Lines {
    let f = frequencies(v);
    return Lines(
        descale(f[0], 2u), descale(f[1], 15u), descale(f[2], 15u), descale(f[3], 15u),
        descale(f[4], 2u), descale(f[5], 15u), descale(f[6], 15u), descale(f[7], 15u),
    );
}

// Four words of four rows, less 128: one line per column.
fn columns(a: vec4u, b: vec4u) -> Lines {
    let mask = vec4u(0xffu);
    return Lines(
        vec4i(a & mask) - 128, vec4i((a >> vec4u(8u)) & mask) - 128,
        vec4i((a >> vec4u(16u)) & mask) - 128, vec4i(a >> vec4u(24u)) - 128,
        vec4i(b & mask) - 128, vec4i((b >> vec4u(8u)) & mask) - 128,
        vec4i((b >> vec4u(16u)) & mask) - 128, vec4i(b >> vec4u(24u)) - 128,
    );
}

// Four coefficients in steps, half rounded away from zero, and zero where they are too small.
fn steps(v: vec4i, place: u32) -> vec4i {
    let size = vec4u(abs(v));
    let nearest = ((size + params.correction[place]) * params.multiplier[place]) >> params.shift[place];
    let magnitude = select(vec4i(nearest), vec4i(0), size < params.least[place]);
    return select(magnitude, -magnitude, v < vec4i(0));
}

fn pairs(v: vec4i) -> vec2u {
    let u = vec4u(v) & vec4u(0xffffu);
    return vec2u(u.x | (u.y << 16u), u.z | (u.w << 16u));
}

// Row y of the block at `out`; in a block beyond the picture only DC counts.
fn put(out: u32, y: u32, low: vec4i, high: vec4i, is_filling: bool) {
    let a = pairs(steps(low, y * 2u));
    let b = pairs(steps(high, y * 2u + 1u));
    let keep = select(vec4u(0xffffffffu), vec4u(select(0u, 0xffffu, y == 0u), 0u, 0u, 0u), is_filling);
    let words = vec4u(a, b) & keep;
    coefficients[out] = words.x;
    coefficients[out + 1u] = words.y;
    coefficients[out + 2u] = words.z;
    coefficients[out + 3u] = words.w;
}

@compute @workgroup_size(WG_X, WG_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= params.blocks) { return; }
    let is_filling = any(id.xy >= params.real);
    let x = select(id.x, id.x | params.mcu_mask, id.y >= params.real.y);
    let at = min(vec2u(x, id.y), params.real - 1u);
    let stride = params.real.x * 2u;
    let p = at.y * 8u * stride + at.x * 2u;
    let q = p + 4u * stride;
    let top = along_rows(columns(
        vec4u(plane[p], plane[p + stride], plane[p + 2u * stride], plane[p + 3u * stride]),
        vec4u(plane[p + 1u], plane[p + stride + 1u], plane[p + 2u * stride + 1u], plane[p + 3u * stride + 1u]),
    ));
    let bottom = along_rows(columns(
        vec4u(plane[q], plane[q + stride], plane[q + 2u * stride], plane[q + 3u * stride]),
        vec4u(plane[q + 1u], plane[q + stride + 1u], plane[q + 2u * stride + 1u], plane[q + 3u * stride + 1u]),
    ));
    // Turned over: one line per row, first the four low frequencies.
    let a = transpose4(top[0], top[1], top[2], top[3]);
    let b = transpose4(bottom[0], bottom[1], bottom[2], bottom[3]);
    let c = transpose4(top[4], top[5], top[6], top[7]);
    let d = transpose4(bottom[4], bottom[5], bottom[6], bottom[7]);
    let low = along_columns(Lines(a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]));
    let high = along_columns(Lines(c[0], c[1], c[2], c[3], d[0], d[1], d[2], d[3]));
    let out = (id.y * params.blocks.x + id.x) * 32u;
    put(out, 0u, low[0], high[0], is_filling);
    put(out + 4u, 1u, low[1], high[1], is_filling);
    put(out + 8u, 2u, low[2], high[2], is_filling);
    put(out + 12u, 3u, low[3], high[3], is_filling);
    put(out + 16u, 4u, low[4], high[4], is_filling);
    put(out + 20u, 5u, low[5], high[5], is_filling);
    put(out + 24u, 6u, low[6], high[6], is_filling);
    put(out + 28u, 7u, low[7], high[7], is_filling);
}
