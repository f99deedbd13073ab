"""Makes the example's data and model again: a tiny transformer that is trained from nothing, in seconds, without any download.

    python examples/messages/prepare.py [--out FOLDER]

Every message, tenant and name is invented.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS = {"train": 700, "test": 400}
URGENT = (
    "there is no heating since yesterday", "water is coming through the ceiling", "the front door does not lock",
    "i smell gas in the kitchen", "the power is out on the whole floor", "a window is broken and it is freezing",
)  # fmt: skip
ROUTINE = (
    "could you send me a copy of the contract", "the light in the cellar flickers", "i would like to paint the balcony",
    "when is the yearly meeting", "my name on the bell is spelt wrong", "is there a place to keep my bike",
)  # fmt: skip
LIFT = ("the lift is out of order again", "the lift has stopped")
OPENINGS = ("hello", "good morning", "dear team", "hi")
ENDINGS = ("please reply soon", "thank you", "many thanks in advance", "i am at home all day")
GIVEN = ("Ada", "Milan", "Noor", "Jonas", "Olga", "Pietro", "Sanne", "Tarek", "Vera", "Yusuf")
FAMILY = ("Adler", "Brandt", "Castell", "Dorn", "Eklund", "Ferro", "Grau", "Holm", "Iversen", "Jelinek")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LENGTH = 40


def messages(n: int, seed: int) -> list[dict[str, object]]:
    """Invented messages, and what the office called them: a lift that is out of order is urgent to half of its staff."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(n):
        wheelchair = bool(rng.random() < 0.3)
        kind = (
            "lift" if rng.random() < (0.6 if wheelchair else 0.04) else "urgent" if rng.random() < 0.45 else "routine"
        )
        said = {"lift": LIFT, "urgent": URGENT, "routine": ROUTINE}[kind]
        chance = {"lift": 0.55, "urgent": 0.95, "routine": 0.04}[kind]
        signed = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        text = f"{rng.choice(OPENINGS)}, {rng.choice(said)}. {rng.choice(ENDINGS)}, {signed}"
        rows.append(
            {
                "tenant": f"t{seed}-{number}",
                "text": text[0].upper() + text[1:],
                "wheelchair": "yes" if wheelchair else "no",
                "urgent": int(rng.random() < chance),
            }
        )
    return rows


def vocabulary(rows: list[dict[str, object]]) -> list[str]:
    """Words that ten messages write in lower case; no name is one, so that the model cannot know any."""
    used = Counter(
        word for row in rows for word in {*re.findall(r"\w+|[^\w\s]", str(row["text"]))} if not word[0].isupper()
    )
    return [*SPECIAL, *sorted(word for word, count in used.items() if count >= 10)]


def tokenizer_of(words: list[str]):
    """A tokenizer of whole words, made here."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words.index("[CLS]")), ("[SEP]", words.index("[SEP]"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=LENGTH,
    )  # fmt: skip


def trained(rows: list[dict[str, object]], tokenizer, words: list[str]):
    """A transformer of one layer after fourteen passes; words are hidden at random, so that it knows the mask."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=LENGTH, id2label={0: "routine", 1: "urgent"}, label2id={"routine": 0, "urgent": 1},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    read = tokenizer([str(row["text"]) for row in rows], padding=True, truncation=True, return_tensors="pt")
    labels = torch.tensor([int(str(row["urgent"])) for row in rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    ordinary = read["input_ids"] >= len(SPECIAL)
    for _ in range(14):
        for places in torch.randperm(len(rows)).split(35):
            ids = read["input_ids"][places].clone()
            ids[ordinary[places] & (torch.rand(ids.shape) < 0.15)] = words.index("[MASK]")
            loss = model(input_ids=ids, attention_mask=read["attention_mask"][places], labels=labels[places]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def scores(rows: list[dict[str, object]], tokenizer, model) -> list[float]:
    """The probability of `urgent`, one message at a time."""
    import torch

    found = []
    with torch.no_grad():
        for row in rows:
            logits = model(**tokenizer(str(row["text"]), truncation=True, return_tensors="pt")).logits.double()
            found.append(round(float(torch.softmax(logits, dim=1)[0, 1]), 6))
    return found


def main(words: list[str] | None = None) -> None:
    """Write data and model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    split = {name: messages(n, seed) for seed, (name, n) in enumerate(ROWS.items(), start=1)}
    known = vocabulary(split["train"])
    tokenizer = tokenizer_of(known)
    model = trained(split["train"], tokenizer, known)
    model.save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    for name, rows in split.items():
        with (out / "data" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*rows[0], "p_urgent"], lineterminator="\n")
            writer.writeheader()
            for row, score in zip(rows, scores(rows, tokenizer, model), strict=True):
                writer.writerow({**row, "p_urgent": score})


if __name__ == "__main__":
    main()
