"""The digits network on PyTorch eager, CPU, f32.

    digits  trains it on MNIST: seconds of each epoch, then the accuracy on the test images
    infer   trains it for one epoch, then times one image and batches of 256; --export FILE writes it as ONNX

Two settings make PyTorch faster, and it should be compared at its best:

    --channels-last  images and kernels in memory as [N, H, W, C]
    --tuned          an allocator that keeps its pages: the large buffers of a step would otherwise be mapped, and their
                     pages faulted in, again and again. glibc reads its settings when a program starts, hence the restart
"""
import time

import allocator  # noqa: F401  Before torch: it may start the program again.

import torch
import torch.nn.functional as F
from torch import nn

import measure
import mnist

PEER = f"PyTorch {torch.__version__.split('+')[0]}"


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 32, 3)
        self.conv_2 = nn.Conv2d(32, 64, 3)
        self.dense_1 = nn.Linear(64 * 5 * 5, 128)
        self.dense_2 = nn.Linear(128, 10)
        for layer in (self.conv_1, self.conv_2, self.dense_1, self.dense_2):
            # The start of the others, so that all train the same network.
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv_1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv_2(x)), 2)
        x = F.dropout(F.relu(self.dense_1(x.flatten(1))), 0.5, self.training)
        return self.dense_2(x)


def tensors(split, channels_last, samples=None):
    images, labels = mnist.load(split, samples)
    images = torch.from_numpy(images).permute(0, 3, 1, 2)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    return images.contiguous(memory_format=memory_format), torch.from_numpy(labels)


def train(model, images, labels, epochs):
    """Trains, and gives the seconds of each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), measure.LEARNING_RATE, eps=measure.EPSILON, fused=True)
    model.train()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        for batch in torch.randperm(len(labels)).split(measure.BATCH):
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        seconds.append(round(time.perf_counter() - start, 3))
    model.eval()
    return seconds


def predictor(model):
    def predict(images):
        with torch.inference_mode():
            return model(images)

    return predict


def digits(args):
    model = Digits()
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
    seconds = train(model, *tensors("train", args.channels_last, args.samples), args.epochs)
    images, labels = tensors("t10k", args.channels_last)
    predict = predictor(model)
    answers = torch.cat([predict(batch).argmax(1) for batch in images.split(measure.EVALUATION_BATCH)])
    measure.report(PEER, "digits", threads=args.threads, channels_last=args.channels_last, tuned=args.tuned,
                   samples=args.samples, train_seconds_per_epoch=seconds,
                   metrics=measure.accuracy((answers == labels).double().mean()))


def infer(args):
    model = Digits()
    train(model, *tensors("train", False, args.samples), 1)
    images, labels = tensors("t10k", args.channels_last)
    if args.export:
        export(model, images[:2], args.export)
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
    measure.report(PEER, "infer", threads=args.threads, channels_last=args.channels_last, tuned=args.tuned,
                   **measure.inference(predictor(model), images, labels.numpy()))


def export(model, example, path):
    names = {"input_names": ["image"], "output_names": ["logits"]}
    # The exporter that needs no package besides onnx.
    torch.onnx.export(model, (example,), path, **names, dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}}, dynamo=False)


def main():
    parser = measure.parser(__doc__, ["digits", "infer"])
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--export", metavar="FILE", help="with infer: also write the network as ONNX")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    {"digits": digits, "infer": infer}[args.work](args)


if __name__ == "__main__":
    main()
