// The sRGB curve and its inverse (IEC 61966-2-1), odd about zero. Twins: linear_from_srgb, srgb_from_linear in the
// pixels crate.

fn linear_from_srgb(v: vec3f) -> vec3f {
    let m = abs(v);
    let linear = select(pow((m + 0.055) / 1.055, vec3f(2.4)), m / 12.92, m <= vec3f(0.04045));
    return select(linear, -linear, v < vec3f(0.0));
}

fn srgb_from_linear(v: vec3f) -> vec3f {
    let m = abs(v);
    // max keeps pow away from zero, where some drivers answer NaN.
    let encoded = select(1.055 * pow(max(m, vec3f(1e-9)), vec3f(1.0 / 2.4)) - 0.055, m * 12.92, m <= vec3f(0.0031308));
    // One to any power is one, which not every driver knows; white must stay white through every store.
    let exact = select(encoded, m, m == vec3f(1.0));
    return select(exact, -exact, v < vec3f(0.0));
}
