// What the variants of `ml/convolution.wgsl` share: all but how a weight is read.
// An invocation keeps two rows of four pixels by sixteen channels in registers: of 24 vectors of four that it reads come 512 products.

struct Params {
    size: vec2u,        // of what is read
    out: vec2u,         // of what is written
    step: vec4u,        // of x, in fours of floats: from picture to picture, row to row, column to column; 0
    from4: u32,         // channels of x, in fours
    all4: u32,          // channels that there are weights for, in fours
    first4: u32,        // the first that x has
    to4: u32,           // channels written, in fours
    kernel: u32,        // taps along a side, odd
    stride: u32,        // pixels from one output to the next
    dilation: u32,      // pixels from one tap to the next
    adds: u32,          // 1: onto what y holds; 0: onto the bias
    across: u32,        // blocks of four by two pixels in a row of them
    blocks: u32,        // in a picture
    slope: f32,         // of the activation below zero: 1 none, 0 ReLU
    _pad0: u32,
}

struct Axis {
    inside: bool,
    at: u32,            // the nearest that there is
}

fn axis(start: i32, step: u32, n: u32) -> Axis {
    let at = start + i32(step);
    return Axis(at >= 0 && at < i32(n), u32(clamp(at, 0, i32(n) - 1)));
}

fn tap(row: Axis, column: Axis, picture: u32) -> Tap {
    return Tap(row.inside && column.inside, picture * params.step.x + row.at * params.step.y + column.at * params.step.z);
}

struct Tap {
    inside: bool,
    at: u32,
}

fn values(tap: Tap, channel: u32) -> vec4f {
    return select(vec4f(0.0), x[tap.at + channel], tap.inside);
}

// Sixteen channels of a pixel, four a column.
fn sums(a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f, v: vec4f) -> mat4x4f {
    return mat4x4f(a * v, b * v, c * v, d * v);
}

fn start(place: vec2u, picture: u32, to: u32) -> mat4x4f {
    let last = params.to4 - 1u;
    let m = min(vec4u(to, to + 1u, to + 2u, to + 3u), vec4u(last));
    if params.adds == 1u {
        let at = y_at(min(place, params.out - 1u), picture);
        return mat4x4f(y[at + m.x], y[at + m.y], y[at + m.z], y[at + m.w]);
    }
    return mat4x4f(bias[m.x], bias[m.y], bias[m.z], bias[m.w]);
}

fn y_at(place: vec2u, picture: u32) -> u32 {
    return ((picture * params.out.y + place.y) * params.out.x + place.x) * params.to4;
}

fn put(place: vec2u, picture: u32, to: u32, a: mat4x4f) {
    if any(place >= params.out) { return; }
    let at = y_at(place, picture) + to;
    for (var m = 0u; m < min(4u, params.to4 - to); m++) {
        y[at + m] = max(a[m], a[m] * params.slope);
    }
}

fn convolve(block: u32, sixteen: u32, picture: u32) {
    let corner = vec2u(block % params.across * 4u, block / params.across * 2u);
    let to = sixteen * 4u;
    var a0 = start(corner, picture, to);
    var a1 = start(corner + vec2u(1u, 0u), picture, to);
    var a2 = start(corner + vec2u(2u, 0u), picture, to);
    var a3 = start(corner + vec2u(3u, 0u), picture, to);
    var a4 = start(corner + vec2u(0u, 1u), picture, to);
    var a5 = start(corner + vec2u(1u, 1u), picture, to);
    var a6 = start(corner + vec2u(2u, 1u), picture, to);
    var a7 = start(corner + vec2u(3u, 1u), picture, to);
    let around = i32(params.dilation * (params.kernel / 2u));
    for (var n = 0u; n < params.kernel * params.kernel; n++) {
        let shift = vec2u(n % params.kernel, n / params.kernel) * params.dilation;
        let origin = vec2i(corner * params.stride + shift) - around;
        let y0 = axis(origin.y, 0u, params.size.y);
        let y1 = axis(origin.y, params.stride, params.size.y);
        let x0 = axis(origin.x, 0u, params.size.x);
        let x1 = axis(origin.x, params.stride, params.size.x);
        let x2 = axis(origin.x, 2u * params.stride, params.size.x);
        let x3 = axis(origin.x, 3u * params.stride, params.size.x);
        let t0 = tap(y0, x0, picture);
        let t1 = tap(y0, x1, picture);
        let t2 = tap(y0, x2, picture);
        let t3 = tap(y0, x3, picture);
        let t4 = tap(y1, x0, picture);
        let t5 = tap(y1, x1, picture);
        let t6 = tap(y1, x2, picture);
        let t7 = tap(y1, x3, picture);
        var at = ((sixteen * params.kernel * params.kernel + n) * params.all4 + params.first4) * 4u;
        for (var c = 0u; c < params.from4; c++) {
            let w0 = weight(at);
            let w1 = weight(at + 1u);
            let w2 = weight(at + 2u);
            let w3 = weight(at + 3u);
            at += 4u;
            a0 += sums(w0, w1, w2, w3, values(t0, c));
            a1 += sums(w0, w1, w2, w3, values(t1, c));
            a2 += sums(w0, w1, w2, w3, values(t2, c));
            a3 += sums(w0, w1, w2, w3, values(t3, c));
            a4 += sums(w0, w1, w2, w3, values(t4, c));
            a5 += sums(w0, w1, w2, w3, values(t5, c));
            a6 += sums(w0, w1, w2, w3, values(t6, c));
            a7 += sums(w0, w1, w2, w3, values(t7, c));
        }
    }
    put(corner, picture, to, a0);
    put(corner + vec2u(1u, 0u), picture, to, a1);
    put(corner + vec2u(2u, 0u), picture, to, a2);
    put(corner + vec2u(3u, 0u), picture, to, a3);
    put(corner + vec2u(0u, 1u), picture, to, a4);
    put(corner + vec2u(1u, 1u), picture, to, a5);
    put(corner + vec2u(2u, 1u), picture, to, a6);
    put(corner + vec2u(3u, 1u), picture, to, a7);
}
