"""PyTorch's `ctc_loss` in float64, as numbers that ours is held against.

    ENV/bin/python make.py > pytorch.txt      # ENV with torch==2.15.0

A case is four lines: blank, steps and classes, steps that count; labels; the loss; the gradient of the logits, row by row. The
log-probabilities are the log-softmax of logits with logit i = ((i * 37 + salt) % 101 - 50) / 16, exact in f32.
"""
import torch
import torch.nn.functional as F

CASES = [  # blank, steps, classes, steps that count, labels, salt
    (0, 6, 4, 6, [1, 2], 3),
    (3, 8, 4, 7, [0, 0, 2], 11),
    (1, 12, 5, 12, [4, 4, 4, 0, 2], 7),
    (2, 5, 3, 5, [], 1),
    (0, 30, 7, 25, [3, 3, 1, 6, 6, 6, 2, 5, 4], 29),
    (0, 3, 3, 3, [1, 1], 5),  # as many steps as any path needs
]


def main():
    for blank, steps, classes, counted, labels, salt in CASES:
        logits = [((i * 37 + salt) % 101 - 50) / 16 for i in range(steps * classes)]
        logits = torch.tensor(logits, dtype=torch.float64).reshape(steps, 1, classes).requires_grad_()
        target = torch.tensor([labels], dtype=torch.long)
        lengths = torch.tensor([counted]), torch.tensor([len(labels)])
        loss = F.ctc_loss(F.log_softmax(logits, -1), target, *lengths, blank=blank, reduction="sum")
        loss.backward()
        print(blank, steps, classes, counted, salt)
        print(*labels)
        print(repr(loss.item()))
        print(*(repr(number) for number in logits.grad.flatten().tolist()))


main()
