"""The MNIST files of this repository as arrays."""
import gzip
import pathlib
import struct

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "datasets" / "mnist"
UNSIGNED_BYTES = 8  # the IDX format's code for the element type


def read_idx(name):
    """The array in an IDX file of bytes: two zeros, the element type, the number of axes, the extents, the elements."""
    with gzip.open(FOLDER / f"{name}.gz") as file:
        zeros, element_type, n_axes = struct.unpack(">HBB", file.read(4))
        if zeros != 0 or element_type != UNSIGNED_BYTES:
            raise ValueError(f"{name} is no IDX file of bytes")
        extents = struct.unpack(f">{n_axes}I", file.read(4 * n_axes))
        return np.frombuffer(file.read(), np.uint8).reshape(extents)


def load(split, samples=None):
    """(images [N, 28, 28, 1] of f32 in 0..1, labels [N] of i64) of `train` or `t10k`; the first `samples` if given."""
    images = read_idx(f"{split}-images-idx3-ubyte")[:samples, :, :, np.newaxis]
    labels = read_idx(f"{split}-labels-idx1-ubyte")[:samples]
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int64)
