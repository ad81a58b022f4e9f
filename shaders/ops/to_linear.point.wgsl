// sRGB-encoded → linear light, both premultiplied.
#import color/transfer

fn to_linear(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    return transfer_linear_from_encoded(color);
}
