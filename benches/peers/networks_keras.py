"""Networks of benches/networks.json on Keras 3 over TensorFlow, CPU, f32: trains one on random images, in images a second.

Each step is a call of `train_on_batch`, whose function is compiled once.

    --no-jit  compiled by TensorFlow alone, without XLA, which Keras takes by itself where it can
"""
import argparse
import json
import os
import pathlib
import statistics

# Read when the packages are imported.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import measure

PEER = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
NETWORKS = pathlib.Path(__file__).resolve().parents[1] / "networks.json"
WARM_UP = 3

# By name in networks.json: what makes the layer of its attributes.
LAYERS = {
    "conv2d": lambda spec: layers.Conv2D(
        spec["filters"], spec["kernel"], strides=spec.get("stride", 1), padding=spec.get("padding", "valid"),
        activation=spec.get("activation")),
    "max_pool2d": lambda spec: layers.MaxPooling2D(spec["size"]),
    "average_pool2d": lambda spec: layers.AveragePooling2D(spec["size"]),
    "global_average_pool2d": lambda spec: layers.GlobalAveragePooling2D(),
    "batch_norm": lambda spec: layers.BatchNormalization(),
    "relu": lambda spec: layers.ReLU(),
    "dropout": lambda spec: layers.Dropout(spec["rate"]),
    "flatten": lambda spec: layers.Flatten(),
    "dense": lambda spec: layers.Dense(spec["units"], activation=spec.get("activation")),
}


def build(network):
    stack = [layers.Input(network["input"])]
    for layer in network["layers"]:
        (kind, spec), = ({layer: {}} if isinstance(layer, str) else layer).items()
        stack.append(LAYERS[kind](spec))
    return keras.Sequential(stack)


def main():
    networks = json.loads(NETWORKS.read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=networks)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-jit", action="store_true")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(7)
    network = networks[args.network]
    model = build(network)
    model.compile(keras.optimizers.Adam(measure.LEARNING_RATE, epsilon=measure.EPSILON),
                  loss="sparse_categorical_crossentropy", jit_compile=False if args.no_jit else "auto")
    images = tf.constant(np.random.default_rng(7).random((network["batch"], *network["input"]), dtype=np.float32))
    labels = tf.constant(np.arange(network["batch"]) % 10)

    def step():
        model.train_on_batch(images, labels)

    seconds = [measure.seconds_of(step) for _ in range(WARM_UP + network["steps"])][WARM_UP:]
    measure.report(PEER, "networks", network=args.network, threads=args.threads, jit=not args.no_jit,
                   trained_images_per_second=round(network["batch"] / statistics.median(seconds), 2))


if __name__ == "__main__":
    main()
