#!/usr/bin/env python3
"""The exercise of docs/overfitting.md: trains every variant under three seeds, and writes what the page shows.

    python3 docs/overfitting/exercise.py run target/release/proofmark    # results.json: the raw numbers, a few minutes
    python3 docs/overfitting/exercise.py draw                            # curves.svg and the table, from results.json

Needs nothing but Python 3. What is measured comes from the runs' own events and from the last line of `--json`.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = (1, 2, 3)

AUGMENT = (
    "data.features[0].augment=[{ rotate: { degrees: 10 } }, { shift: { height: 0.1, width: 0.1 } }, "
    "{ scale: { min: 0.9, max: 1.1 } }]"
)
DROPOUT = "model.layers[6].dropout.rate=0.5"

# Name, what it is in words, what is set.
VARIANTS = (
    ("last epoch", "nothing, and no validation: the last epoch's parameters", ["data.split.validation=0"]),
    ("best epoch", "nothing but the best epoch on validation", []),
    ("L2", "L2 penalty of 0.001", ["train.regularization.l2=0.001"]),
    ("dropout", "half of the dense units silent at each step", [DROPOUT]),
    ("augmentation", "images turned, moved and scaled a little", [AUGMENT]),
    ("early stopping", "ends after 5 epochs without a better validation loss", ["train.early_stopping.patience=5"]),
    ("together", "dropout, augmentation, early stopping after 8", [DROPOUT, AUGMENT, "train.early_stopping.patience=8"]),
)


def run(program):
    """Trains everything; the raw numbers."""
    results = []
    for name, _, settings in VARIANTS:
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                command = [program, "run", str(HERE / "overfitting.yaml"), "--json", "--data-dir", folder]
                for setting in [f"seed={seed}", *settings]:
                    command += ["--set", setting]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                result = json.loads(done.stdout.splitlines()[-1])
                events = pathlib.Path(folder) / "runs" / result["run"] / "events.jsonl"
                epochs = []
                for line in events.read_text().splitlines():
                    end = find_epoch(json.loads(line))
                    if end:
                        keys = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
                        epochs.append({key: end[key] for key in keys})
                results.append({"variant": name, "seed": seed, "metrics": result["metrics"], "epochs": epochs})
                accuracy = result["metrics"]["accuracy"]["value"]
                print(f"{name}, seed {seed}: {accuracy:.4f} after {len(epochs)} epochs", file=sys.stderr)
    # A run a line, so that a difference shows which.
    lines = ",\n".join(json.dumps(result) for result in results)
    (HERE / "results.json").write_text(f"[\n{lines}\n]\n")


def find_epoch(event):
    """The end of an epoch in an event, wherever it stands."""
    if isinstance(event, dict):
        if "train_loss" in event and "epoch" in event:
            return event
        for value in event.values():
            found = find_epoch(value)
            if found:
                return found
    return None


def mean_and_interval(values):
    """Mean, and its 95 % interval by Student's t; 4.303 is its quantile for the two degrees of freedom of three values."""
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = 4.303 * deviation / math.sqrt(len(values))
    return mean, mean - half, mean + half


def table(results):
    """The table of the page."""
    lines = [
        "| | test accuracy, each seed with its 95 % interval | mean of the seeds | epochs | last epoch: loss on train, on validation |",
        "|---|---|---|---|---|",
    ]
    for name, words, _ in VARIANTS:
        of = [result for result in results if result["variant"] == name]
        single = []
        for result in of:
            accuracy = result["metrics"]["accuracy"]
            single.append(f"{accuracy['value']:.2%} ({accuracy['lower95']:.2%} to {accuracy['upper95']:.2%})".replace("%", " %"))
        mean, lower, upper = mean_and_interval([result["metrics"]["accuracy"]["value"] for result in of])
        epochs = ", ".join(str(len(result["epochs"])) for result in of)
        last = [result["epochs"][-1] for result in of]
        train = sum(epoch["train_loss"] for epoch in last) / len(last)
        validation = [epoch["validation_loss"] for epoch in last]
        validation = "-" if None in validation else f"{sum(validation) / len(validation):.3f}"
        lines.append(
            f"| **{name}**: {words} | {'<br>'.join(single)} | {100 * mean:.2f} % ({100 * lower:.2f} to {100 * upper:.2f}) "
            f"| {epochs} | {train:.4f}, {validation} |"
        )
    return "\n".join(lines)


PANEL = (250, 150)
MARGIN = (44, 34)
MOST = 0.8


def draw(results):
    """Loss by epoch on train and validation, a panel a variant."""
    names = [name for name, _, _ in VARIANTS if name != "last epoch"]
    columns, (width, height), (left, top) = 3, PANEL, MARGIN
    cell = (width + left + 16, height + top + 34)
    rows = (len(names) + columns - 1) // columns
    size = (columns * cell[0], rows * cell[1] + 30)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<title>Loss by epoch, with and without means against over-fitting</title>",
        "<desc>Six panels: on train the loss falls everywhere; on validation it rises again without any means, and stays low "
        "with dropout and augmentation.</desc>",
        "<style>svg{background:#fff;color:#222}.grid{stroke:#ddd}.train{stroke:#8a8f98}.validation{stroke:#c2410c}"
        "path{fill:none;stroke-width:1.6}text{fill:currentColor}"
        "@media(prefers-color-scheme:dark){svg{background:#16181d;color:#e6e6e6}.grid{stroke:#3a3f4a}"
        ".train{stroke:#8b93a1}.validation{stroke:#fb923c}}</style>",
    ]
    for idx, name in enumerate(names):
        x0, y0 = (idx % columns) * cell[0] + left, (idx // columns) * cell[1] + top
        x = lambda epoch: x0 + (epoch - 1) / 39 * width
        y = lambda loss: y0 + height - min(loss, MOST) / MOST * height
        parts.append(f'<text x="{x0}" y="{y0 - 12}" font-weight="600">{name}</text>')
        for loss in (0, 0.2, 0.4, 0.6, 0.8):
            parts.append(f'<line class="grid" x1="{x0}" x2="{x0 + width}" y1="{y(loss):.1f}" y2="{y(loss):.1f}"/>')
            parts.append(f'<text x="{x0 - 6}" y="{y(loss) + 4:.1f}" text-anchor="end">{loss:g}</text>')
        for epoch in (1, 10, 20, 30, 40):
            parts.append(f'<text x="{x(epoch):.1f}" y="{y0 + height + 16}" text-anchor="middle">{epoch}</text>')
        for result in (result for result in results if result["variant"] == name):
            for key in ("train", "validation"):
                points = [(epoch["epoch"], epoch[f"{key}_loss"]) for epoch in result["epochs"]]
                path = " ".join(f"{x(epoch):.1f},{y(loss):.1f}" for epoch, loss in points)
                parts.append(f'<path class="{key}" d="M{path}"/>')
    base = rows * cell[1] + 14
    parts.append(f'<path class="train" d="M{left},{base - 4} h24"/><text x="{left + 30}" y="{base}">loss on train</text>')
    parts.append(
        f'<path class="validation" d="M{left + 140},{base - 4} h24"/>'
        f'<text x="{left + 170}" y="{base}">loss on validation; a line for each seed, by epoch</text>'
    )
    parts.append("</svg>")
    (HERE / "curves.svg").write_text("\n".join(parts) + "\n")


def main():
    if sys.argv[1:2] == ["run"] and len(sys.argv) == 3:
        run(sys.argv[2])
    elif sys.argv[1:] == ["draw"]:
        results = json.loads((HERE / "results.json").read_text())
        draw(results)
        print(table(results))
    else:
        sys.exit(__doc__)


main()
