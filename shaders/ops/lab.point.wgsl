// Linear light with sRGB's primaries → CIE L*a*b* (D65), premultiplied, scaled so that L* is 0 to 1.
// Constants: IEC 61966-2-1 for the primaries, CIE 15:2004 for the rest.
#import color/alpha

fn lab_f(t: vec3f) -> vec3f {
    return select(t * 7.787037 + 0.13793103, pow(max(t, vec3f(1e-9)), vec3f(1.0 / 3.0)), t > vec3f(0.008856452));
}

fn lab(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    let rgb = max(alpha_straight(color).rgb, vec3f(0.0));
    let xyz = vec3f(
        dot(rgb, vec3f(0.4124564, 0.3575761, 0.1804375)) / 0.9504700,
        dot(rgb, vec3f(0.2126729, 0.7151522, 0.0721750)),
        dot(rgb, vec3f(0.0193339, 0.1191920, 0.9503041)) / 1.0888300,
    );
    let f = lab_f(xyz);
    return vec4f(vec3f(1.16 * f.y - 0.16, 5.0 * (f.x - f.y), 2.0 * (f.y - f.z)) * color.a, color.a);
}
