"""Five steps of a softmax regression with `CrossEntropyLoss(weight=...)` in PyTorch, in float64.

    ENV/bin/python class_weights.py > class_weights.json      # ENV as in make.py

The samples are the images of `squares.rs`, all 50 of class 0 and the first 10 of class 1; parameters start at zero.
"""
import json

import torch

SAMPLES, SIDE, WEIGHTS, RATE, STEPS = 100, 8, [0.5, 3.0], 0.5, 5


def pixel(i, row, column):
    is_square = 2 <= row < 6 and column // 4 == i % 2
    return 100 + i if is_square else (i * 31 + row * 7 + column * 13) % 90


def main():
    rows = [i for i in range(SAMPLES) if i % 2 == 0 or i < 20]
    x = torch.tensor([[pixel(i, at // SIDE, at % SIDE) / 255 for at in range(SIDE * SIDE)] for i in rows], dtype=torch.float64)
    y = torch.tensor([i % 2 for i in rows])
    kernel = torch.zeros(SIDE * SIDE, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.CrossEntropyLoss(weight=torch.tensor(WEIGHTS, dtype=torch.float64))
    optimizer = torch.optim.SGD([kernel, bias], RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(x @ kernel + bias, y).backward()
        optimizer.step()
    print(json.dumps({"kernel": kernel.flatten().tolist(), "bias": bias.tolist()}))


main()
