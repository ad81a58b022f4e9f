#!/usr/bin/env python3
"""Writes what the tests of crates/ml hold networks against whose weights no package has: PyTorch's answers with made-up ones.

    reference_torch.py birefnet-small     BiRefNet with few channels and small windows (committed)
    reference_torch.py birefnet-lite      BiRefNet with Swin-T at 512x512; some minutes, not committed
    reference_torch.py birefnet-full      BiRefNet with Swin-L at 256x320; a minute, not committed
    reference_torch.py retinaface-r50     RetinaFace on torchvision's ResNet-50 (committed)

Weights are numbers that both sides compute: a hash of a tensor's name and an element's place. The files list names, shapes and ranges, and
what each layer answered. Batch normalisation is set to do nothing but add, as if it had been folded.
BiRefNet is the Python package nobg 0.3.1 (Apache-2.0), with torch 2.15, torchvision 0.29 and transformers 5.23 below it.
"""

import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from reference import OUT, normalised, pattern

SHAPES = {
    "small": (dict(embed_dim=24, depths=[2, 2, 2, 2], num_heads=[2, 4, 8, 16], window_size=3), (256, 320)),
    "full": (dict(embed_dim=192, depths=[2, 2, 18, 2], num_heads=[6, 12, 24, 48], window_size=12), (256, 320)),
    "lite": (dict(embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24], window_size=7), (512, 512)),
}


def numbers(name, shape, base, range_):
    """`base` plus or minus `range_`, from a hash: the same in Rust, to the last bit."""
    seed = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for byte in name.encode():
            seed = (seed ^ np.uint32(byte)) * np.uint32(16777619)
        x = seed + np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B9)
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        x = x ^ (x >> np.uint32(16))
    unit = (x >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)
    return (np.float32(base) + np.float32(range_) * unit).reshape(shape)


def record(records, name, answer):
    """The first answer of a layer, as figures and some values."""
    if name in records:
        return
    y = answer.detach().numpy()
    flat = y.astype(np.float64).ravel()
    at = [int(n * (len(flat) - 1) / 5) for n in range(6)]
    at[1:5] = [min(n + 37 * k, len(flat) - 1) for k, n in enumerate(at[1:5], 1)]
    single = lambda v: float(np.float32(v))
    records[name] = {
        "name": name,
        "shape": list(y.shape),
        "mean": single(flat.mean()),
        "magnitude": single(np.abs(flat).mean()),
        "largest": single(np.abs(flat).max()),
        "values": [[n, single(flat[n])] for n in at],
    }


def save(which, tensors, records):
    lines = lambda rows: ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"tensors": [\n{lines(tensors)}\n],\n"layers": [\n{lines(records.values())}\n]}}\n'
    (OUT / f"{which}.json").write_text(text)
    print(len(tensors), "tensors,", len(records), "layers,", sum(int(np.prod(t[1])) for t in tensors), "numbers")


def legacy_names(model, remap):
    """Upstream's name and shape of every tensor, checked by the package's own map from them."""
    config = model.config
    blocks = [(i, j) for i, depth in enumerate(config.depths) for j in range(depth)]
    names = {}
    for name, value in model.state_dict().items():
        names[name] = tuple(value.shape)
    upstream = {}
    for i, j in blocks:
        width = config.embed_dim * 2**i
        pre = f"bb.layers.{i}.blocks.{j}."
        upstream |= {pre + "attn.qkv.weight": (3 * width, width), pre + "attn.qkv.bias": (3 * width,)}
    back = {}
    for name, shape in names.items():
        new = name
        for old, replacement in [
            ("bb.swin.embeddings.patch_embeddings.projection.", "bb.patch_embed.proj."),
            ("bb.swin.embeddings.norm.", "bb.patch_embed.norm."),
            ("bb.swin.encoder.layers.", "bb.layers."),
            (".attention.o_proj.", ".attn.proj."),
            (".attention.relative_position_bias.", ".attn."),
            (".layernorm_before.", ".norm1."),
            (".layernorm_after.", ".norm2."),
        ]:
            new = new.replace(old, replacement)
        # Only the package has a normalisation of the whole body's answer; nothing reads it.
        if ".attention." in new or "relative_position_index" in new or new.startswith("bb.swin.layernorm."):
            continue
        parts = new.split(".")
        if parts[1] == "hidden_states_norms":
            new = f"bb.norm{int(parts[2][5:]) - 1}.{parts[3]}"
        first = {"decoder_blocks": ("decoder_block", 4), "lateral_blocks": ("lateral_block", 4), "ipt_blks": ("ipt_blk", 5)}
        later = {"conv_ms_spvn": 4, "gdt_convs_pred": 4, "gdt_convs_attn": 4, "gdt_convs": 4}
        if parts[0] == "decoder" and parts[1] in first:
            stem, top = first[parts[1]]
            new = ".".join(["decoder", f"{stem}{top - int(parts[2])}", *parts[3:]])
        if parts[0] == "decoder" and parts[1] in later:
            new = ".".join(["decoder", f"{parts[1]}_{later[parts[1]] - int(parts[2])}", *parts[3:]])
        back[new] = shape
    back |= upstream
    mapped = remap({name: torch.zeros(shape) for name, shape in back.items()})
    known = {n for n in names if "relative_position_index" not in n and not n.startswith("bb.swin.layernorm.")}
    missing = known - set(mapped)
    assert not missing and not set(mapped) - set(names), (missing, set(mapped) - set(names))
    return back


def birefnet(which):
    from nobg.birefnet.modeling_birefnet import BiRefNet, BiRefNetConfig, _remap_legacy_state_dict

    config, (height, width) = SHAPES[which]
    model = BiRefNet(BiRefNetConfig(image_size=max(height, width), **config)).eval()
    tensors, state = [], {}
    # A convolution's bias and its normalisation's become one; the normalisation's module is what to look at.
    seen = {}

    def made(name, shape):
        fan = int(np.prod(shape[1:])) if len(shape) > 1 else 0
        if ("norm" in name) and name.endswith(".weight"):
            base, range_ = 1.0, 0.3
        elif name.endswith(".bias"):
            base, range_ = 0.0, 0.1
        elif name.endswith("relative_position_bias_table"):
            base, range_ = 0.0, 1.0
        elif "modulator_conv" in name or "offset_conv" in name:
            base, range_ = 0.0, float(np.float32(2.0 * (3.0 / fan) ** 0.5))
        else:
            base, range_ = 0.0, float(np.float32((4.5 / fan) ** 0.5))
        tensors.append([name, list(shape), base, range_])
        return torch.from_numpy(numbers(name, shape, base, range_).copy())

    upstream = legacy_names(model, _remap_legacy_state_dict)
    normalisation = {".bn_in": ".conv_in", ".bn_out": ".conv_out", ".bn1": ".conv1", ".bn": ".atrous_conv.regular_conv"}

    def folded_into(name):
        """The convolution that the normalisation `name` follows."""
        if ".global_avg_pool.2" in name:
            return name.replace(".2", ".1")
        if "gdt_convs_" in name:
            return name.removesuffix(".1") + ".0"
        end = "." + name.rsplit(".", 1)[1]
        return name.removesuffix(end) + normalisation[end]

    for name, shape in upstream.items():
        if name.endswith("running_mean"):
            module = name.removesuffix(".running_mean")
            conv = folded_into(module)
            seen[conv] = module
            size = torch.Size(shape)
            state[f"{module}.running_mean"] = torch.zeros(size)
            state[f"{module}.running_var"] = torch.full(size, 1.0 - 1e-5)
            state[f"{module}.weight"] = torch.ones(size)
            own = f"{conv}.bias"
            state[f"{module}.bias"] = torch.zeros(size) if own in upstream else made(own, shape)
    for name, shape in upstream.items():
        unneeded = "conv_ms_spvn" in name or "gdt_convs_pred" in name or name.endswith("num_batches_tracked")
        if unneeded:
            state[name] = torch.zeros(shape)
        elif name not in state:
            state[name] = made(name, shape)
    model.load_state_dict(_remap_legacy_state_dict(state), strict=False)

    back = {}
    for name in upstream:
        module = name.rsplit(".", 1)[0]
        (mapped, *_) = _remap_legacy_state_dict({name: torch.zeros(upstream[name])})
        back[mapped.rsplit(".", 1)[0]] = module
    wanted = {module: conv for conv, module in seen.items()}
    records = {}

    for path, module in model.named_modules():
        name = back.get(path)
        if isinstance(module, torch.nn.BatchNorm2d) and name in wanted:
            module.register_forward_hook(lambda m, i, o, name=wanted[name]: record(records, name, o))
        elif isinstance(module, torch.nn.Conv2d) and name not in seen and name and not name.startswith("bb."):
            if "conv_ms_spvn" not in name and "gdt_convs_pred" not in name:
                module.register_forward_hook(lambda m, i, o, name=name: record(records, name, o))

    def block_hook(name, rows, columns):
        def hook(module, given, answer):
            y = answer[0] if isinstance(answer, tuple) else answer
            if name in records:
                return  # the second run, on half of the picture
            record(records, name, y.reshape(1, rows, columns, y.shape[-1]))

        return hook

    for i, layer in enumerate(model.bb.swin.encoder.layers):
        for j, block in enumerate(layer.blocks):
            rows, columns = height >> (2 + i), width >> (2 + i)
            block.register_forward_hook(block_hook(f"bb.layers.{i}.blocks.{j}", rows, columns))

    x = torch.from_numpy(normalised("birefnet", pattern(height, width)))
    with torch.no_grad():
        start = time.perf_counter()
        matte = model(x)["logits"].sigmoid()
        print(which, "seconds", time.perf_counter() - start, "mean", matte.mean().item(), "deviation", matte.std().item())
    record(records, "matte", matte)
    save(f"birefnet-{which}", tensors, records)


def retinaface():
    """RetinaFace on ResNet-50: torchvision's body, the rest after the paper and upstream's layout."""
    from torchvision.models import resnet50

    tensors, records = [], {}

    def made(name, shape):
        fan = int(np.prod(shape[1:]))
        base, range_ = (0.0, 0.1) if len(shape) == 1 else (0.0, float(np.float32((4.5 / fan) ** 0.5)))
        # Blocks add to what came in: smaller steps keep the numbers from growing.
        if "conv3" in name and name.startswith("body.") and len(shape) > 1:
            range_ = float(np.float32(range_ * 0.3))
        tensors.append([name, list(shape), base, range_])
        return torch.from_numpy(numbers(name, shape, base, range_).copy())

    body = resnet50(weights=None).eval()
    modules = dict(body.named_modules())
    for name, module in modules.items():
        if not isinstance(module, torch.nn.Conv2d):
            continue
        norm = name.replace("conv", "bn") if "downsample" not in name else name.replace("downsample.0", "downsample.1")
        module.weight.data = made(f"body.{name}.weight", tuple(module.weight.shape))
        after = modules[norm]
        after.weight.data.fill_(1.0)
        after.running_mean.fill_(0.0)
        after.running_var.fill_(1.0 - 1e-5)
        after.bias.data = made(f"body.{name}.bias", (module.out_channels,))
        after.register_forward_hook(lambda m, i, o, name=name: record(records, f"body.{name}", o))

    def conv(name, x, to, side):
        weight = made(f"{name}.weight", (to, x.shape[1], side, side))
        y = F.conv2d(x, weight, made(f"{name}.bias", (to,)), padding=side // 2)
        record(records, name, y)
        return y

    with torch.no_grad():
        x = torch.from_numpy(normalised("retinaface", pattern(96, 128)))
        x = body.maxpool(body.relu(body.bn1(body.conv1(x))))
        c3 = body.layer2(body.layer1(x))
        c4 = body.layer3(c3)
        c5 = body.layer4(c4)
        out = [conv(f"fpn.output{n}.0", c, 256, 1).relu() for n, c in [(1, c3), (2, c4), (3, c5)]]
        up = lambda x, like: F.interpolate(x, size=like.shape[2:], mode="nearest")
        out[1] = conv("fpn.merge2.0", out[1] + up(out[2], out[1]), 256, 3).relu()
        out[0] = conv("fpn.merge1.0", out[0] + up(out[1], out[0]), 256, 3).relu()
        for level, x in enumerate(out):
            ssh = lambda part, x, to: conv(f"ssh{level + 1}.{part}.0", x, to, 3)
            shared = ssh("conv5X5_1", x, 64).relu()
            wide = ssh("conv7x7_3", ssh("conv7X7_2", shared, 64).relu(), 64)
            x = torch.cat([ssh("conv3X3", x, 128), ssh("conv5X5_2", shared, 64), wide], 1).relu()
            for head, count in [("ClassHead", 2), ("BboxHead", 4), ("LandmarkHead", 10)]:
                conv(f"{head}.{level}.conv1x1", x, 2 * count, 1)
    save("retinaface-r50", tensors, records)


if __name__ == "__main__":
    which = sys.argv[1] if len(sys.argv) == 2 else ""
    if which == "retinaface-r50":
        retinaface()
    elif which.removeprefix("birefnet-") in SHAPES:
        birefnet(which.removeprefix("birefnet-"))
    else:
        sys.exit(__doc__)
