//! burn's convolution and ours in turns on the first adapter, shape by shape: what the rule in `bridge/convolution.rs` rests on.
//!
//! `convolutions [ROUNDS]` prints medians in milliseconds.

use std::{error::Error, time::Instant};

use burn::tensor::{
    Tensor, TensorData,
    activation::relu,
    module::conv2d,
    ops::ConvOptions,
    wgpu::{WgpuSetup, wgpu},
};
use tintype_ml::{
    Device,
    bridge::convolution::{Convolution, Precision, suits},
    nn::{Activation, ConvShape},
};

/// Convolutions of the networks, and the side of the square map they read.
const SHAPES: &[(ConvShape, usize)] = &[
    (ConvShape::new(16, 16, 3), 160),
    (ConvShape::new(64, 16, 3), 160),
    (ConvShape::new(32, 64, 3), 160),
    (ConvShape::new(64, 64, 3), 80),
    (ConvShape::new(128, 128, 3), 40),
    (ConvShape::new(64, 16, 3), 80),
    (ConvShape::new(256, 256, 3), 20),
    (ConvShape::new(512, 256, 3), 20),
    (ConvShape::new(256, 256, 3).dilation(2), 20),
    (ConvShape::new(64, 32, 3), 40),
    (ConvShape::new(16, 16, 3).dilation(8), 10),
    (ConvShape::new(64, 64, 3).stride(2), 80),
    (ConvShape::new(16, 32, 1), 160),
    (ConvShape::new(64, 64, 1), 80),
    (ConvShape::new(256, 256, 1), 20),
    (ConvShape::new(1024, 256, 1), 40),
    (ConvShape::new(256, 1024, 1), 40),
];

/// Products that are computed before the clock is read.
const WORK: usize = 400_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let setup = setup()?;
    println!("{:?}", setup.adapter.get_info());
    let device = Device::wgpu(setup)?;
    println!("from  to  window stride dilation  map |   burn | ours, f32 | ours, f16 | times");
    for (shape, side) in SHAPES {
        let ConvShape { from, to, kernel, stride, dilation, .. } = *shape;
        assert!(suits(*shape), "{shape:?}");
        let numbers = |n: usize| (0..n).map(|i| (i * 7919 % 2003) as f32 / 1001.5 - 1.0).collect::<Vec<_>>();
        // As the layer before leaves it: channels last.
        let x = Tensor::<4>::from_data(
            TensorData::new(numbers(from * side * side), [1, *side, *side, from]),
            device.burn(),
        );
        let x = x.permute([0, 3, 1, 2]);
        let (weights, bias) = (numbers(from * to * kernel * kernel), numbers(to));
        let weight =
            Tensor::<4>::from_data(TensorData::new(weights.clone(), [to, from, kernel, kernel]), device.burn());
        let offset = Tensor::<1>::from_data(TensorData::new(bias.clone(), [to]), device.burn());
        let padding = dilation * (kernel / 2);
        let options = ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], 1);
        let burn = || relu(conv2d(x.clone(), weight.clone(), Some(offset.clone()), options.clone()));
        let ours = [Precision::Single, Precision::Half]
            .map(|precision| Convolution::new(*shape, &weights, bias.clone(), precision, &device));
        let [single, half] = ours.each_ref().map(|ours| || ours.forward(vec![x.clone()], Activation::Relu));
        let products = from * to * kernel * kernel * (side / stride) * (side / stride);
        let times = (WORK / products).clamp(1, 20);
        let kernels: [&dyn Fn() -> Tensor<4>; 3] = [&burn, &single, &half];
        let mut taken = [vec![], vec![], vec![]];
        for round in 0..=rounds {
            for (kernel, taken) in kernels.iter().zip(&mut taken) {
                let start = Instant::now();
                let mut y = kernel();
                for _ in 1..times {
                    y = kernel();
                }
                // Reads one number: waits for all that was asked before it.
                let one: Vec<f32> = y.slice([0..1, 0..1, 0..1, 0..1]).try_into_vec_as()?;
                assert_eq!(one.len(), 1);
                // Kernels are compiled in the first round.
                if round > 0 {
                    taken.push(start.elapsed().as_secs_f64() * 1e3 / times as f64);
                }
            }
        }
        let [burn, single, half] = taken.map(median);
        println!(
            "{from:4} {to:4}    {kernel}x{kernel}  {stride:5} {dilation:8} {side:4} | {burn:6.1} | {single:9.1} | {half:9.1} | {:4.1} {:4.1}",
            burn / single,
            burn / half
        );
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn setup() -> Result<WgpuSetup, Box<dyn Error>> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let adapter = adapters.into_iter().next().ok_or("there is no adapter")?;
    let request = wgpu::DeviceDescriptor {
        required_features: Device::features(&adapter),
        required_limits: adapter.limits(),
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&request))?;
    let backend = adapter.get_info().backend;
    Ok(WgpuSetup { instance, adapter, device, queue, backend })
}
