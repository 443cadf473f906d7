"""What ASHA would have done with the trials of studies that ran without pruning: the pruner alone, with a sampler that learns the
same in both cases.

    python3 benches/asha_replay.py .proofmark/studies/STUDY ..

Each folder is a study's, with `events.jsonl`. The trials come in the study's order; at epochs 1 and 3 (`--grace`, `--factor`) a trial
goes on if it is in the best third of those that came so far, as in crates/tune/src/pruners/asha.rs. A row for each study: what the plain spec
reached, the best trial of all, the best that ASHA would have let run to its end, the share of the gain, and that of the epochs.

Needs nothing but Python 3.10 or later.
"""
import argparse
import collections
import json
import pathlib


def read(folder: pathlib.Path):
    """By trial: its values by epoch, and what the study wrote down as its objective."""
    values, objectives = collections.defaultdict(dict), {}
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line).get("study") or {}
        if report := event.get("intermediate"):
            values[report["trial"]][report["step"]] = report["value"]
        if ended := event.get("trial_ended"):
            objectives[ended["trial"]] = ended["state"]["complete"]["objectives"][0]
    return values, objectives


def replay(values, objectives, grace, factor):
    """The best objective among the trials that would have run to their end, and the epochs of all."""
    epochs, best, at_rung = 0, None, collections.defaultdict(list)
    for trial in sorted(values):
        last = max(values[trial])
        stopped, rung = last, grace
        while rung < last:
            value = values[trial][rung]
            n_better = sum(other > value for other in at_rung[rung])
            at_rung[rung].append(value)
            if n_better >= max(1, len(at_rung[rung]) // factor):
                stopped = rung
                break
            rung *= factor
        epochs += stopped
        if stopped == last:
            best = objectives[trial] if best is None else max(best, objectives[trial])
    return best, epochs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+", type=pathlib.Path)
    parser.add_argument("--baseline", nargs="+", type=float, required=True, help="what the plain spec reached, for each study")
    parser.add_argument("--grace", type=int, default=1)
    parser.add_argument("--factor", type=int, default=3)
    arguments = parser.parse_args()
    if len(arguments.baseline) != len(arguments.studies):
        parser.error("one --baseline for each study")
    gains = [0.0, 0.0]
    spent = [0, 0]
    print("| study | plain | best of all | best with ASHA | share of the gain | share of the epochs |\n|---|---|---|---|---|---|")
    for folder, plain in zip(arguments.studies, arguments.baseline):
        values, objectives = read(folder)
        best, epochs = replay(values, objectives, arguments.grace, arguments.factor)
        of_all, all_epochs = max(objectives.values()), sum(max(steps) for steps in values.values())
        gains[0] += best - plain
        gains[1] += of_all - plain
        spent[0] += epochs
        spent[1] += all_epochs
        share = f"{(best - plain) / (of_all - plain):.0%}" if of_all > plain else "-"
        print(f"| {folder.name} | {plain:.4f} | {of_all:.4f} | {best:.4f} | {share} | {epochs / all_epochs:.0%} |")
    print(f"| all | | | | {gains[0] / gains[1]:.0%} | {spent[0] / spent[1]:.0%} |")


if __name__ == "__main__":
    main()
