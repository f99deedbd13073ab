"""Tiny models of names, trained in seconds on sentences of our own: a spaCy pipeline, and a token classifier of transformers."""

import random

SENTENCES = (
    ("my name is {}", "PERSON"), ("please call {} back", "PERSON"), ("{} has not paid", "PERSON"), ("the note of {} is here", "PERSON"),
    ("she lives in {}", "GPE"), ("we moved to {} last year", "GPE"), ("the office in {} is closed", "GPE"),
)  # fmt: skip
NAMES = {"PERSON": ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Mary Shelley"), "GPE": ("Leiden", "Porto", "Tartu")}
PLAIN = ("the invoice is paid", "nothing has changed", "we will call back next week", "the office is open")


def examples(seed=0, size=120):
    """Texts, each with its names: (text, ((start, end, label), …))."""
    rng = random.Random(seed)
    made = [(text, ()) for text in PLAIN] * 5
    for _ in range(size):
        sentence, label = rng.choice(SENTENCES)
        name = rng.choice(NAMES[label])
        start = sentence.index("{}")
        made.append((sentence.format(name), ((start, start + len(name), label),)))
    rng.shuffle(made)
    return made


def train_spacy(folder):
    """A spaCy pipeline that finds the names of the sentences above, written to a folder."""
    import spacy
    from spacy.training import Example
    from spacy.util import fix_random_seed, minibatch

    fix_random_seed(1)
    native = spacy.blank("en")
    native.meta["name"], native.meta["version"] = "tiny_names", "0.1.0"
    native.add_pipe("ner")
    made = [Example.from_dict(native.make_doc(text), {"entities": [*spans]}) for text, spans in examples()]
    native.initialize(lambda: made)
    for _ in range(6):
        for batch in minibatch(made, 16):
            native.update(batch)
    native.to_disk(folder)
    return folder


def train_token_classifier(folder, pieces=("Ada", "Love", "##lace", "Al", "##an", "Turing", "Grace", "Hopper", "Mary", "Shell", "##ey",
                                           "Lei", "##den", "Porto", "Tar", "##tu")):  # fmt: skip
    """A token classifier with names in pieces of words, labels in BIO, and windows of 16 tokens, written to a folder."""
    import torch
    import transformers

    words = dict.fromkeys(word for text, _ in examples() for word in text.split() if word.islower())
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *pieces]
    tokenizer = transformers.BertTokenizerFast(
        vocab={word: place for place, word in enumerate(vocabulary)}, do_lower_case=False, model_max_length=16
    )
    labels = ("O", "B-PERSON", "I-PERSON", "B-GPE", "I-GPE")
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=16, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    native = transformers.BertForTokenClassification(config)
    texts = examples()
    tokens = tokenizer([text for text, _ in texts], padding=True, return_offsets_mapping=True, return_tensors="pt")
    offsets = tokens.pop("offset_mapping").tolist()
    told = torch.full(tokens["input_ids"].shape, -100)
    for row, (_, spans) in enumerate(texts):
        for place, (start, end) in enumerate(offsets[row]):
            if end > start:
                told[row, place] = 0
                for first, last, label in spans:
                    if first <= start < last:
                        told[row, place] = labels.index(f"{'B' if start == first else 'I'}-{label}")
    optimiser = torch.optim.Adam(native.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        native(**tokens, labels=told).loss.backward()
        optimiser.step()
    native.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
