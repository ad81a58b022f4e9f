#!/usr/bin/env python3
"""Writes what tests/reference.rs of crates/ml holds the networks against. For developers; no build and no test runs it.

    reference.py ops                             small layers with random numbers, computed by onnxruntime
    reference.py layers retinaface FILE.onnx     per layer: shape, figures and a few values of the real network
    reference.py layers u2netp FILE.onnx
    reference.py faces FILE.onnx                 boxes in a photograph, by onnxruntime and the decoding upstream describes
    reference.py mattes FILE.onnx                u2netp's matte of a part of the photograph
    reference.py weights NAME FILE.onnx OUT      the weights under their canonical names, as `tintype models pull` makes them
    reference.py whole NAME FILE.onnx PICTURE OUT    a whole matte as 32-bit floats, and the time it took

Needs numpy, onnx, onnxruntime (1.31.1 wrote what is committed) and, for pictures, pillow.
The .onnx files are what the packages in the models' manifests carry; their checksums are below.
"""

import hashlib
import json
import pathlib
import struct
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "crates/ml/tests/reference"
PICTURE = HERE.parent / "crates/ml/tests/reference/astronaut-256.png"

SHA256 = {
    "retinaface": "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5",
    "u2netp": "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
    "u2net": "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
    "isnet": "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",
}


def save_safetensors(path, tensors):
    """The format is a length, a header of names, types, shapes and offsets in JSON, and the bytes."""
    header, data = {}, b""
    kinds = {"float32": "F32", "float16": "F16"}
    for name, array in sorted(tensors.items()):
        raw = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": kinds[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def session(model):
    options = onnxruntime.SessionOptions()
    # Fused convolutions would give other sums for the layers in between.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    data = model if isinstance(model, (str, bytes)) else model.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


# ---- Layers by themselves -------------------------------------------------------------------------------------------


def one(op, inputs, **attributes):
    """One operator's answer; empty inputs are left out."""
    names = [f"i{n}" if value is not None else "" for n, value in enumerate(inputs)]
    given = {name: value for name, value in zip(names, inputs) if value is not None}
    kinds = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)],
        "one",
        [helper.make_tensor_value_info(n, kinds[v.dtype.name], v.shape) for n, v in given.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return session(model).run(None, given)[0]


def ops():
    random = np.random.default_rng(20261121)
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    out = {}
    # name, channels in and out, kernel, stride, dilation, groups, height, width
    for name, i, o, k, s, d, g, h, w in [
        ("conv3", 5, 6, 3, 1, 1, 1, 9, 11),
        ("conv1", 6, 7, 1, 1, 1, 1, 5, 6),
        ("dilated2", 4, 5, 3, 1, 2, 1, 9, 8),
        ("dilated8", 3, 4, 3, 1, 8, 1, 7, 20),
        ("strided_even", 3, 8, 3, 2, 1, 1, 10, 12),
        ("strided_odd", 3, 8, 3, 2, 1, 1, 9, 13),
        ("depthwise", 8, 8, 3, 1, 1, 8, 9, 10),
        ("depthwise_strided", 8, 8, 3, 2, 1, 8, 9, 10),
        ("conv7_strided", 3, 4, 7, 2, 1, 1, 15, 14),
        ("conv1_strided", 4, 6, 1, 2, 1, 1, 7, 8),
    ]:
        x, weight, bias = normal(1, i, h, w), normal(o, i // g, k, k), normal(o)
        p = d * (k // 2)
        y = one("Conv", [x, weight, bias], kernel_shape=[k, k], strides=[s, s], dilations=[d, d], group=g, pads=[p] * 4)
        out |= {f"{name}.x": x, f"{name}.weight": weight, f"{name}.bias": bias, f"{name}.y": y}
    for name, h, w in [("halve_even", 6, 8), ("halve_odd", 7, 9), ("halve_one", 1, 5)]:
        x = normal(1, 3, h, w)
        y = one("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
        out |= {f"{name}.x": x, f"{name}.y": y}
    x = normal(1, 3, 9, 10)
    out |= {"pool3.x": x, "pool3.y": one("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)}
    for name, conv, how, h, w, to in [
        ("bilinear_up", "half_pixel", {"mode": "linear"}, 5, 6, (9, 12)),
        ("bilinear_one", "half_pixel", {"mode": "linear"}, 1, 2, (3, 7)),
        ("bilinear_down", "half_pixel", {"mode": "linear"}, 9, 8, (5, 3)),
        ("corners_up", "align_corners", {"mode": "linear"}, 5, 6, (9, 12)),
        ("corners_down", "align_corners", {"mode": "linear"}, 9, 8, (5, 3)),
        ("nearest_up", "asymmetric", {"mode": "nearest", "nearest_mode": "floor"}, 3, 4, (7, 8)),
    ]:
        x = normal(1, 2, h, w)
        sizes = np.array([1, 2, *to], dtype=np.int64)
        y = one("Resize", [x, None, None, sizes], coordinate_transformation_mode=conv, **how)
        out |= {f"{name}.x": x, f"{name}.y": y}
    save_safetensors(OUT / "ops.safetensors", out)


# ---- Names ----------------------------------------------------------------------------------------------------------


def canonical_retinaface(node):
    """From where the node stands in upstream's modules to the name of its tensors; None for the second run of a shared layer."""
    parts = node.name.strip("/").split("/")[:-1]
    last = parts[-1]
    heads = {"class_head": "ClassHead", "bbox_head": "BboxHead", "landmark_head": "LandmarkHead"}
    if last.endswith("_1") and parts[0].startswith("ssh") and last[:-2] == parts[1] + ".0":
        return None
    if parts[0] in heads:
        return f"{heads[parts[0]]}.{last.rsplit('.', 1)[1]}.conv1x1"
    if parts[0] != "fx":
        return f"{parts[0]}.{last}"
    # stage1.0.0 is the plain first layer; stage1.2.0.0 and stage1.2.1.0 are the halves of a separable one.
    numbers = last.split(".")
    if len(numbers) == 3:
        return f"body.{last}"
    stage, layer, half, _ = numbers
    return f"body.{stage}.{layer}.{'0' if half == '0' else '3'}"


def canonical_u2net(entry=False, fused=True):
    """The names of a network of the family in the order of its forward pass."""
    names = ["conv_in"] if entry else []

    def block(stage, levels):
        names.append(f"{stage}.rebnconvin.conv_s1")
        names.extend(f"{stage}.rebnconv{n}.conv_s1" for n in range(1, levels + 1))
        names.extend(f"{stage}.rebnconv{n}d.conv_s1" for n in range(levels - 1, 0, -1))

    levels = [7, 6, 5, 4, 4, 4]
    for n in range(6):
        block(f"stage{n + 1}", levels[n])
    for n in range(4, -1, -1):
        block(f"stage{n + 1}d", levels[n])
    names += [f"side{n}" for n in range(1, 7)]
    return names + (["outconv"] if fused else [])


def named_convs(name, model):
    """Each convolution's canonical name and node, in order."""
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    if name == "retinaface":
        names = [canonical_retinaface(node) for node in nodes]
    else:
        names = canonical_u2net(entry=name == "isnet", fused=name != "isnet")
        assert len(names) == len(nodes), (len(names), len(nodes))
    return [(canonical, node) for canonical, node in zip(names, nodes) if canonical]


def opened(name, path):
    found = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    assert found == SHA256[name], f"{path} has the checksum {found}, not {SHA256[name]}"
    return onnx.load(path)


def weights(name, path, out):
    model = opened(name, path)
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
        if node.op_type == "Constant":
            values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    tensors = {}
    for canonical, node in named_convs(name, model):
        tensors[f"{canonical}.weight"] = values[node.input[1]]
        tensors[f"{canonical}.bias"] = values[node.input[2]]
    save_safetensors(pathlib.Path(out), tensors)


# ---- Real networks --------------------------------------------------------------------------------------------------


def pattern(height, width):
    """A picture that both sides can make: smooth ramps, edges and texture, from integers alone."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return (((3 * x + 5 * y + 70 * c) ^ ((x * y) >> 4)) & 255).astype(np.uint8)


def normalised(name, picture):
    picture = picture.astype(np.float32)
    if name == "retinaface":
        x = picture[:, :, ::-1] - np.array([104, 117, 123], np.float32)
    elif name == "isnet":
        x = picture * np.float32(1 / 255) - np.float32(0.5)
    else:
        mean, deviation = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
        x = (picture * np.float32(1 / 255) - mean) / deviation
    return np.ascontiguousarray(x.transpose(2, 0, 1)[None])


def resizable(model):
    """Input and outputs without fixed sizes; the graphs compute the sizes in between."""
    for value in [*model.graph.input, *model.graph.output]:
        for n, dim in enumerate(value.type.tensor_type.shape.dim):
            if n > 0 and not (value in model.graph.input and n == 1):
                dim.ClearField("dim_value")
                dim.dim_param = f"{value.name}_{n}"
    del model.graph.value_info[:]
    return model


def layers(name, path):
    model = opened(name, path)
    convs = named_convs(name, model)
    resizable(model)
    model.graph.output.extend(onnx.ValueInfoProto(name=node.output[0]) for _, node in convs)
    run = session(model)
    for height, width in {"retinaface": [(320, 320), (64, 96)], "u2netp": [(160, 160)]}[name]:
        x = normalised(name, pattern(height, width))
        answers = run.run([node.output[0] for _, node in convs], {model.graph.input[0].name: x})
        records = []
        for (canonical, _), y in zip(convs, answers):
            flat = y.astype(np.float64).ravel()
            at = [int(n * (len(flat) - 1) / 5) for n in range(6)]
            at[1:5] = [min(n + 37 * k, len(flat) - 1) for k, n in enumerate(at[1:5], 1)]
            records.append(
                {
                    "name": canonical,
                    "shape": list(y.shape),
                    "mean": float(np.float32(flat.mean())),
                    "magnitude": float(np.float32(np.abs(flat).mean())),
                    "largest": float(np.float32(np.abs(flat).max())),
                    "values": [[n, float(np.float32(flat[n]))] for n in at],
                }
            )
        lines = ",\n".join(json.dumps(record) for record in records)
        (OUT / f"{name}-{width}x{height}.json").write_text(f"[\n{lines}\n]\n")


def photograph():
    from PIL import Image

    return np.asarray(Image.open(PICTURE).convert("RGB"))


def decoded(height, width, loc, conf, landmarks):
    """Upstream's priors and decoding, in its own units: everything relative to the picture, scaled at the end."""
    priors = []
    for step, sizes in [(8, (16, 32)), (16, (64, 128)), (32, (256, 512))]:
        for y in range(-(-height // step)):
            for x in range(-(-width // step)):
                for size in sizes:
                    priors.append([(x + 0.5) * step / width, (y + 0.5) * step / height, size / width, size / height])
    priors = np.array(priors, dtype=np.float64)
    centre = priors[:, :2] + loc[:, :2] * 0.1 * priors[:, 2:]
    sides = priors[:, 2:] * np.exp(loc[:, 2:] * 0.2)
    boxes = np.concatenate([centre - sides / 2, centre + sides / 2], axis=1) * [width, height, width, height]
    points = [priors[:, :2] + landmarks[:, 2 * k : 2 * k + 2] * 0.1 * priors[:, 2:] for k in range(5)]
    points = np.stack(points, axis=1) * [width, height]
    order = np.argsort(-conf, kind="stable")[:5000]
    kept = []
    for n in order:
        if conf[n] < 0.6:
            break

        def overlap(m):
            low, high = np.maximum(boxes[n, :2], boxes[m, :2]), np.minimum(boxes[n, 2:], boxes[m, 2:])
            both = np.prod(np.maximum(high - low + 1, 0))
            area = lambda b: (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
            return both / (area(boxes[n]) + area(boxes[m]) - both)

        if all(overlap(m) <= 0.4 for m in kept):
            kept.append(n)
    return [{"score": float(conf[n]), "box": boxes[n].tolist(), "landmarks": points[n].tolist()} for n in kept[:750]]


def group(picture):
    """Several faces of different sizes: the photograph, half of it beside it, its mirror image below."""
    half = picture[::2, ::2]
    canvas = np.full((400, 416, 3), 90, np.uint8)
    canvas[:256, :256] = picture
    canvas[20:148, 270:398] = half
    canvas[262:390, 30:158] = half[:, ::-1]
    return canvas


def faces(path):
    opened("retinaface", path)
    run = session(path)
    photo = photograph()
    out = {}
    for name, picture in [("photograph", photo), ("group", group(photo)), ("pattern", pattern(96, 128))]:
        height, width = picture.shape[:2]
        padded = np.zeros((1, 3, -(-height // 32) * 32, -(-width // 32) * 32), np.float32)
        padded[:, :, :height, :width] = normalised("retinaface", picture)
        loc, conf, landmarks = run.run(None, {"input": padded})
        out[name] = decoded(*padded.shape[2:], loc[0], conf[0][:, 1], landmarks[0])
        print(name, len(out[name]), [round(face["score"], 3) for face in out[name]])
    (OUT / "faces.json").write_text(json.dumps(out, indent=1) + "\n")


def mattes(path):
    from PIL import Image

    model = resizable(opened("u2netp", path))
    picture = photograph()[:160, 48:208]
    matte = session(model).run(None, {"input.1": normalised("u2netp", picture)})[0][0, 0]
    Image.fromarray(np.round(matte * 255).astype(np.uint8)).save(OUT / "u2netp-160.png", optimize=True)
    print("mean", matte.mean())


def whole(name, path, picture, out):
    from PIL import Image

    opened(name, path)
    side = 1024 if name == "isnet" else 320
    x = normalised(name, np.asarray(Image.open(picture).convert("RGB").resize((side, side), Image.LANCZOS)))
    run = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(3):
        start = time.perf_counter()
        y = run.run(None, {run.get_inputs()[0].name: x})[0]
        times.append(time.perf_counter() - start)
    save_safetensors(pathlib.Path(out), {"x": x, "y": y.reshape(side, side)})
    print(name, "seconds", sorted(times)[1], "mean", y.mean())


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    command, *arguments = sys.argv[1:] or ["help"]
    if command not in ("ops", "layers", "faces", "mattes", "weights", "whole"):
        sys.exit(__doc__)
    globals()[command](*arguments)
