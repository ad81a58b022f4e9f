// Working images in half precision: 11 bits of significand, about 18 steps per 8-bit code near white.
// One of the only two files that differ by texel format; the other is image_f32.wgsl.
alias Src = texture_2d<f32>;
alias Dst = texture_storage_2d<rgba16float, write>;
