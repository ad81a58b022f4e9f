// From a premultiplied working texel to straight samples in the order of the layout.
#import color/alpha
#import color/srgb

// True where the working space is linear and the samples are sRGB-encoded.
override ENCODE: bool = false;

// `channels`: 1 gray, 2 gray and alpha, 3 rgb, 4 rgba. Gray is Rec. 709 luminance, which leaves equal channels as they are.
fn pack_samples(color: vec4f, channels: u32) -> vec4f {
    let is_gray = channels < 3u;
    let c = alpha_straight(color);
    var rgb = select(c.rgb, vec3f(dot(c.rgb, vec3f(0.2126, 0.7152, 0.0722))), is_gray);
    if ENCODE { rgb = srgb_from_linear(rgb); }
    return select(vec4f(rgb, c.a), vec4f(rgb.x, c.a, 0.0, 0.0), is_gray);
}
