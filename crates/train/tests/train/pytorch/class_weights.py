"""Five steps of softmax regressions with `CrossEntropyLoss(weight=...)` in PyTorch, in float64: of samples, and of steps of samples.

    ENV/bin/python class_weights.py > class_weights.json      # ENV as in make.py

The samples are the images of `squares.rs`, all 50 of class 0 and the first 10 of class 1; parameters start at zero. The steps are
the rows of all images, with the classes of `steps.rs`, of which some are missing (`ignore_index=-1`).
"""
import json

import torch

SAMPLES, SIDE, WEIGHTS, RATE, STEPS = 100, 8, [0.5, 3.0], 0.5, 5


def pixel(i, row, column):
    is_square = 2 <= row < 6 and column // 4 == i % 2
    return 100 + i if is_square else (i * 31 + row * 7 + column * 13) % 90


def of_step(i, row):
    return i % 2 if 2 <= row < 6 else 2 if row == 0 or row == 7 and i % 3 == 0 else -1


def trained(x, y, weights):
    kernel = torch.zeros(x.shape[1], len(weights), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(weights), dtype=torch.float64, requires_grad=True)
    loss = torch.nn.CrossEntropyLoss(weight=torch.tensor(weights, dtype=torch.float64), ignore_index=-1)
    optimizer = torch.optim.SGD([kernel, bias], RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(x @ kernel + bias, y).backward()
        optimizer.step()
    return {"kernel": kernel.flatten().tolist(), "bias": bias.tolist()}


def main():
    rows = [i for i in range(SAMPLES) if i % 2 == 0 or i < 20]
    x = torch.tensor([[pixel(i, at // SIDE, at % SIDE) / 255 for at in range(SIDE * SIDE)] for i in rows], dtype=torch.float64)
    y = torch.tensor([i % 2 for i in rows])
    image = [[pixel(i, row, column) / 255 for column in range(SIDE)] for i in range(SAMPLES) for row in range(SIDE)]
    classes = torch.tensor([of_step(i, row) for i in range(SAMPLES) for row in range(SIDE)])
    steps = trained(torch.tensor(image, dtype=torch.float64), classes, WEIGHTS + [1.25])
    print(json.dumps({"samples": trained(x, y, WEIGHTS), "steps": steps}))


main()
