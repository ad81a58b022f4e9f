//! Conversion, of made-up weights and of the installed ones, and of what somebody broke.

use std::{env, fs};

use crate::{
    Dtype, Format, Graph, Model, WeightsError,
    convert::{convert, from_state},
    graph::Part,
    read::{
        onnx::tests::{initializer, model as onnx_model, node},
        safetensors,
    },
    store::installed,
    tensor::{Tensor, Tensors, content_sha256},
};

/// Numbers that are neither equal nor large, the same each time.
fn noise(seed: usize, count: usize) -> Vec<f64> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    (0..count).map(|_| next() - 0.5).collect()
}

/// Weights for all of a network.
fn made_up(graph: Graph) -> Tensors<'static> {
    let tensor = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
        let values = noise(seed, shape.iter().product());
        (name, Tensor::owned(Dtype::F32, shape, &values))
    };
    graph.tensors().into_iter().enumerate().map(tensor).collect()
}

/// Name, shape and normalisation of each convolution.
fn convolutions(graph: Graph) -> Vec<(String, [usize; 4], Option<String>)> {
    let of = |part| match part {
        Part::Conv { name, shape, norm } => Some((name, shape, norm)),
        Part::Plain { .. } => None,
    };
    graph.parts().into_iter().filter_map(of).collect()
}

/// What the exporter would call the node of a convolution, and the order in which it would write it.
fn node_name(graph: Graph, name: &str) -> String {
    if graph != Graph::RetinafaceMobilenet {
        return format!("Conv_of_{name}");
    }
    let parts: Vec<&str> = name.split('.').collect();
    match &*parts {
        ["body", "stage1", "0", "0"] => "/fx/stage1/stage1.0/stage1.0.0/Conv".to_owned(),
        ["body", stage, block, half] => {
            let (s, half) = (format!("{stage}.{block}"), if *half == "0" { 0 } else { 1 });
            format!("/fx/{stage}/{s}/{s}.{half}/{s}.{half}.0/Conv")
        }
        [head, k, "conv1x1"] => {
            let root = match *head {
                "ClassHead" => "class_head",
                "BboxHead" => "bbox_head",
                _ => "landmark_head",
            };
            format!("/{root}/{root}.{k}/Conv")
        }
        [root, module, "0"] => format!("/{root}/{module}/{module}.0/Conv"),
        other => panic!("{other:?}"),
    }
}

/// An ONNX file as the exporter would write it.
fn exported(graph: Graph, tensors: &Tensors<'_>) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, ..) in convolutions(graph) {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        fields.push(node(&node_name(graph, &name), "Conv", &["x", &weight, &bias], &name));
        fields.push(node(&format!("/relu/{name}"), "Relu", &[&name], "x"));
        for name in [weight, bias] {
            fields.push(initializer(&name, tensors[&name].shape(), tensors[&name].data()));
        }
    }
    onnx_model(&fields)
}

fn model(name: &str) -> &'static Model {
    Model::find(name).unwrap()
}

#[test]
fn an_exported_graph_gives_back_each_weight_under_its_name() {
    for name in ["retinaface", "u2netp"] {
        let model = model(name);
        let weights = made_up(model.graph);
        let file = exported(model.graph, &weights);
        assert!(convert(model, Format::Onnx, &file).unwrap() == weights, "{name}");
    }
}

/// The two small models' real weights: what is installed is what the manifest says, and the exporter's names lead to the same again.
#[test]
fn the_installed_models_are_the_known_ones() {
    for name in ["retinaface", "u2netp"] {
        let path = match installed(name) {
            Ok(path) => path,
            Err(missing) if env::var("ALLOW_NO_MODELS").is_ok_and(|value| value == "1") => {
                eprintln!("NOT TESTED, because ALLOW_NO_MODELS=1: {missing}");
                continue;
            }
            Err(missing) => panic!("{missing} (ALLOW_NO_MODELS=1 goes on without)"),
        };
        let model = model(name);
        let bytes = fs::read(path).unwrap();
        let weights = safetensors::read(&bytes).unwrap();
        let known = model.files.iter().find_map(|file| file.converted.clone()).unwrap();
        assert_eq!(content_sha256(&weights), known, "{name}");
        let file = exported(model.graph, &weights);
        assert_eq!(content_sha256(&convert(model, Format::Onnx, &file).unwrap()), known, "{name}");
    }
}

/// A state dictionary as the authors' code saves it: convolutions without normalisation folded.
fn state(graph: Graph) -> Tensors<'static> {
    let mut state = Tensors::new();
    for (seed, (name, shape, norm)) in convolutions(graph).into_iter().enumerate() {
        let mut add = |name: String, shape: Vec<usize>, offset: f64| {
            let values: Vec<f64> = noise(seed + 1000, shape.iter().product()).iter().map(|v| v + offset).collect();
            state.insert(name, Tensor::owned(Dtype::F32, shape, &values));
        };
        add(format!("{name}.weight"), shape.to_vec(), 0.0);
        // RetinaFace's convolutions have a bias only where no normalisation follows; U²-Net's all have one.
        if norm.is_none() || graph != Graph::RetinafaceMobilenet {
            add(format!("{name}.bias"), vec![shape[0]], 0.2);
        }
        if let Some(norm) = norm {
            for (kind, offset) in [("weight", 1.0), ("bias", 0.1), ("running_mean", -0.1), ("running_var", 1.5)] {
                add(format!("{norm}.{kind}"), vec![shape[0]], offset);
            }
            add(format!("{norm}.num_batches_tracked"), vec![], 7.0);
        }
    }
    state
}

/// A `.safetensors` file by the format's own library.
fn saved(state: &Tensors<'_>) -> Vec<u8> {
    let views = state.iter().map(|(name, tensor)| {
        let view =
            ::safetensors::tensor::TensorView::new(::safetensors::Dtype::F32, tensor.shape().to_vec(), tensor.data());
        (name.clone(), view.unwrap())
    });
    ::safetensors::serialize(views, None).unwrap()
}

#[test]
fn folding_computes_what_convolution_and_normalisation_compute() {
    for name in ["retinaface", "u2netp"] {
        let model = model(name);
        let state = state(model.graph);
        let bytes = saved(&state);
        let folded = convert(model, Format::Safetensors, &bytes).unwrap();
        for (name, shape, norm) in convolutions(model.graph) {
            let values = |name: String| state.get(&name).map(Tensor::values);
            let weight = values(format!("{name}.weight")).unwrap();
            let bias = values(format!("{name}.bias")).unwrap_or_else(|| vec![0.0; shape[0]]);
            let each = weight.len() / shape[0];
            // One position: as many inputs as a filter has places.
            let input = noise(7, each);
            let dot = |weights: &[f64]| weights.iter().zip(&input).map(|(w, x)| w * x).sum::<f64>();
            let (made, added) = (folded[&format!("{name}.weight")].values(), folded[&format!("{name}.bias")].values());
            for channel in 0..shape[0] {
                let at = channel * each..(channel + 1) * each;
                let mut expected = dot(&weight[at.clone()]) + bias[channel];
                if let Some(norm) = &norm {
                    let of = |kind: &str| values(format!("{norm}.{kind}")).unwrap()[channel];
                    let deviation = (of("running_var") + 1e-5).sqrt();
                    expected = (expected - of("running_mean")) / deviation * of("weight") + of("bias");
                }
                let found = dot(&made[at]) + added[channel];
                // Each factor is rounded to single precision once.
                let tolerance = 1e-6 * (1.0 + each as f64).sqrt();
                assert!((found - expected).abs() < tolerance, "{name} {channel}: {found} is not {expected}");
            }
        }
    }
}

#[test]
fn prefixes_of_training_are_taken_off() {
    let model = model("u2netp");
    let state = state(model.graph);
    let bytes = saved(&state);
    let plain = convert(model, Format::Safetensors, &bytes).unwrap();
    let wrapped = state.into_iter().map(|(name, tensor)| (format!("_orig_mod.module.{name}"), tensor)).collect();
    assert!(convert(model, Format::Safetensors, &saved(&wrapped)).unwrap() == plain);
}

#[test]
fn the_first_difference_is_named() {
    let model = model("u2netp");
    let whole = state(model.graph);
    let changed = |change: &dyn Fn(&mut Tensors<'static>)| {
        let mut state = whole.clone();
        change(&mut state);
        convert(model, Format::Safetensors, &saved(&state)).map(drop).unwrap_err().to_string()
    };
    let small = || Tensor::owned(Dtype::F32, vec![1], &[1.0]);
    let error = changed(&|state| {
        // The first in the order of computation, not of the alphabet.
        state.remove("outconv.weight");
        state.remove("stage3.rebnconv1.conv_s1.weight");
    });
    assert_eq!(
        error,
        "u2netp: the file has no tensor for stage3.rebnconv1.conv_s1.weight, which should be [16, 64, 3, 3]"
    );
    let error = changed(&|state| {
        state.insert("stage1.rebnconvin.conv_s1.bias".to_owned(), small());
    });
    assert_eq!(error, "u2netp: stage1.rebnconvin.conv_s1.bias is [1] and should be [64]");
    let error = changed(&|state| {
        state.insert("stage7.weight".to_owned(), small());
    });
    assert_eq!(error, "u2netp: the file has stage7.weight, which the network does not use");
}

#[test]
fn graphs_of_other_networks_are_refused() {
    let weights = made_up(Graph::U2netp);
    let u2netp = exported(Graph::U2netp, &weights);
    let refused = |name: &str, file: &[u8]| convert(model(name), Format::Onnx, file).map(drop).unwrap_err().to_string();
    assert!(
        refused("u2net", &u2netp)
            .contains("stage1.rebnconv1.conv_s1.weight is [16, 64, 3, 3] and should be [32, 64, 3, 3]")
    );
    assert!(refused("retinaface", &u2netp).contains("the node \"Conv_of_stage1.rebnconvin.conv_s1\""));

    let without = |field: usize| {
        let mut fields = Vec::new();
        for (index, (name, ..)) in convolutions(Graph::U2netp).into_iter().enumerate() {
            if index != field {
                let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
                fields.push(node(&name, "Conv", &["x", &weight, &bias], "y"));
                for name in [weight, bias] {
                    fields.push(initializer(&name, weights[&name].shape(), weights[&name].data()));
                }
            }
        }
        fields
    };
    // One convolution less moves all others: the first whose shape then differs is named.
    assert!(refused("u2netp", &onnx_model(&without(118))).contains("no tensor for outconv.weight"));
    assert!(refused("u2netp", &onnx_model(&without(0))).contains("stage1.rebnconvin.conv_s1.weight is [16, 64, 3, 3]"));
    let mut more = without(usize::MAX);
    more.push(node("extra", "Conv", &["x", "side1.weight", "side1.bias"], "y"));
    assert!(refused("u2netp", &onnx_model(&more)).contains("the file has the node \"extra\""));
    let mut odd = without(usize::MAX);
    odd[0] = node("odd", "Conv", &["x", "nowhere", "side1.bias"], "y");
    assert!(refused("u2netp", &onnx_model(&odd)).contains("weight of the node \"odd\" is no constant"));
    odd[0] = node("odd", "Conv", &["x", "side1.weight"], "y");
    assert!(refused("u2netp", &onnx_model(&odd)).contains("has 2 inputs"));
}

#[test]
fn mixed_types_are_refused() {
    let mut weights = made_up(Graph::U2netp);
    let shape = weights["side3.bias"].shape().to_vec();
    weights.insert("side3.bias".to_owned(), Tensor::owned(Dtype::F16, shape, &[0.5]));
    let found: Vec<_> = weights.iter().map(|(name, t)| (name.as_str(), t.shape(), t.dtype())).collect();
    let error = crate::convert::check("u2netp", Graph::U2netp, &found).unwrap_err();
    assert_eq!(error.to_string(), "u2netp: side3.bias is F16 and should be F32");
}

/// Cut and changed files are errors, or weights; never anything else.
#[test]
fn broken_files_are_errors() {
    let u2netp = model("u2netp");
    let onnx = exported(Graph::U2netp, &made_up(Graph::U2netp));
    let safetensors = saved(&state(Graph::U2netp));
    for (format, whole) in [(Format::Onnx, &onnx), (Format::Safetensors, &safetensors)] {
        assert!(convert(u2netp, format, whole).is_ok());
        for part in 0..64 {
            let cut = &whole[..whole.len() * part / 64];
            assert!(convert(u2netp, format, cut).is_err(), "{format:?} cut at {part}/64");
        }
        let mut broken = whole.clone();
        // The beginning is where the structure is; elsewhere it is nearly all numbers.
        for at in (0..200).chain((200..whole.len()).step_by(whole.len() / 60)) {
            for flip in [0x01, 0x80] {
                broken[at] ^= flip;
                // Whatever it is, it is said: a change among the numbers cannot be seen here, and is the hash's to find.
                match convert(u2netp, format, &broken) {
                    Ok(tensors) => assert_eq!(tensors.len(), 238),
                    Err(WeightsError::NotInstalled(_) | WeightsError::Cancelled) => panic!("at {at}"),
                    Err(_) => {}
                }
                broken[at] ^= flip;
            }
        }
    }
}

/// Zeros, since only names and shapes matter here: of the large networks, as their authors' code would save them.
#[test]
fn the_large_networks_take_what_their_authors_save() {
    let zeros = vec![0; 12_000_000 * 4];
    let zero = |shape: &[usize]| {
        let bytes = shape.iter().product::<usize>() * 4;
        Tensor::new(Dtype::F32, shape.to_vec(), zeros[..bytes].into()).unwrap()
    };
    for (name, for_training) in [
        ("birefnet-lite", &["decoder.conv_ms_spvn_4.weight", "decoder.gdt_convs_pred_2.0.bias"][..]),
        ("retinaface-r50", &[]),
    ] {
        let model = model(name);
        let mut state = Tensors::new();
        for part in model.graph.parts() {
            if let Part::Conv { name, shape, norm: Some(norm) } = &part {
                state.insert(format!("{name}.weight"), zero(shape));
                let kinds = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
                state.extend(kinds.map(|kind| (format!("{norm}.{kind}"), zero(&shape[..1]))));
            } else {
                state.extend(part.tensors().into_iter().map(|(name, shape)| (name, zero(&shape))));
            }
        }
        state.extend(for_training.iter().map(|name| ((*name).to_owned(), zero(&[1]))));
        let made = from_state(model, state.clone()).unwrap();
        let names: Vec<String> = model.graph.tensors().into_iter().map(|(name, _)| name).collect();
        assert!(names.len() == made.len() && names.iter().all(|name| made.contains_key(name)), "{name}");
        state.insert("bb.extra".to_owned(), zero(&[1]));
        let error = from_state(model, state).unwrap_err().to_string();
        assert!(error.contains("the file has bb.extra"), "{error}");
    }
}
