"""The digits network on Keras 3 over TensorFlow, CPU, f32.

    digits  trains it on MNIST: seconds of each epoch (the first includes tracing), then the accuracy on the test images
    infer   trains it for one epoch, then times one image and batches of 256
"""
import os
import time

# Read when the packages are imported.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from keras import layers

import measure
import mnist

PEER = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"


class EpochClock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []
        self.start = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(round(time.perf_counter() - self.start, 3))


def network():
    model = keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])
    optimizer = keras.optimizers.Adam(measure.LEARNING_RATE, epsilon=measure.EPSILON)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(model, epochs, samples):
    clock = EpochClock()
    images, labels = mnist.load("train", samples)
    model.fit(images, labels, batch_size=measure.BATCH, epochs=epochs, verbose=0, callbacks=[clock])
    return clock.seconds


def digits(args):
    model = network()
    seconds = train(model, args.epochs, args.samples)
    _, accuracy = model.evaluate(*mnist.load("t10k"), batch_size=measure.EVALUATION_BATCH, verbose=0)
    measure.report(PEER, "digits", threads=args.threads, samples=args.samples, train_seconds_per_epoch=seconds,
                   metrics=measure.accuracy(accuracy))


def infer(args):
    model = network()
    train(model, 1, args.samples)
    images, labels = mnist.load("t10k")
    # The fastest way to call a model; `predict` and an eager call cost milliseconds of Python.
    signature = tf.TensorSpec((None, 28, 28, 1), tf.float32)
    compiled = tf.function(lambda x: model(x, training=False), input_signature=[signature])
    predict = lambda batch: compiled(tf.constant(batch)).numpy()
    measure.report(PEER, "infer", threads=args.threads, **measure.inference(predict, images, labels))


def main():
    args = measure.parser(__doc__, ["digits", "infer"]).parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(args.seed)
    {"digits": digits, "infer": infer}[args.work](args)


if __name__ == "__main__":
    main()
