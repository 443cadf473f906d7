"""A digits network in an ONNX file on ONNX Runtime, CPU, f32: one image and batches of 256.

The file may come from `pytorch.py infer --export FILE` or from `proofmark export`: images go in as [N, 1, 28, 28] or
[N, 28, 28, 1], whichever the file says.
"""
import argparse

import numpy as np
import onnxruntime

import measure
import mnist

PEER = f"ONNX Runtime {onnxruntime.__version__}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="FILE")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(args.model, options, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    images, labels = mnist.load("t10k")
    if list(source.shape[1:]) == [1, 28, 28]:
        images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    elif list(source.shape[1:]) != [28, 28, 1]:
        raise SystemExit(f"{args.model} takes {source.shape}, not images of 28 x 28")
    predict = lambda batch: session.run(None, {source.name: batch})[0]
    measure.report(PEER, "infer", threads=args.threads, **measure.inference(predict, images, labels))


if __name__ == "__main__":
    main()
