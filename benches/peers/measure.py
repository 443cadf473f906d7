"""What the peers' programs share: their options, how they take times, and the one line of JSON that they print.

The keys of that line are those of `proofmark run --json`, as far as it has the same figure:

    train_seconds_per_epoch     a list, one number an epoch: the training alone, without loading data or evaluating
    metrics.accuracy.value      share of the test images that are classified right
    one_image_us                {"p50": .., "p99": ..}: one call with one image, in microseconds
    images_per_second           of calls with 256 images
    trained_images_per_second   of training steps, the median step
    peak_rss_mb                 of this process, in 10^6 bytes; compare.py measures it from outside as well
"""
import argparse
import json
import time

import numpy as np

BATCH = 64
EVALUATION_BATCH = 256
LEARNING_RATE = 1e-3
EPSILON = 1e-7  # Keras' default and ours; PyTorch's is 1e-8
WARM_UP_CALLS = 100
LATENCY_CALLS = 2000


def parser(description, works):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=works)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, help="train on the first so many images only, to try the program out")
    return parser


def seconds_of(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def inference(predict, images, labels):
    """Times of `predict`, which gives scores [N, 10] of images [N, ..]; the answers are checked before they are timed."""
    batches = [images[i:i + EVALUATION_BATCH] for i in range(0, len(images), EVALUATION_BATCH)]
    answers = np.concatenate([np.asarray(predict(batch)).argmax(1) for batch in batches])
    one = images[:1]
    for _ in range(WARM_UP_CALLS):
        predict(one)
    microseconds = [seconds_of(lambda: predict(one)) * 1e6 for _ in range(LATENCY_CALLS)]
    seconds = seconds_of(lambda: [predict(batch) for batch in batches])
    return {
        "metrics": accuracy((answers == labels).mean()),
        "one_image_us": {f"p{rank}": round(float(np.percentile(microseconds, rank)), 1) for rank in (50, 99)},
        "images_per_second": round(len(images) / seconds),
    }


def accuracy(share):
    return {"accuracy": {"value": round(float(share), 4)}}


def peak_rss_mb():
    """Peak memory of this process. (The resource module's figure may include that of the process which started it.)"""
    with open("/proc/self/status", encoding="ascii") as status:
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return round(kib * 1024 / 1e6)


def report(peer, work, **figures):
    print(json.dumps({"peer": peer, "work": work, **figures, "peak_rss_mb": peak_rss_mb()}), flush=True)
