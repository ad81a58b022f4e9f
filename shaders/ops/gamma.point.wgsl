// out = in ^ a.x on straight colour; black, white and alpha stay.
#import color/alpha

fn gamma(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    let straight = alpha_straight(color).rgb;
    return vec4f(pow(max(straight, vec3f(1e-9)), vec3f(a.x)) * color.a, color.a);
}
