// Between linear and sRGB-encoded light, both premultiplied.
#import color/alpha
#import color/srgb

fn transfer_encoded_from_linear(c: vec4f) -> vec4f {
    let straight = alpha_straight(c);
    return vec4f(srgb_from_linear(straight.rgb) * c.a, c.a);
}

fn transfer_linear_from_encoded(c: vec4f) -> vec4f {
    let straight = alpha_straight(c);
    return vec4f(linear_from_srgb(straight.rgb) * c.a, c.a);
}
