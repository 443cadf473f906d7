"""Optuna on the functions of `crates/tune/examples/black_box.rs`: the same spaces, the same formulas, one JSON line a study.

    ENV/bin/python benches/peers/optuna_black_box.py --function branin --sampler tpe --trials 100 --seed 1

`--function` and `--sampler` take several names, for one process instead of many.

    tpe            TPESampler(multivariate=True)
    tpe_group      TPESampler(multivariate=True, group=True): conditional spaces by groups
    cmaes          CmaEsSampler(): what it cannot search (choices, conditional parameters) is drawn at random
    cmaes_margin   CmaEsSampler(with_margin=True): the same, with a margin for integers and steps
"""
import argparse
import json
import math
import warnings

import optuna

HARTMANN_SCALES = (1.0, 1.2, 3.0, 3.2)
HARTMANN_RATES = (
    (10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14),
)
HARTMANN_CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    inner = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return inner**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(6)]
    total = 0.0
    for scale, rates, centres in zip(HARTMANN_SCALES, HARTMANN_RATES, HARTMANN_CENTRES):
        total += scale * math.exp(-sum(rate * (v - centre) ** 2 for rate, v, centre in zip(rates, x, centres)))
    return -total


def rosenbrock10(trial):
    x = [trial.suggest_float(f"x{i}", -5, 10) for i in range(10)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def network(trial):
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam"])
    rate = math.log10(trial.suggest_float("rate", 1e-5, 1, log=True))
    units = math.log2(trial.suggest_int("units", 8, 1024, log=True)) - 7
    activation = trial.suggest_categorical("activation", ["relu", "tanh", "sigmoid"])
    dropout = trial.suggest_float("dropout", 0, 0.8, step=0.05)
    if optimizer == "sgd":
        off = rate + 1.5
        rest = 0.05 + 2 * (trial.suggest_float("momentum", 0, 0.99) - 0.9) ** 2
    else:
        off = rate + 3
        rest = 0.2 * (math.log10(trial.suggest_float("decay", 1e-3, 0.3, log=True)) + 1) ** 2
    rest += {"relu": 0.0, "tanh": 0.1, "sigmoid": 0.3}[activation]
    return rest + 0.5 * (off * off + off * units / 3 + units * units / 9) + 4 * (dropout - 0.3) ** 2


def ensemble(trial):
    algorithm = trial.suggest_categorical("algorithm", ["forest", "boosting", "kernel"])
    is_scaled = trial.suggest_categorical("scale", [True, False])
    features = trial.suggest_int("features", 1, 30)
    total = ((features - 12) / 15) ** 2
    if algorithm == "kernel":
        kernel = trial.suggest_categorical("kernel", ["linear", "rbf", "polynomial"])
        penalty = math.log10(trial.suggest_float("penalty", 1e-2, 1e4, log=True))
        total += 0.05 * (penalty - 1) ** 2 + (0.0 if is_scaled else 0.3)
        if kernel == "linear":
            return total + 0.4
        if kernel == "rbf":
            return total + 0.15 + 0.1 * math.log10(trial.suggest_float("width", 1e-3, 1e3, log=True)) ** 2
        return total + 0.25 + 0.05 * (trial.suggest_int("degree", 2, 6) - 3) ** 2
    trees = trial.suggest_int("trees", 10, 500)
    depth = trial.suggest_int("depth", 1, 12)
    total += 0.0 if is_scaled else 0.1
    if algorithm == "forest":
        return total + 0.3 + ((depth - 9) / 12) ** 2 + ((trees - 300) / 500) ** 2
    shrinkage = trial.suggest_float("shrinkage", 1e-3, 1, log=True)
    product = math.log10(trees * shrinkage / 30)
    return total + ((depth - 4) / 6) ** 2 + 0.3 * (math.log10(shrinkage) + 1) ** 2 + product**2


FUNCTIONS = {f.__name__: f for f in (branin, hartmann6, rosenbrock10, network, ensemble)}
SAMPLERS = {
    "tpe": lambda seed: optuna.samplers.TPESampler(multivariate=True, seed=seed),
    "tpe_group": lambda seed: optuna.samplers.TPESampler(multivariate=True, group=True, seed=seed),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "cmaes_margin": lambda seed: optuna.samplers.CmaEsSampler(seed=seed, with_margin=True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--function", nargs="+", choices=FUNCTIONS, required=True)
    parser.add_argument("--sampler", nargs="+", choices=SAMPLERS, required=True)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    for function in args.function:
        for sampler in args.sampler:
            study = optuna.create_study(sampler=SAMPLERS[sampler](args.seed))
            record = {"program": f"optuna {optuna.__version__}", "function": function, "sampler": sampler, "seed": args.seed}
            try:
                study.optimize(FUNCTIONS[function], n_trials=args.trials)
            except ValueError as error:
                # CMA-ES with margin (5.0.0) stops at a conditional parameter that two generations have in common by chance.
                print(json.dumps({**record, "error": str(error)}), flush=True)
                continue
            best, best_values = math.inf, []
            for trial in study.trials:
                best = min(best, trial.value)
                best_values.append(best)
            print(json.dumps({**record, "trials": args.trials, "best_values": best_values}), flush=True)


if __name__ == "__main__":
    main()
