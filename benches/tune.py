"""Compares our samplers with Optuna's on functions whose minimum is known: quality, not time.

    cargo build --release -p proofmark-tune --example black_box
    python -m venv ENV && ENV/bin/pip install optuna==5.0.0 cmaes==0.13.1 scipy==1.17.1
    ENV/bin/python benches/tune.py

For each seed both programs search every function with the same number of trials, one after the other. Each
study's improvements are kept in benches/results, and a Markdown table is printed: the median regret of each (best value less the
minimum), and the p of a one-sided Wilcoxon signed-rank test over the seeds for "ours is worse". A small p says that it is; seeds
are paired by number only, since the two programs draw other numbers.

`--table FILE` prints the table of lines that were kept, without running anything; `--seeds 31-60` takes other seeds than the first
thirty, on which the samplers' settings were chosen.
"""
import argparse
import collections
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

from scipy.stats import wilcoxon

from compare import RESULTS, ROOT, commit, machine

FUNCTIONS = ["branin", "hartmann6", "rosenbrock10", "network", "ensemble"]
MIXED = ["network", "ensemble"]
# Ours, theirs, and where: groups and margins make a difference in mixed spaces only.
PAIRS = [
    ("tpe", "tpe", FUNCTIONS), ("tpe", "tpe_group", MIXED), ("cmaes", "cmaes", FUNCTIONS), ("cmaes", "cmaes_margin", MIXED),
]
OURS, THEIRS = "proofmark", "optuna"


def commands(seed, trials):
    """What is run for one seed, with the program's label."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    example = target / "release" / "examples" / "black_box"
    rest = ["--trials", str(trials), "--seed", str(seed)]
    peer = [sys.executable, "benches/peers/optuna_black_box.py"]
    yield OURS, [str(example), "--function", ",".join(FUNCTIONS), "--sampler", "tpe,cmaes", *rest]
    yield THEIRS, [*peer, "--function", *FUNCTIONS, "--sampler", "tpe", "tpe_group", "cmaes", *rest]
    yield THEIRS, [*peer, "--function", *MIXED, "--sampler", "cmaes_margin", *rest]


def measure(path, seeds, trials):
    with open(path, "a", encoding="utf-8") as results:
        now = datetime.datetime.now(datetime.timezone.utc)
        head = {"time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "what": "tune", "commit": commit(), "machine": machine()}
        results.write(json.dumps(head) + "\n")
        for seed in seeds:
            print(f"seed {seed} of {seeds.start}-{seeds.stop - 1}", file=sys.stderr, flush=True)
            for label, command in commands(seed, trials):
                output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
                for line in output.splitlines():
                    results.write(json.dumps({"label": label, **shortened(json.loads(line))}) + "\n")
                results.flush()


def shortened(record):
    """The same with the trials that improved on the best value, [number from 1, value], instead of the best after each trial."""
    best_values = record.pop("best_values", None)
    if best_values is not None:
        before = [None, *best_values]
        record["improvements"] = [[n, best] for n, best in enumerate(best_values, 1) if best != before[n - 1]]
    return record


def best_at(improvements, budget):
    return [best for n, best in improvements if n <= budget][-1]


def read(path):
    """Improvements by label, function, sampler and seed; and the functions' minima."""
    values, minima = collections.defaultdict(dict), {}
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if "improvements" in record:
            values[record["label"], record["function"], record["sampler"]][record["seed"]] = record["improvements"]
        if "minimum" in record:
            minima[record["function"]] = record["minimum"]
    return values, minima


def table(path, among, budgets):
    values, minima = read(path)
    heads = [f"{budget} trials: ours, theirs, p" for budget in budgets]
    lines = ["| function | ours | Optuna's | studies | " + " | ".join(heads) + " |", "|---" * (len(heads) + 4) + "|"]
    for mine, other, functions in PAIRS:
        for function in functions:
            ours, theirs = values[OURS, function, mine], values[THEIRS, function, other]
            seeds = sorted(set(ours) & set(theirs) & set(among))
            cells = [cell(minima[function], [(ours[seed], theirs[seed]) for seed in seeds], budget) for budget in budgets]
            lines.append(f"| {function} | {mine} | {other} | {len(seeds)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(minimum, pairs, budget):
    # Below five pairs not even the smallest p of the test is below 0.05.
    if len(pairs) < 5:
        return "too few studies"
    ours, theirs = ([best_at(study, budget) - minimum for study in side] for side in zip(*pairs))
    differences = [a - b for a, b in zip(ours, theirs)]
    p = wilcoxon(differences, alternative="greater").pvalue if any(differences) else 1.0
    return f"{statistics.median(ours):.3g}, {statistics.median(theirs):.3g}, {p:.2f}"


def seed_range(text):
    first, last = text.split("-")
    return range(int(first), int(last) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seed_range, default=seed_range("1-30"), metavar="FIRST-LAST")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE")
    args = parser.parse_args()
    path = args.table
    if path is None:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}-tune.jsonl"
        measure(path, args.seeds, args.trials)
        print(f"raw numbers: {path.relative_to(ROOT)}", file=sys.stderr)
    print(table(path, args.seeds, [budget for budget in (50, 100, 200) if budget <= args.trials]))


if __name__ == "__main__":
    main()
