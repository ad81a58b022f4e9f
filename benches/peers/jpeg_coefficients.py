#!/usr/bin/env python3
"""Entropy decoding beside libjpeg-turbo: from a file to coefficients, one core, interleaved.

    cargo build --release -p tintype-jpeg --example coefficients
    benches/peers/jpeg_coefficients.py PHOTO.jpg [--program target/release/examples/coefficients] [--rounds 5]

Needs gcc and libjpeg's headers (Debian: libjpeg62-turbo-dev). Two kinds of memory: as glibc likes it, which keeps most of what was
freed for the next picture, and fresh from the system for each picture, which a first request and a large picture get. Prints a table
of medians over the rounds; each run of a program is itself the median of ten pictures.
"""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

FRESH = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}


def run(command, environment):
    text = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True).stdout
    return {name: float(ms) for name, ms in re.findall(r"(\w+) ([\d.]+) ms", text)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("photo")
    arguments.add_argument("--program", default="target/release/examples/coefficients")
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        theirs = Path(folder) / "jpeg_coefficients"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-O2", source, "-o", theirs, "-ljpeg"], check=True)
        rows = {}
        for _ in range(asked.rounds):
            for memory, environment in (("kept", {}), ("fresh", FRESH)):
                times = {}
                for program in (theirs, asked.program):
                    times |= run([program, asked.photo, "10"], environment)
                for name in ("libjpeg", "own", "pooled"):
                    rows.setdefault((memory, name), []).append(times[name])
    names = {"libjpeg": "libjpeg-turbo", "own": "tintype, memory of its own", "pooled": "tintype, memory of a pool"}
    print("| allocator's memory | program | median | least | speed beside libjpeg-turbo |\n|---|---|---|---|---|")
    for (memory, name), times in rows.items():
        ratios = [a / b for a, b in zip(rows[memory, "libjpeg"], times)]
        speed = f"{100 * statistics.median(ratios):.0f} %"
        print(f"| {memory} | {names[name]} | {statistics.median(times):.1f} ms | {min(times):.1f} ms | {speed} |")


if __name__ == "__main__":
    main()
