#!/usr/bin/env python3
"""Times onnxruntime on the networks of tintype, in the same run: a round of tintype, a round of onnxruntime, and so on.

    onnxruntime_models.py --tintype target/debug/tintype --rounds 5 retinaface=FILE.onnx u2netp=FILE.onnx

The inputs have the shapes that `tintype bench models` times, filled with random numbers: what a network costs does not depend on
them. Only inference is compared; tintype's other stages are shown beside it. Prints a table in Markdown.

Needs numpy and onnxruntime. The .onnx files are what the packages in models/NAME/manifest.toml carry.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time

import numpy
import onnxruntime


def tintype_round(program, device, names):
    """Each network once, after a warm-up of its own."""
    models = [word for name in names for word in ("--model", name)]
    words = [program, "bench", "models", "--json", "--rounds", "1", "--device", device, *models]
    told = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return told["profile"], told["on"], {row["model"]: row for row in told["models"]}


def onnxruntime_round(sessions, rows):
    times = {}
    for name, session in sessions.items():
        shape = (1, 3, rows[name]["height"], rows[name]["width"])
        values = numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32)
        feed = {session.get_inputs()[0].name: values}
        session.run(None, feed)
        start = time.perf_counter()
        session.run(None, feed)
        times[name] = (time.perf_counter() - start) * 1e3
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tintype", required=True)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="what tintype's networks run on")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("models", nargs="+", metavar="NAME=FILE.onnx")
    arguments = parser.parse_args()

    files = dict(model.split("=", 1) for model in arguments.models)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    sessions = {name: onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"]) for name, path in files.items()}
    ours = {name: [] for name in files}
    theirs = {name: [] for name in files}
    profile = on = ""
    for _ in range(arguments.rounds):
        profile, on, rows = tintype_round(arguments.tintype, arguments.device, list(files))
        for name, row in rows.items():
            ours[name].append(row)
        for name, took in onnxruntime_round(sessions, rows).items():
            theirs[name].append(took)

    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{platform.machine()}, {cores} cores, load {load:.1f} at the end; tintype in profile {profile}, on {on};")
    print(f"onnxruntime {onnxruntime.__version__} on the processor. Medians of {arguments.rounds} interleaved rounds, in ms.\n")
    print("| network | input | copy | preprocess | inference | post | onnxruntime, inference | factor |")
    print("|---|---|---|---|---|---|---|---|")
    for name, rows in ours.items():
        median = {key: statistics.median(row[key] for row in rows) for key in ("copy_ms", "preprocess_ms", "inference_ms", "post_ms")}
        other = statistics.median(theirs[name])
        size = f"{rows[0]['width']}x{rows[0]['height']}"
        stages = " | ".join(f"{value:.1f}" for value in median.values())
        print(f"| {name} | {size} | {stages} | {other:.1f} | {median['inference_ms'] / other:.1f} |")


if __name__ == "__main__":
    main()
