"""Runs commands in turn and compares what they print: A B A B .., so that a noisy machine shifts all of them alike.

    python benches/compare.py digits --repeats 5 \\
        --run proofmark 'target/release/proofmark run SPEC --json' \\
        --run 'PyTorch eager' 'ENV/bin/python benches/peers/pytorch.py digits'

The last line that a command prints on standard output is one JSON object; peers/measure.py names its keys, and `proofmark
run --json` prints the same ones. Whatever each run printed, with its peak memory and the machine's load when it started,
is appended to benches/results/<date>-<what>.jsonl, after a line about the machine. Then a table follows, in Markdown: the
median of all runs, the smallest and the largest, and the median of the rounds' ratios to the first command.

Needs nothing but Python 3.10 or later.
"""
import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benches" / "results"

# `proofmark run` ends with 1 when its criterion says no; the times are good all the same.
ACCEPTED_EXIT_CODES = (0, 1)


@dataclasses.dataclass(frozen=True)
class Figure:
    """A column of the table: `read` gives a run's number, or None if the run has none."""

    name: str
    decimals: int
    read: Callable[[dict], float | None]
    has_ratio: bool = True


def printed(*path):
    """Reads what stands under these keys of the object that the command printed."""
    def read(record):
        value = record["result"]
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    return read


def seconds_per_epoch(record):
    """Our program prints one number, or like the peers one for each epoch: then their median, which leaves out what only
    the first epoch pays."""
    value = printed("train_seconds_per_epoch")(record)
    return statistics.median(value) if isinstance(value, list) and value else value or None


FIGURES = [
    Figure("training, s/epoch", 2, seconds_per_epoch),
    Figure("test accuracy", 4, printed("metrics", "accuracy", "value"), has_ratio=False),
    Figure("one image, us (p50)", 0, printed("one_image_us", "p50")),
    Figure("one image, us (p99)", 0, printed("one_image_us", "p99")),
    Figure("batches of 256, images/s", 0, printed("images_per_second")),
    Figure("training, images/s", 1, printed("trained_images_per_second")),
    Figure("training, tokens/s", 0, printed("tokens_per_second")),
    Figure("peak memory, MB", 0, lambda record: record["peak_rss_mb"]),
    Figure("whole process, s", 1, lambda record: record["process_seconds"]),
]


class CommandFailed(Exception):
    pass


def without_folders(value):
    """The same value, absolute paths cut to their last part: results are published, and folders are nobody's business."""
    if isinstance(value, dict):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_folders(item) for item in value]
    if isinstance(value, str) and os.path.isabs(value):
        return os.path.basename(value.rstrip("/"))
    return value


def run(label, command):
    """Runs a command from the repository's root to its end, and gives its record."""
    arguments = shlex.split(command)
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        except OSError as error:
            raise CommandFailed(f"{label}: {error}: {command}") from error
        try:
            # Unlike Popen.wait, this gives the peak memory of this very process. It is never below that of the process
            # which started it, about 18 MB here.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        result = last_object(output)
        if process.returncode not in ACCEPTED_EXIT_CODES or result is None:
            errors.seek(0)
            tail = errors.read()[-4000:].decode(errors="replace")
            what = "no JSON object in the last line" if result is None else "which means failure"
            raise CommandFailed(f"{label}: exit code {process.returncode}, {what}: {command}\n{tail}")
    return {
        "label": label,
        "command": shlex.join([os.path.basename(arguments[0]), *without_folders(arguments[1:])]),
        "exit_code": process.returncode,
        "load_before": round(load, 2),
        "process_seconds": round(seconds, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_rss_mb": round(usage.ru_maxrss * 1024 / 1e6, 1),
        "result": without_folders(result),
    }


def last_object(output):
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    try:
        result = json.loads(lines[-1]) if lines else None
    except json.JSONDecodeError:
        return None
    return result if isinstance(result, dict) else None


def machine():
    """What the numbers were measured on."""
    processor, flags = platform.processor(), []
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            facts = dict(map(str.strip, line.split(":", 1)) for line in file if ":" in line)
        processor, flags = facts.get("model name", processor), facts.get("flags", "").split()
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "simd": [flag for flag in ("avx2", "fma", "avx512f") if flag in flags],
        "memory_mb": round(memory / 1e6),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "python": platform.python_version(),
    }


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def commit():
    """The commit; marked if files that it tracks differ from it."""
    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def table(records, labels):
    """A Markdown table of the figures that any run has; a row for each command."""
    by_label = {label: [record for record in records if record["label"] == label] for label in labels}
    figures = [figure for figure in FIGURES if any(figure.read(record) is not None for record in records)]
    lines = ["| | " + " | ".join(figure.name for figure in figures) + " |", "|---" * (len(figures) + 1) + "|"]
    for label in labels:
        cells = [cell(figure, by_label[label], by_label[labels[0]]) for figure in figures]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(figure, records, first):
    values = [value for record in records if (value := figure.read(record)) is not None]
    if not values:
        return ""
    show = lambda value: f"{value:,.{figure.decimals}f}"
    text = show(statistics.median(values))
    if min(values) < max(values):
        text += f" ({show(min(values))}-{show(max(values))})"
    pairs = [(figure.read(a), figure.read(b)) for a, b in zip(records, first)]
    ratios = [a / b for a, b in pairs if a is not None and b]
    if figure.has_ratio and records is not first and ratios:
        text += f", x{statistics.median(ratios):.2f}"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", help="names the file of results, such as `digits`")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--run", nargs=2, action="append", required=True, metavar=("LABEL", "COMMAND"), dest="runs")
    args = parser.parse_args()
    labels = [label for label, _ in args.runs]
    if len(set(labels)) < len(labels):
        parser.error("two commands have the same label")
    if args.repeats < 1:
        parser.error("--repeats is at least 1")
    RESULTS.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    path, records = RESULTS / f"{now:%Y-%m-%d}-{args.what}.jsonl", []
    with open(path, "a", encoding="utf-8") as results:
        def write(record):
            results.write(json.dumps(record) + "\n")
            results.flush()

        write({"time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "what": args.what, "commit": commit(), "machine": machine()})
        for round_idx in range(args.repeats):
            for label, command in args.runs:
                print(f"round {round_idx + 1} of {args.repeats}: {label}", file=sys.stderr, flush=True)
                record = {"round": round_idx + 1, **run(label, command)}
                records.append(record)
                write(record)
    print(table(records, labels))
    print(f"\nraw numbers: {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except CommandFailed as failure:
        raise SystemExit(str(failure)) from None
