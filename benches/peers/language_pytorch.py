"""The work `language` on PyTorch eager, CPU, f32: trains a causal transformer on random tokens, in tokens a second.

    --tuned  an allocator that keeps its pages, as in pytorch.py
"""

import allocator  # noqa: F401  Before torch: it may start the program again.

import torch
import torch.nn.functional as F
from torch import nn

import language
import measure

PEER = f"PyTorch {torch.__version__.split('+')[0]}"


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(language.WIDTH), nn.LayerNorm(language.WIDTH)
        # Queries, keys and values in one product, which is the faster way here.
        self.projections = nn.Linear(language.WIDTH, 3 * language.WIDTH)
        self.output = nn.Linear(language.WIDTH, language.WIDTH)
        self.up = nn.Linear(language.WIDTH, language.FEED_FORWARD)
        self.down = nn.Linear(language.FEED_FORWARD, language.WIDTH)

    def forward(self, x):
        parts = self.projections(self.norm_1(x)).unflatten(-1, (3, language.HEADS, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.output(attended.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(language.VOCABULARY, language.WIDTH)
        self.positions = nn.Embedding(language.STEPS, language.WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(language.LAYERS)])
        self.norm = nn.LayerNorm(language.WIDTH)
        self.head = nn.Linear(language.WIDTH, language.VOCABULARY, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions.weight)))


def main():
    parser = language.parser(__doc__)
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model = Language()
    optimizer = torch.optim.AdamW(model.parameters(), language.LEARNING_RATE, eps=language.EPSILON,
                                  weight_decay=language.WEIGHT_DECAY, fused=True)
    losses, seconds = [], []

    def step(x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    for _ in range(language.WARM_UP + args.steps):
        x, y = torch.randint(language.VOCABULARY, (2, language.BATCH, language.STEPS))
        seconds.append(measure.seconds_of(lambda: step(x, y)))
    language.report(PEER, args, seconds, losses, tuned=args.tuned)


if __name__ == "__main__":
    main()
