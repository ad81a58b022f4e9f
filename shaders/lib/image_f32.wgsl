// Working images in single precision, for 16-bit output. The other texel format is image_f16.wgsl.
alias Src = texture_2d<f32>;
alias Dst = texture_storage_2d<rgba32float, write>;
