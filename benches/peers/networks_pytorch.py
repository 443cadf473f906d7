"""Networks of benches/networks.json on PyTorch eager, CPU, f32: trains one on random images, in images a second.

    --channels-last  images and kernels in memory as [N, H, W, C]
    --tuned          an allocator that keeps its pages, as in pytorch.py
"""
import argparse
import json
import pathlib
import statistics

import allocator  # noqa: F401  Before torch: it may start the program again.

import torch
import torch.nn.functional as F
from torch import nn

import measure

PEER = f"PyTorch {torch.__version__.split('+')[0]}"
NETWORKS = pathlib.Path(__file__).resolve().parents[1] / "networks.json"
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "softmax": nn.Identity}
WARM_UP = 3


def same(size, stride, extent):
    """Padding before and behind, as `same` has it."""
    output = -(-extent // stride)
    whole = max((output - 1) * stride + size - extent, 0)
    return whole // 2, whole - whole // 2


def build(layers, shape):
    """The layers as modules; `shape` is [height, width, channels] before each."""
    modules = []
    for layer in layers:
        (kind, spec), = ({layer: {}} if isinstance(layer, str) else layer).items()
        height, width, channels = shape if len(shape) == 3 else (0, 0, shape[0])
        if kind == "conv2d":
            size, stride = spec["kernel"], spec.get("stride", 1)
            padding = 0
            if spec.get("padding") == "same":
                rows, columns = same(size, stride, height), same(size, stride, width)
                if rows == columns and rows[0] == rows[1]:
                    padding = rows[0]
                else:
                    modules.append(nn.ZeroPad2d((*columns, *rows)))
                shape = [-(-height // stride), -(-width // stride), spec["filters"]]
            else:
                shape = [(height - size) // stride + 1, (width - size) // stride + 1, spec["filters"]]
            modules.append(nn.Conv2d(channels, spec["filters"], size, stride, padding))
        elif kind in ("max_pool2d", "average_pool2d"):
            size = spec["size"]
            modules.append((nn.MaxPool2d if kind == "max_pool2d" else nn.AvgPool2d)(size))
            shape = [height // size, width // size, channels]
        elif kind == "batch_norm":
            modules.append(nn.BatchNorm2d(channels))
        elif kind == "relu":
            modules.append(nn.ReLU())
        elif kind == "dropout":
            modules.append(nn.Dropout(spec["rate"]))
        elif kind == "global_average_pool2d":
            modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            shape = [channels]
        elif kind == "flatten":
            modules.append(nn.Flatten())
            shape = [height * width * channels]
        elif kind == "dense":
            modules.append(nn.Linear(shape[0], spec["units"]))
            shape = [spec["units"]]
        else:
            raise SystemExit(f"no layer `{kind}` here")
        if "activation" in spec:
            modules.append(ACTIVATIONS[spec["activation"]]())
    return nn.Sequential(*modules)


def main():
    networks = json.loads(NETWORKS.read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=networks)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(7)
    network = networks[args.network]
    height, width, channels = network["input"]
    memory_format = torch.channels_last if args.channels_last else torch.contiguous_format
    model = build(network["layers"], network["input"]).to(memory_format=memory_format)
    images = torch.rand(network["batch"], channels, height, width).contiguous(memory_format=memory_format)
    labels = torch.arange(network["batch"]) % 10
    optimizer = torch.optim.Adam(model.parameters(), measure.LEARNING_RATE, eps=measure.EPSILON, fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()

    seconds = [measure.seconds_of(step) for _ in range(WARM_UP + network["steps"])][WARM_UP:]
    measure.report(PEER, "networks", network=args.network, threads=args.threads, channels_last=args.channels_last,
                   tuned=args.tuned, trained_images_per_second=round(network["batch"] / statistics.median(seconds), 2))


if __name__ == "__main__":
    main()
