"""Ten training steps of tiny networks in PyTorch, as numbers that our own training is held against.

    python -m venv ENV && ENV/bin/pip install torch==2.15.0
    ENV/bin/python make.py            # writes the JSON files beside this script
    ENV/bin/python make.py --check    # writes nothing; fails if the committed files say something else

A network is written once, as a spec of ours, and this script runs that very spec with PyTorch's functions. Parameters have
our names and our layouts (images [H, W, C], kernels of convolutions [h, w, C / groups, O], of dense and recurrent layers [K, N]) also
while PyTorch trains them, so that gradients and weights come out as we have them. What tests compare with are the numbers
of float64. The float32 run says how far PyTorch itself is from them; the script fails where that is more than a tenth of
what we are allowed, because the network would then measure its own conditioning rather than an implementation.

Each file is one JSON object:

    name, model, input_shape, target, loss, optimizer
                    what is trained; `model` is the spec, `target` is {"category": classes}, {"number": outputs} or
                    {"steps": [steps, classes]} or {"sequences": [steps, classes]}
    samples, steps  size of the one batch, and how often it is trained on
    x_salt          element i of the batch, in row-major order, is pattern(i + x_salt)
    target_salt     the target of sample i: class (i * 7 + target_salt) % classes, or number pattern(i + target_salt); that of
                    step t is the class of i * steps + t, or -1 (left out) where that number is a multiple of 4; of a sequence
                    label k, of 1 + i % 3 labels, is (i * 7 + k * (i % 2) + target_salt) % classes: every other one repeats
    initial         every state before step 1, by name: {"shape": [..], "values": [..]}, exact in f32
    gradients       of every parameter at step 1, of the mean loss over the batch; without weight decay
    losses          the mean loss of each step, before its update; of steps the mean over all that are not left out, of
                    sequences over all labels
    final           every state after the last step
    float32         losses of the same training in float32, and `gradient_error` and `final_error` of each state:
                    the largest difference over the largest magnitude

where pattern(i) = ((i mod 2003)^3 mod 2003 - 1001) / 1024, which is exact in f32.
"""
import argparse
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = 21  # two shards of 8 and one of 5
STEPS = 10
PRIME = 2003

# What our training may be off by, as a share of the largest magnitude (tests/train/pytorch.rs).
GRADIENT_TOLERANCE = 1e-5
LOSS_TOLERANCE = 1e-4
FINAL_TOLERANCE = 1e-4

# In a file written by another processor, the last digits may differ.
CHECK_TOLERANCE = 1e-9

CONVOLUTIONAL = {
    "name": "convolutional",
    # 14 x 16 pixels: the maxima of 12 x 14, a stride over an even and an odd extent (uneven and even padding), the means
    # of 3 x 4, whose last row has no window.
    "input_shape": [14, 16, 1],
    "model": {"layers": [
        {"conv2d": {"filters": 4, "kernel": 3, "activation": "relu"}},
        {"max_pool2d": {"size": 2}},
        {"conv2d": {"filters": 8, "kernel": 3, "stride": 2, "padding": "same", "activation": "relu"}},
        {"average_pool2d": {"size": 2}},
        "flatten",
        {"dense": {"units": 10, "activation": "softmax"}},
    ]},
    "target": {"category": 10},
    "loss": "categorical_crossentropy",
    "optimizer": {"adam": {"learning_rate": 0.001, "epsilon": 1e-7}},
    "x_salt": 100,
    "target_salt": 3,
}

DENSE = {
    "name": "dense",
    "input_shape": [12],
    "model": {"layers": [
        {"dense": {"units": 16, "activation": "tanh"}},
        {"dense": {"units": 8, "activation": "sigmoid"}},
        {"dense": {"units": 1}},
    ]},
    "target": {"number": 1},
    "loss": "mse",
    "optimizer": {"momentum": {"learning_rate": 0.05, "momentum": 0.9}},
    "x_salt": 200,
    "target_salt": 700,
}

RESIDUAL = {
    "name": "residual",
    "input_shape": [7, 6, 2],
    "model": {"layers": [
        {"conv2d": {"filters": 4, "kernel": 3, "padding": "same", "use_bias": False}},
        "batch_norm",
        {"relu": {"name": "trunk"}},
        {"conv2d": {"filters": 4, "kernel": 3, "padding": "same", "groups": 2, "dilation": 2, "use_bias": False}},
        {"batch_norm": {"name": "branch", "momentum": 0.9}},
        {"add": {"inputs": ["branch", "trunk"]}},
        "relu",
        "global_average_pool2d",
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adamw": {"learning_rate": 0.01, "weight_decay": 0.01, "epsilon": 1e-7}},
    "x_salt": 300,
    "target_salt": 1,
}

BATCH_NORM = {
    "name": "batch_norm",
    # A plain network as people write it: each convolution without a bias, its normalisation, ReLU, pooling. Epsilons and
    # momenta are two of each. Gradients through a batch's statistics cancel: of several hundred salts and sizes that were
    # tried, few keep PyTorch's own gradients in float32 within 1e-6; this is one.
    "input_shape": [8, 7, 1],
    "model": {"layers": [
        {"conv2d": {"filters": 3, "kernel": 3, "padding": "valid", "use_bias": False}},
        {"batch_norm": {"momentum": 0.9, "epsilon": 1e-5}},
        "relu",
        {"max_pool2d": {"size": 2}},
        {"conv2d": {"filters": 3, "kernel": 3, "stride": 2, "padding": "same", "use_bias": False}},
        {"batch_norm": {"momentum": 0.75}},
        "relu",
        "flatten",
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"momentum": {"learning_rate": 0.02, "momentum": 0.9}},
    "x_salt": 1232,
    "target_salt": 4,
}

SEQUENCE = {
    "name": "sequence",
    "input_shape": [13, 2],
    "model": {"layers": [
        {"conv1d": {"filters": 8, "kernel": 2, "dilation": 2, "padding": "causal", "activation": "gelu"}},
        {"group_norm": {"groups": 2, "epsilon": 1e-3}},
        # Between two norms stands a function that is not linear: a gain before another norm has next to no gradient.
        {"conv1d": {"filters": 4, "kernel": 3, "stride": 2, "groups": 2, "padding": "same", "activation": "silu"}},
        {"layer_norm": {"epsilon": 1e-3}},
        {"average_pool1d": {"size": 2}},
        {"conv1d": {"filters": 5, "kernel": 2, "activation": "tanh"}},
        {"rms_norm": {"epsilon": 1e-3}},
        "flatten",
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adam": {"learning_rate": 0.01, "epsilon": 1e-7}},
    "x_salt": 400,
    "target_salt": 2,
}

TRANSPOSED = {
    "name": "transposed",
    "input_shape": [4, 3, 2],
    "model": {"layers": [
        {"conv2d": {"filters": 4, "kernel": 2, "stride": 2, "padding": "same", "activation": "silu"}},
        {"conv2d_transpose": {"filters": 3, "kernel": 3, "stride": 2, "padding": "same", "activation": "tanh"}},
        # A kernel smaller than its stride leaves rows and columns that nothing reaches.
        {"conv2d_transpose": {"filters": 2, "kernel": 2, "stride": 3}},
        {"average_pool2d": {"size": 3}},
        "flatten",
        {"dense": {"units": 1}},
    ]},
    "target": {"number": 1},
    "loss": "mse",
    "optimizer": {"momentum": {"learning_rate": 0.05, "momentum": 0.9}},
    "x_salt": 500,
    "target_salt": 800,
}

LSTM = {
    "name": "lstm",
    "input_shape": [9, 3],
    "model": {"layers": [
        {"lstm": {"units": 5, "return_sequences": True, "direction": "both"}},
        {"lstm": {"units": 4}},
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adam": {"learning_rate": 0.01, "epsilon": 1e-7}},
    "x_salt": 610,
    "target_salt": 0,
}

GRU = {
    "name": "gru",
    "input_shape": [9, 3],
    "model": {"layers": [
        {"gru": {"units": 5, "return_sequences": True}},
        {"gru": {"units": 4, "direction": "backward"}},
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adam": {"learning_rate": 0.01, "epsilon": 1e-7}},
    "x_salt": 650,
    "target_salt": 1,
}

ADAFACTOR = {
    "name": "adafactor",
    "input_shape": [4, 3, 2],
    "model": {"layers": [
        {"conv2d": {"filters": 4, "kernel": 2, "activation": "silu"}},
        "flatten",
        {"dense": {"units": 6, "activation": "tanh"}},
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adafactor": {"learning_rate": 0.05, "epsilon": 1e-7, "minimum_scale": 0.001}},
    "x_salt": 610,
    "target_salt": 2,
}

TRANSFORMER = {
    "name": "transformer",
    # An encoder's block and a decoder's, each with its norms first. More steps than the 24 queries that are computed together.
    # The epsilon is large because some of the rows of six numbers are nearly constant.
    "input_shape": [26, 3],
    "model": {"layers": [
        {"dense": {"units": 6}},
        {"position_encoding": {"name": "encoder", "base": 100.0}},
        {"layer_norm": {"epsilon": 0.125}},
        # A bias of keys adds the same to all scores of a query and has no gradient, unless positions turn it.
        {"multi_head_attention": {"heads": 2, "use_bias": False}},
        {"add": {"name": "encoder_attention", "inputs": ["encoder", "multi_head_attention_1"]}},
        {"layer_norm": {"epsilon": 0.125}},
        {"dense": {"units": 12, "activation": "gelu"}},
        {"dense": {"units": 6}},
        {"add": {"name": "memory", "inputs": ["encoder_attention", "dense_3"]}},
        {"dense": {"name": "other", "units": 4, "activation": "tanh", "inputs": ["input"]}},
        {"position_embedding": {"name": "decoder"}},
        {"layer_norm": {"epsilon": 0.125}},
        {"multi_head_attention": {"heads": 1, "causal": True, "rotary": True, "rotary_base": 100.0}},
        {"add": {"name": "decoder_attention", "inputs": ["decoder", "multi_head_attention_2"]}},
        {"layer_norm": {"epsilon": 0.125}},
        {"multi_head_attention": {"heads": 2, "key_dim": 4, "value_dim": 3, "use_bias": False,
                                  "inputs": ["layer_norm_4", "memory"]}},
        {"add": {"inputs": ["decoder_attention", "multi_head_attention_3"]}},
        "relu",
        "flatten",
        {"dense": {"units": 3, "activation": "softmax"}},
    ]},
    "target": {"category": 3},
    "loss": "categorical_crossentropy",
    "optimizer": {"adamw": {"learning_rate": 0.01, "weight_decay": 0.01, "epsilon": 1e-7}},
    "x_salt": 1400,
    "target_salt": 1,
}

STEPS_OF_CLASSES = {
    "name": "steps",
    "input_shape": [7, 3],
    "model": {"layers": [
        {"lstm": {"units": 5, "return_sequences": True}},
        {"dense": {"units": 4, "activation": "softmax"}},
    ]},
    "target": {"steps": [7, 4]},
    "loss": {"categorical_crossentropy": {"label_smoothing": 0.125}},
    "optimizer": {"adam": {"learning_rate": 0.01, "epsilon": 1e-7}},
    "x_salt": 330,
    "target_salt": 2,
}

CTC = {
    "name": "ctc",
    "input_shape": [7, 3],
    "model": {"layers": [
        {"lstm": {"units": 5, "return_sequences": True}},
        # The last output is the blank.
        {"dense": {"units": 5, "activation": "softmax"}},
    ]},
    "target": {"sequences": [7, 4]},
    "loss": "ctc",
    "optimizer": {"adam": {"learning_rate": 0.01, "epsilon": 1e-7}},
    "x_salt": 330,
    "target_salt": 1,
}

NETWORKS = [ADAFACTOR, CONVOLUTIONAL, DENSE, RESIDUAL, BATCH_NORM, SEQUENCE, TRANSPOSED, LSTM, GRU, TRANSFORMER,
            STEPS_OF_CLASSES, CTC]


def pattern(start, count):
    return torch.tensor([(pow(i % PRIME, 3, PRIME) - 1001) / 1024 for i in range(start, start + count)], dtype=torch.float64)


def layers(spec):
    """(name, kind, parameters) of each layer; what has no name is called after its kind and its number among its kind."""
    counts = {}
    for layer in spec["layers"]:
        kind, parameters = (layer, {}) if isinstance(layer, str) else next(iter(layer.items()))
        counts[kind] = counts.get(kind, 0) + 1
        yield parameters.get("name", f"{kind}_{counts[kind]}"), kind, parameters


def initial_states(network):
    """Starting values: patterns, those of kernels scaled by the power of two nearest to 1 / sqrt(fan-in)."""
    shapes, states = {"input": network["input_shape"]}, {}

    def state(name, shape, centre, scale):
        values = pattern(1000 * (len(states) + 1), math.prod(shape))
        states[name] = (centre + scale * values).reshape(shape)

    def kernel(layer, shape, use_bias):
        fan_in = math.prod(shape[:-1])
        # The names of recurrent layers and of attention go on after a prefix instead of a dot.
        dot = "" if layer.endswith(("_", ".")) else "."
        state(f"{layer}{dot}kernel", shape, 0.0, 2.0 ** round(math.log2(1.75 / math.sqrt(fan_in))))
        if use_bias:
            state(f"{layer}{dot}bias", shape[-1:], 0.0, 0.125)

    # The shapes that decide about parameters are found by running the network as far as it is built.
    before = "input"
    x = pattern(0, 2 * math.prod(network["input_shape"])).reshape(2, *network["input_shape"])
    values = {"input": x}
    for name, kind, parameters in layers(network["model"]):
        shape = list(values[parameters.get("inputs", [before])[0]].shape[1:])
        if kind == "conv2d_transpose":
            kernel(name, [parameters["kernel"], parameters["kernel"], shape[2], parameters["filters"]], True)
        elif kind == "conv2d":
            side, channels = parameters["kernel"], shape[2] // parameters.get("groups", 1)
            kernel(name, [side, side, channels, parameters["filters"]], parameters.get("use_bias", True))
        elif kind == "conv1d":
            channels = shape[1] // parameters.get("groups", 1)
            kernel(name, [parameters["kernel"], channels, parameters["filters"]], parameters.get("use_bias", True))
        elif kind in ("lstm", "gru"):
            columns = {"lstm": 4, "gru": 3}[kind] * parameters["units"]
            for prefix in ("", "backward_") if parameters.get("direction") == "both" else ("",):
                kernel(f"{name}.{prefix}", [shape[1], columns], False)
                kernel(f"{name}.{prefix}recurrent_", [parameters["units"], columns], False)
                state(f"{name}.{prefix}bias", [columns], 0.0, 0.125)
                if kind == "gru":
                    state(f"{name}.{prefix}recurrent_bias", [columns], 0.0, 0.125)
        elif kind == "dense":
            kernel(name, [shape[-1], parameters["units"]], parameters.get("use_bias", True))
        elif kind == "position_embedding":
            kernel(name, shape, False)
        elif kind == "multi_head_attention":
            heads, use_bias = parameters["heads"], parameters.get("use_bias", True)
            key = parameters.get("key_dim", shape[-1] // heads)
            memory = values[parameters.get("inputs", [before])[-1]].shape[-1]
            outputs = {"query": heads * key, "key": heads * key, "value": heads * parameters.get("value_dim", key)}
            for part, columns in outputs.items():
                kernel(f"{name}.{part}_", [shape[-1] if part == "query" else memory, columns], use_bias)
            kernel(f"{name}.output_", [outputs["value"], shape[-1]], use_bias)
        elif kind in ("layer_norm", "rms_norm", "group_norm"):
            state(f"{name}.gamma", shape[-1:], 1.0, 0.25)
            if kind != "rms_norm":
                state(f"{name}.beta", shape[-1:], 0.0, 0.25)
        elif kind == "batch_norm":
            state(f"{name}.gamma", shape[-1:], 1.0, 0.25)
            state(f"{name}.beta", shape[-1:], 0.0, 0.25)
            states[f"{name}.moving_mean"] = torch.zeros(shape[-1:], dtype=torch.float64)
            states[f"{name}.moving_variance"] = torch.ones(shape[-1:], dtype=torch.float64)
        values[name] = layer_output(name, kind, parameters, values, before, {k: v.clone() for k, v in states.items()})
        before = name
    return states


def is_statistic(name):
    return ".moving_" in name


def same_padding(size, kernel, stride, dilation):
    """(before, after) along one axis: the odd one stands at the end."""
    output = -(-size // stride)
    total = max((output - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def convolution(x, kernel, bias, parameters):
    """x [B, H, W, C], kernel [h, w, C / groups, O]."""
    stride, dilation = parameters.get("stride", 1), parameters.get("dilation", 1)
    x = x.permute(0, 3, 1, 2)
    if parameters.get("padding", "valid") == "same":
        height, width = (same_padding(x.shape[axis], kernel.shape[axis - 2], stride, dilation) for axis in (2, 3))
        x = F.pad(x, (*width, *height))
    y = F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, stride, 0, dilation, parameters.get("groups", 1))
    return y.permute(0, 2, 3, 1)


def transposed_convolution(x, kernel, bias, parameters):
    """x [B, H, W, C], kernel [h, w, C, O]; the output's size and border are Keras'."""
    stride, side = parameters["stride"], kernel.shape[0]
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), kernel.permute(2, 3, 0, 1), None, stride)
    # PyTorch ends at the last number that is written, and never cuts off an uneven border.
    y = F.pad(y, (0, max(stride - side, 0)) * 2)
    if parameters.get("padding", "valid") == "same":
        before = max(side - stride, 0) // 2
        y = y[:, :, before : before + x.shape[1] * stride, before : before + x.shape[2] * stride]
    return y.permute(0, 2, 3, 1) + bias


def convolution_of_sequences(x, kernel, bias, parameters):
    """x [B, T, C], kernel [k, C / groups, O]."""
    stride, dilation = parameters.get("stride", 1), parameters.get("dilation", 1)
    x = x.permute(0, 2, 1)
    match parameters.get("padding", "valid"):
        case "same":
            x = F.pad(x, same_padding(x.shape[2], kernel.shape[0], stride, dilation))
        case "causal":
            x = F.pad(x, ((kernel.shape[0] - 1) * dilation, 0))
    return F.conv1d(x, kernel.permute(2, 1, 0), bias, stride, 0, dilation, parameters.get("groups", 1)).permute(0, 2, 1)


def recurrent(kind, x, get, prefix, is_backward):
    """x [B, T, C], kernels [C, parts U] and [U, parts U]; the states of all steps, each where its input stands."""
    def columns(suffix):
        value = get(prefix + suffix)
        if kind == "gru":
            # PyTorch has the reset gate before the update gate.
            update, reset, new = value.chunk(3, -1)
            value = torch.cat([reset, update, new], -1)
        return value

    kernel, inside, bias = columns("kernel"), columns("recurrent_kernel"), columns("bias")
    # PyTorch's LSTM has a second bias, which is the same as one.
    second = columns("recurrent_bias") if kind == "gru" else torch.zeros_like(bias)
    weights = [kernel.T, inside.T, bias, second]
    start = torch.zeros(1, x.shape[0], inside.shape[0], dtype=x.dtype)
    x = x.flip(1) if is_backward else x
    if kind == "lstm":
        y = torch.lstm(x, (start, start), weights, True, 1, 0.0, True, False, True)[0]
    else:
        y = torch.gru(x, start, weights, True, 1, 0.0, True, False, True)[0]
    return y.flip(1) if is_backward else y


def activated(x, parameters):
    """A softmax is left to the loss, which takes logits."""
    functions = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "gelu": F.gelu, "silu": F.silu}
    return functions.get(parameters.get("activation"), lambda x: x)(x)


def angles(steps, width, base):
    """[steps, width / 2]"""
    frequencies = base ** (-2.0 * torch.arange(width // 2, dtype=torch.float64) / width)
    return torch.arange(steps, dtype=torch.float64)[:, None] * frequencies


def rotated(x, base):
    """x [B, heads, T, D]; a pair is a complex number, which is multiplied by e^(i angle)."""
    turns = torch.polar(torch.ones(1, dtype=torch.float64), angles(x.shape[-2], x.shape[-1], base))
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * turns.to(pairs.dtype)).flatten(-2)


def attention(x, memory, get, parameters):
    """x [B, T, C], memory [B, S, M]."""
    def project(x, part):
        y = x @ get(f"{part}_kernel")
        return y if get(f"{part}_bias") is None else y + get(f"{part}_bias")

    heads = lambda y: y.unflatten(-1, (parameters["heads"], -1)).transpose(1, 2)
    q, k, v = heads(project(x, "query")), heads(project(memory, "key")), heads(project(memory, "value"))
    if parameters.get("rotary", False):
        q, k = (rotated(part, parameters["rotary_base"]) for part in (q, k))
    # Plain operations; the default kernel in float32 has an exponential of its own.
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        y = F.scaled_dot_product_attention(q, k, v, is_causal=parameters.get("causal", False))
    return project(y.transpose(1, 2).flatten(-2), "output")


def layer_output(name, kind, parameters, values, before, states):
    x = values[parameters.get("inputs", [before])[0]]
    get = lambda suffix: states.get(f"{name}.{suffix}")
    match kind:
        case "conv2d":
            return activated(convolution(x, get("kernel"), get("bias"), parameters), parameters)
        case "conv2d_transpose":
            return activated(transposed_convolution(x, get("kernel"), get("bias"), parameters), parameters)
        case "conv1d":
            return activated(convolution_of_sequences(x, get("kernel"), get("bias"), parameters), parameters)
        case "dense":
            y = x @ get("kernel")
            return activated(y if get("bias") is None else y + get("bias"), parameters)
        case "position_embedding":
            return x + get("kernel")
        case "position_encoding":
            waves = angles(x.shape[1], x.shape[2], parameters["base"])
            return x + torch.stack([waves.sin(), waves.cos()], -1).flatten(-2).to(x.dtype)
        case "multi_head_attention":
            return attention(x, values[parameters.get("inputs", [before])[-1]], get, parameters)
        case "max_pool2d":
            return F.max_pool2d(x.permute(0, 3, 1, 2), parameters["size"]).permute(0, 2, 3, 1)
        case "average_pool2d":
            return F.avg_pool2d(x.permute(0, 3, 1, 2), parameters["size"]).permute(0, 2, 3, 1)
        case "global_average_pool2d":
            return x.mean((1, 2))
        case "average_pool1d":
            return F.avg_pool1d(x.permute(0, 2, 1), parameters["size"]).permute(0, 2, 1)
        case "layer_norm":
            return F.layer_norm(x, x.shape[-1:], get("gamma"), get("beta"), parameters["epsilon"])
        case "rms_norm":
            return F.rms_norm(x, x.shape[-1:], get("gamma"), parameters["epsilon"])
        case "group_norm":
            # Channels come second there.
            y = F.group_norm(x.movedim(-1, 1), parameters["groups"], get("gamma"), get("beta"), parameters["epsilon"])
            return y.movedim(1, -1)
        case "lstm" | "gru":
            direction = parameters.get("direction", "forward")
            walks = {"forward": [("", False)], "backward": [("", True)], "both": [("", False), ("backward_", True)]}
            outputs = []
            for prefix, is_backward in walks[direction]:
                y = recurrent(kind, x, get, prefix, is_backward)
                if not parameters.get("return_sequences", False):
                    y = y[:, 0 if is_backward else -1]
                outputs.append(y)
            return torch.cat(outputs, -1)
        case "flatten":
            return x.flatten(1)
        case "relu":
            return torch.relu(x)
        case "add":
            return sum(values[source] for source in parameters["inputs"])
        case "batch_norm":
            # PyTorch's momentum is the share of the new; the moving statistics are updated in place.
            y = F.batch_norm(x.permute(0, 3, 1, 2), get("moving_mean"), get("moving_variance"), get("gamma"), get("beta"),
                             True, 1.0 - parameters.get("momentum", 0.99), parameters.get("epsilon", 1e-3))
            return y.permute(0, 2, 3, 1)
    raise ValueError(f"no layer `{kind}` here")


def loss_of(network, states, x, target):
    values, before = {"input": x}, "input"
    for name, kind, parameters in layers(network["model"]):
        values[name] = layer_output(name, kind, parameters, values, before, states)
        before = name
    if network["loss"] == "mse":
        return F.mse_loss(values[before], target)
    smoothing = 0.0
    if isinstance(network["loss"], dict):
        smoothing = network["loss"]["categorical_crossentropy"]["label_smoothing"]
    logits = values[before]
    if network["loss"] == "ctc":
        n_labels = (target >= 0).sum(1)
        n_steps = torch.full_like(n_labels, logits.shape[1])
        logarithms = F.log_softmax(logits, -1).transpose(0, 1)
        loss = F.ctc_loss(logarithms, target.clamp(min=0), n_steps, n_labels, blank=logits.shape[2] - 1, reduction="sum")
        return loss / n_labels.sum()
    return F.cross_entropy(logits.flatten(0, -2), target.flatten(), ignore_index=-1, label_smoothing=smoothing)


def optimizer_of(network, states):
    (kind, settings), = network["optimizer"].items()
    rate = settings["learning_rate"]
    kernels = [value for name, value in states.items() if name.endswith("kernel")]
    others = [value for name, value in states.items() if not name.endswith("kernel") and not is_statistic(name)]
    match kind:
        case "adam":
            return torch.optim.Adam(kernels + others, rate, eps=settings["epsilon"])
        case "adamw":
            # Only kernels decay.
            groups = [{"params": kernels, "weight_decay": settings["weight_decay"]}, {"params": others, "weight_decay": 0.0}]
            return torch.optim.AdamW(groups, rate, eps=settings["epsilon"])
        case "adafactor":
            epsilons = (settings["epsilon"], settings["minimum_scale"])
            return torch.optim.Adafactor(kernels + others, rate, eps=epsilons, weight_decay=0.0)
        case "momentum":
            return torch.optim.SGD(kernels + others, rate, momentum=settings["momentum"])
    raise ValueError(f"no optimizer `{kind}` here")


def trained(network, initial, dtype):
    """(losses, gradients of step 1, states after the last step)"""
    states = {name: value.to(dtype, copy=True).requires_grad_(not is_statistic(name)) for name, value in initial.items()}
    x = pattern(network["x_salt"], SAMPLES * math.prod(network["input_shape"]))
    x = x.to(dtype).reshape(SAMPLES, *network["input_shape"])
    match network["target"]:
        case {"category": classes}:
            target = torch.tensor([(i * 7 + network["target_salt"]) % classes for i in range(SAMPLES)])
        case {"steps": [steps, classes]}:
            of_step = lambda i: -1 if i % 4 == 0 else (i * 7 + network["target_salt"]) % classes
            target = torch.tensor([of_step(i) for i in range(SAMPLES * steps)]).reshape(SAMPLES, steps)
        case {"sequences": [steps, classes]}:
            label = lambda i, k: (i * 7 + k * (i % 2) + network["target_salt"]) % classes if k < 1 + i % 3 else -1
            target = torch.tensor([[label(i, k) for k in range(steps)] for i in range(SAMPLES)])
        case {"number": 1}:
            target = pattern(network["target_salt"], SAMPLES).to(dtype).reshape(SAMPLES, 1)
    optimizer, losses, gradients = optimizer_of(network, states), [], {}
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(network, states, x, target)
        loss.backward()
        losses.append(loss.item())
        if not gradients:
            gradients = {name: value.grad.clone() for name, value in states.items() if value.requires_grad}
        optimizer.step()
    return losses, gradients, {name: value.detach() for name, value in states.items()}


def relative_error(received, expected):
    """The largest difference over the largest magnitude."""
    return ((received.double() - expected).abs().max() / expected.abs().max()).item()


def check_conditioning(network, gradient_error, final_error, losses, losses32):
    worst = {
        "gradients": (max(gradient_error.values()), GRADIENT_TOLERANCE),
        "final": (max(final_error.values()), FINAL_TOLERANCE),
        "losses": (max(abs(a - b) / min(b, 1.0) for a, b in zip(losses32, losses)), LOSS_TOLERANCE),
    }
    for what, (error, tolerance) in worst.items():
        print(f"{network['name']}: {what} of float32 are off by {error:.1e}, allowed {tolerance:.0e}", file=sys.stderr)
        if error > tolerance / 10:
            raise SystemExit(f"{network['name']}: {what} are ill-conditioned; choose other numbers")


def document(network):
    initial = initial_states(network)
    assert all(torch.equal(value, value.float().double()) for value in initial.values()), "exact in f32"
    losses, gradients, final = trained(network, initial, torch.float64)
    losses32, gradients32, final32 = trained(network, initial, torch.float32)
    for name, value in final.items():
        # A state that hardly moves would pass even if nobody trained it.
        assert relative_error(initial[name], value) > 10 * FINAL_TOLERANCE, f"{network['name']}: {name} hardly moves"
    gradient_error = {name: relative_error(gradients32[name], value) for name, value in gradients.items()}
    final_error = {name: relative_error(final32[name], value) for name, value in final.items()}
    check_conditioning(network, gradient_error, final_error, losses, losses32)
    tensors = lambda table: {k: {"shape": list(v.shape), "values": v.flatten().tolist()} for k, v in table.items()}
    return network | {
        "samples": SAMPLES,
        "steps": STEPS,
        "initial": tensors(initial),
        "gradients": tensors(gradients),
        "losses": losses,
        "final": tensors(final),
        "float32": {"losses": losses32, "gradient_error": gradient_error, "final_error": final_error},
        "made_by": f"PyTorch {torch.__version__.split('+')[0]}",
    }


def lines(document):
    """JSON with one line for each key, and for each entry of its maps."""
    def entry(value):
        if not isinstance(value, dict) or not value:
            return json.dumps(value)
        return "{\n" + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n  }"

    return "{\n" + ",\n".join(f"  {json.dumps(k)}: {entry(v)}" for k, v in document.items()) + "\n}\n"


def differences(received, expected, path=""):
    """Paths at which two documents differ by more than rounding; what float32 gave is not compared."""
    if path in ("/float32", "/made_by"):
        return
    if isinstance(expected, dict) and isinstance(received, dict) and expected.keys() == received.keys():
        for key in expected:
            yield from differences(received[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list) and isinstance(received, list) and len(expected) == len(received):
        for i, (a, b) in enumerate(zip(received, expected)):
            yield from differences(a, b, f"{path}/{i}")
    elif isinstance(expected, float) and isinstance(received, float):
        if not math.isclose(received, expected, rel_tol=CHECK_TOLERANCE, abs_tol=CHECK_TOLERANCE):
            yield path
    elif received != expected:
        yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    args = parser.parse_args()
    torch.set_num_threads(1)
    # oneDNN's float32 batch norm is off by up to 2.7e-6 and its convolution by 6e-6 here, PyTorch's own kernels by 6.4e-7.
    torch.backends.mkldnn.enabled = False
    for network in NETWORKS:
        path, made = HERE / f"{network['name']}.json", document(network)
        if not args.check:
            path.write_text(lines(made), encoding="utf-8")
        elif found := list(differences(made, json.loads(path.read_text(encoding="utf-8")))):
            raise SystemExit(f"{path.name} differs at {len(found)} places, first `{found[0]}`")


if __name__ == "__main__":
    main()
