#!/usr/bin/env python3
"""A photo to smaller JPEGs by tintype, vipsthumbnail and sharp, in turn: time, bytes, and likeness to what it should be.

    cargo build --release -p tintype --no-default-features --example requests
    cargo build --release -p tintype-jpeg --example likeness
    (mkdir -p /tmp/sharp && cd /tmp/sharp && npm install sharp)
    benches/peers/jpeg_thumbnails.py PHOTO.jpg --programs target/release/examples --sharp /tmp/sharp

Needs vipsthumbnail and jpegtran. The photo's metadata is taken off first, so that nobody converts colors. tintype and sharp answer
requests as servers do, warm and from one process; vipsthumbnail is a program that starts each time. Times are medians over the rounds:
wall is what a caller waits, processor what all threads take together. Likeness is SSIMULACRA2 beside the photo scaled in linear
light, in floats, by the image crate's Lanczos3. Prints a table in Markdown.
"""

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

QUALITY = 80


class Server:
    """A program that answers lines."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
        self.name = self.process.stdout.readline().strip()

    def processor_ns(self):
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def ask(self, line):
        """Wall and processor time in milliseconds."""
        before, start = self.processor_ns(), time.perf_counter()
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise SystemExit(f"no answer to {line}")
        wall = time.perf_counter() - start
        time.sleep(0.02)
        return wall * 1e3, (self.processor_ns() - before) / 1e6


def run(command):
    """The same of a program from start to end."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo")
    parser.add_argument("--programs", default="target/release/examples")
    parser.add_argument("--sharp", help="the folder where sharp is installed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--width", type=int, action="append")
    arguments = parser.parse_args()
    programs = Path(arguments.programs).resolve()

    with tempfile.TemporaryDirectory() as folder:
        photo = f"{folder}/photo.jpg"
        subprocess.run(["jpegtran", "-copy", "none", "-outfile", photo, arguments.photo], check=True)
        full, shrink = (Server([programs / "requests", how]) for how in ("full", "shrink"))
        print(full.name)
        if arguments.sharp:
            sharp = Server(["node", Path(__file__).resolve().parent / "sharp_requests.mjs"], cwd=arguments.sharp)
            print(sharp.name)
        print(subprocess.run(["vipsthumbnail", "--version"], capture_output=True, text=True).stdout.strip())
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {arguments.rounds} rounds")
        for width in arguments.width or (1024, 300):
            options = f"width={width},format=jpeg,quality={QUALITY}"
            perceptual = f"{options},quality-mode=perceptual"
            vips = ["vipsthumbnail", photo, "-s", f"{width}x"]
            ways = {
                "tintype, full decode": lambda out: full.ask(f"{photo} {out} {options}"),
                "tintype, full decode, perceptual": lambda out: full.ask(f"{photo} {out} {perceptual}"),
                "tintype, shrunk on load": lambda out: shrink.ask(f"{photo} {out} {options}"),
                "tintype, shrunk on load, perceptual": lambda out: shrink.ask(f"{photo} {out} {perceptual}"),
                "vipsthumbnail": lambda out: run([*vips, "-o", f"{out}[Q={QUALITY}]"]),
                "vipsthumbnail --linear": lambda out: run([*vips, "--linear", "-o", f"{out}[Q={QUALITY}]"]),
            }
            if arguments.sharp:
                ways["sharp"] = lambda out: sharp.ask(f"{photo} {out} {width} {QUALITY}")
            times = {way: [] for way in ways}
            files = {way: f"{folder}/{width}-{at}.jpg" for at, way in enumerate(ways)}
            # The first round is to get warm.
            for number in range(arguments.rounds + 1):
                for way, act in ways.items():
                    took = act(files[way])
                    if number:
                        times[way].append(took)
            likeness = subprocess.run(
                [programs / "likeness", photo, *files.values()], check=True, capture_output=True, text=True
            ).stdout.split()
            print(f"\n### To {width} pixels, quality {QUALITY}\n")
            print("| way | wall | processor | bytes | SSIMULACRA2 |\n|---|---|---|---|---|")
            for (way, file), score in zip(files.items(), likeness):
                wall, processor = (statistics.median(column) for column in zip(*times[way]))
                print(f"| {way} | {wall:.0f} ms | {processor:.0f} ms | {os.path.getsize(file)} | {float(score):.1f} |")


if __name__ == "__main__":
    main()
