// Premultiplied and straight alpha. Twin: RefImage's `straight` in the engine's reference module.

fn alpha_straight(c: vec4f) -> vec4f {
    // Where nothing shows there is no colour to recover.
    if c.a <= 0.0 { return vec4f(0.0); }
    return vec4f(c.rgb / c.a, c.a);
}

fn alpha_premultiplied(c: vec4f) -> vec4f {
    return vec4f(c.rgb * c.a, c.a);
}

// The NaN rule of the project: min(max()), never clamp(), which may pass NaN on.
fn alpha_saturate(c: vec4f) -> vec4f {
    let a = min(max(c.a, 0.0), 1.0);
    return vec4f(min(max(c.rgb, vec3f(0.0)), vec3f(a)), a);
}
