"""The work `language` on Keras 3 over TensorFlow, CPU, f32: trains a causal transformer on random tokens, in tokens a second."""
import os

# Read when the packages are imported.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import language
import measure

PEER = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"


class Positions(layers.Layer):
    """Adds a trained vector for each position."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return x + self.kernel


def network():
    tokens = layers.Input((language.STEPS,), dtype="int32")
    x = Positions()(layers.Embedding(language.VOCABULARY, language.WIDTH)(tokens))
    for _ in range(language.LAYERS):
        normed = layers.LayerNormalization(epsilon=1e-5)(x)
        attention = layers.MultiHeadAttention(language.HEADS, language.WIDTH // language.HEADS)
        x = x + attention(normed, normed, use_causal_mask=True)
        up = layers.Dense(language.FEED_FORWARD, activation="gelu")(layers.LayerNormalization(epsilon=1e-5)(x))
        x = x + layers.Dense(language.WIDTH)(up)
    logits = layers.Dense(language.VOCABULARY, use_bias=False)(layers.LayerNormalization(epsilon=1e-5)(x))
    model = keras.Model(tokens, logits)
    optimizer = keras.optimizers.AdamW(language.LEARNING_RATE, weight_decay=language.WEIGHT_DECAY,
                                       epsilon=language.EPSILON)
    model.compile(optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def main():
    args = language.parser(__doc__).parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(args.seed)
    model, draw = network(), np.random.default_rng(args.seed)
    losses, seconds = [], []
    for _ in range(language.WARM_UP + args.steps):
        x, y = draw.integers(language.VOCABULARY, size=(2, language.BATCH, language.STEPS), dtype=np.int32)
        model.reset_metrics()
        seconds.append(measure.seconds_of(lambda: losses.append(float(model.train_on_batch(x, y)))))
    language.report(PEER, args, seconds, losses)


if __name__ == "__main__":
    main()
