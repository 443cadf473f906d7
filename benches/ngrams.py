"""What counting reaches: n-grams of the text and sound scenarios, interpolated after Witten and Bell (1991, method C).

    python3 benches/ngrams.py        # needs nothing but Python; some seconds

The probability of a token t after a context h of n - 1 tokens, h' being h without its first token, is

    p(t | h) = (c(h t) + T(h) p(t | h')) / (c(h) + T(h))

with c(..) counts on train, T(h) the number of different tokens that followed h there, and 1 / V without any context, for V tokens.
A context that train does not have is passed over: p(t | h) = p(t | h'). Counts do not go over the ends of files; of each file of test
the tokens from the second on are predicted, from its beginning, as those are that the scenarios' windows have as labels (the windows
leave out a last part that is shorter than a window).
"""
import argparse
import collections
import gzip
import math
import pathlib
import re
import wave

HERE = pathlib.Path(__file__).resolve().parent.parent


def opened(path):
    return gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")


def texts(part):
    """The tokens of each file, by the list of characters that the scenario declares; and how many there are."""
    spec = (HERE / "scenarios/plays/plays.yaml").read_text()
    characters = re.search(r'characters: "(.*)"', spec)[1].replace("\\n", "\n")
    places = {character: token for token, character in enumerate(characters)}
    files = sorted((HERE / "datasets/plays" / part).glob("*.txt*"))
    return [[places[character] for character in opened(file).read().decode()] for file in files], len(characters)


def level(sample):
    """The mu-law level of a sample in -1 to 1, as the source `audio` has it."""
    companded = math.copysign(math.log(1.0 + 255.0 * abs(sample)) / math.log(256.0), sample)
    return math.floor((companded + 1.0) / 2.0 * 255.0 + 0.5)


def sounds(part):
    documents = []
    for file in sorted((HERE / "datasets/plucked-strings" / part).glob("*.wav*")):
        with opened(file) as raw, wave.open(raw, "rb") as sound:
            assert (sound.getsampwidth(), sound.getnchannels()) == (2, 1), "16 bits, one channel"
            numbers = memoryview(sound.readframes(sound.getnframes())).cast("h")
        documents.append([level(number / 32768.0) for number in numbers])
    return documents, 256


def counted(documents, order):
    """For each length of context: how often each token followed it."""
    tables = [collections.defaultdict(collections.Counter) for _ in range(order)]
    for tokens in documents:
        for at, token in enumerate(tokens):
            for length in range(min(order, at + 1)):
                tables[length][tuple(tokens[at - length : at])][token] += 1
    return [{context: (followers, followers.total()) for context, followers in table.items()} for table in tables]


def bits(tables, documents, vocabulary):
    """The mean over the tokens of test, in bits."""
    total, n = 0.0, 0
    for tokens in documents:
        for at in range(1, len(tokens)):
            p = 1.0 / vocabulary
            for length in range(min(len(tables), at + 1)):
                followers, times = tables[length].get(tuple(tokens[at - length : at]), ((), 0))
                if times:
                    p = (followers[tokens[at]] + len(followers) * p) / (times + len(followers))
            total -= math.log2(p)
            n += 1
    return total / n


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for name, read, orders in [("plays", texts, range(1, 8)), ("strings", sounds, range(1, 6))]:
        (train, vocabulary), (test, _) = read("train"), read("test")
        tables = counted(train, max(orders))
        for order in orders:
            value = bits(tables[:order], test, vocabulary)
            print(f"{name}, the last {order - 1} tokens: {value:.2f} bits, perplexity {2.0 ** value:.2f}")


main()
