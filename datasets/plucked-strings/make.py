"""Writes the sounds of this folder: plucked strings after Karplus and Strong (1983), in integers, the same bytes everywhere.

    python3 make.py
"""

import gzip
import os
import struct

RATE = 8000
# Samples of a period: an octave of A minor pentatonic from 200 Hz on, as near as whole samples come.
PERIODS = [40, 34, 30, 27, 22, 20]


def noise(state):
    """The linear congruential generator of Numerical Recipes; the upper bits are used."""
    state = (state * 1664525 + 1013904223) % 2**32
    return state, state >> 8


def melody(state, seconds):
    out = []
    while len(out) < RATE * seconds:
        state, drawn = noise(state)
        period = PERIODS[drawn % len(PERIODS)]
        state, drawn = noise(state)
        length = RATE * (2 + drawn % 3) // 8
        string = []
        for _ in range(period + 1):
            state, drawn = noise(state)
            string.append(drawn % 20001 - 10000)
        # The next sample of a string is the mean of two that lie a period back, a little weaker.
        for _ in range(length):
            string.append((string[-period] + string[-period - 1]) * 509 // 1024)
        out += string[period + 1:]
    return out[:RATE * seconds]


def write(path, samples):
    data = struct.pack(f"<{len(samples)}h", *samples)
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
                         b"data", len(data))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        # Without a time stamp, so that the bytes are the same each time.
        file.write(gzip.compress(header + data, 9, mtime=0))


here = os.path.dirname(os.path.abspath(__file__))
write(os.path.join(here, "train", "melody.wav.gz"), melody(1, 20))
write(os.path.join(here, "test", "melody.wav.gz"), melody(2, 5))
