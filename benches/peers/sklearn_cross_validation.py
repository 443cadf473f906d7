"""Cross-validation of digits with scikit-learn on the very rows and folds of benches/peers/cross_validation.yaml.

    python benches/peers/sklearn_cross_validation.py --seeds 1 2 3 --proofmark target/release/proofmark

trains scikit-learn's MLPClassifier (128 hidden units, ReLU, Adam at 0.001, batches of 64, 20 epochs, alpha 0.01, no early
stopping) on each fold, then the same folds with Proofmark if a program is named, and prints one JSON line a fold and a line of
both intervals for each seed. Which 5,000 rows train and which fold holds a row out is computed here anew, from the
documentation: 32 bits of Philox4x32-10 at the row's number, in the stream of a name under the seed.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import mnist

SPEC = pathlib.Path(__file__).parent / "cross_validation.yaml"
ROWS, FOLDS, CLASSES = 5000, 5, 10
MASK = (1 << 64) - 1


def mix(number):
    """One step of SplitMix64."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def bits_at(seed, name, ids):
    """The first word of block 0 of Philox4x32-10 at each id, in the stream of this name."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = ((hashed ^ byte) * 0x100000001B3) & MASK
    key = mix(hashed ^ mix(seed))
    low, high = key & 0xFFFFFFFF, key >> 32
    words = [np.zeros(len(ids), np.uint64), np.zeros(len(ids), np.uint64), np.array(ids, np.uint64), np.zeros(len(ids), np.uint64)]
    shift, lower = np.uint64(32), np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        words = [(b >> shift) ^ words[1] ^ np.uint64(low), b & lower, (a >> shift) ^ words[3] ^ np.uint64(high), a & lower]
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return words[0]


def by_class_and_bits(rows, labels, bits):
    """For each class its rows, those with the smallest bits first."""
    return [sorted((int(bits[row]), int(row)) for row in rows if labels[row] == label) for label in range(CLASSES)]


def chosen(labels, seed):
    """The rows that train: of each class its share by largest remainder, those with the smallest bits."""
    rows = range(len(labels))
    classes = by_class_and_bits(rows, labels, bits_at(seed, "train rows", rows))
    share = ROWS / len(labels)
    counts = [int(share * len(members)) for members in classes]
    remainders = sorted(range(CLASSES), key=lambda label: (counts[label] - share * len(classes[label]), label))
    for label in remainders[: ROWS - sum(counts)]:
        counts[label] += 1
    return sorted(row for members, count in zip(classes, counts) for _, row in members[:count])


def folds(rows, labels, seed):
    """The fold of each row, from 0: classes are dealt out one after the other."""
    every = range(len(labels))
    dealt = by_class_and_bits(rows, labels, bits_at(seed, "cross-validation folds", every))
    fold_of = {row: place % FOLDS for place, row in enumerate(row for members in dealt for _, row in members)}
    return np.array([fold_of[row] for row in rows])


def interval(values):
    """Mean, deviation and 95 % t-interval with the variance of Nadeau and Bengio (2003)."""
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    half = stats.t.ppf(0.975, FOLDS - 1) * deviation * np.sqrt(1 / FOLDS + 1 / (FOLDS - 1))
    return mean, deviation, mean - half, mean + half


def sklearn_folds(images, labels, rows, fold_of, seed):
    for fold in range(FOLDS):
        held_out = fold_of == fold
        network = MLPClassifier(
            hidden_layer_sizes=(128,), activation="relu", solver="adam", learning_rate_init=0.001, alpha=0.01,
            batch_size=64, max_iter=20, shuffle=True, early_stopping=False, tol=0.0, n_iter_no_change=10**9,
            random_state=1000 * seed + fold,
        )
        with warnings.catch_warnings():
            # It warns that 20 epochs are 20 epochs.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(images[rows[~held_out]], labels[rows[~held_out]])
        yield float(network.score(images[rows[held_out]], labels[rows[held_out]]))


def digest_of(images, labels, rows):
    """The digest of a prepared split: its numbers, labels and ids."""
    parts = images[rows].astype("<f4"), labels[rows].astype("<i4"), rows.astype("<u8")
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def proofmark_claims(program, seed):
    """What a run's statements claim of the prepared data and of the cross-validation."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "run", str(SPEC), "--set", f"seed={seed}", "--data-dir", folder, "--json"]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        run = pathlib.Path(json.loads(run.stdout.splitlines()[-1])["report"]).parent
        statements = [json.loads(path.read_text()) for path in sorted(run.glob("evidence/*.statement.json"))]
        claims = {statement["kind"]: statement["claims"] for statement in statements}
        return claims["data.prepared"], claims["eval.cross_validation"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--proofmark", help="the program, to train the same folds with")
    arguments = parser.parse_args()
    images, labels = mnist.load("train")
    images = images.reshape(len(images), -1)
    for seed in arguments.seeds:
        rows = np.array(chosen(labels, seed))
        fold_of = folds(rows, labels, seed)
        found = {"scikit-learn": list(sklearn_folds(images, labels, rows, fold_of, seed))}
        if arguments.proofmark:
            prepared, claims = proofmark_claims(arguments.proofmark, seed)
            if prepared["train"] != digest_of(images, labels, rows):
                raise ValueError("these are not the rows that Proofmark trained on")
            found["Proofmark"] = [fold["metrics"]["accuracy"] for fold in claims["folds"]]
            claimed = [claims["metrics"]["accuracy"][key] for key in ("value", "std", "lower95", "upper95")]
            if not np.allclose(claimed, interval(found["Proofmark"]), rtol=0, atol=1e-7):
                raise ValueError(f"scipy's interval is another: {claimed}, {interval(found['Proofmark'])}")
        for program, values in found.items():
            for fold, value in enumerate(values, 1):
                print(json.dumps({"program": program, "seed": seed, "fold": fold, "accuracy": value}))
            mean, deviation, lower95, upper95 = (round(float(number), 5) for number in interval(values))
            summary = {"mean": mean, "std": deviation, "lower95": lower95, "upper95": upper95}
            print(json.dumps({"program": program, "seed": seed} | summary), flush=True)


if __name__ == "__main__":
    main()
