"""The work `language`: the sizes of a small causal transformer, trained on random tokens, and what is reported of it.

The same sizes stand in crates/engine/examples/language.rs. Each step is timed alone, its batch already drawn; reported are
the tokens of a batch by the median of the steps after the first five.
"""
import statistics

import measure

VOCABULARY, STEPS, WIDTH, LAYERS, HEADS, FEED_FORWARD, BATCH = 256, 128, 256, 4, 4, 1024, 16
LEARNING_RATE, WEIGHT_DECAY, EPSILON = 1e-3, 0.01, 1e-8
WARM_UP = 5


def parser(description):
    parser = measure.parser(description, ["language"])
    parser.add_argument("--steps", type=int, default=25, help="steps of training that are counted")
    return parser


def report(peer, args, seconds, losses, **settings):
    """`seconds` and `losses` of all steps, the first ones included."""
    measure.report(peer, "language", threads=args.threads, **settings,
                   tokens_per_second=round(BATCH * STEPS / statistics.median(seconds[WARM_UP:])),
                   first_loss=round(losses[0], 4), last_loss=round(losses[-1], 4))
