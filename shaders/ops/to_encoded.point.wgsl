// Linear light → sRGB-encoded, both premultiplied.
#import color/transfer

fn to_encoded(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    return transfer_encoded_from_linear(color);
}
