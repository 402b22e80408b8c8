"""Turns a folder of `*.jsonl.gz` training text into pairs `(a, b)` that belong together, one file per source.

Left out on purpose, because their terms are for research only or are not stated: SICK, MRPC (also inside SemEval STS),
the Twitter paraphrases, the question lists of DPR, and the query logs.

Every pair whose text nearly repeats a document or query of an evaluation collection is removed. A tenth of the
`user-questions` sections is held out and written as a small collection of its own, for choosing settings.

    python data.py --data ../shared/train --eval ../shared/eval --out work/pairs
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from text_tools import OverlapFilter, clean, join_title, read_json_lines, sentences, stop, words

Pair = tuple[str, str]
Maker = Callable[[Path, random.Random], Iterator[Pair]]

MAX_CHARS = 1500
"""Longest text kept, in characters. Passages in use have 60 to 250 words."""
MAX_PAIRS_PER_TEXT = 8
"""A text that answers more than this many questions would dominate its batch."""
MAX_SECTIONS_PER_REPOSITORY = {"MicrosoftDocs/cpp-docs": 16_000, "MicrosoftDocs/windows-powershell-docs": 6_000,
                               "MicrosoftDocs/PowerShell-Docs": 8_000, "cockroachdb/docs": 10_000}
"""Reference pages that repeat each other are capped; the rest of a repository is left out at random."""
GOOD_SCORE = 3.8
"""Scored sentence pairs (0 to 5) at or above this count as paraphrases."""


def plain(name: str) -> Maker:
    """A source whose entries already are pairs in fields `a` and `b`."""
    def make(root: Path, _: random.Random) -> Iterator[Pair]:
        for entry in read_json_lines(root / f"{name}.jsonl.gz"):
            yield entry["a"], entry["b"]
    return make


def cloze(name: str, title: Callable[[dict], str] = lambda entry: "", per_text: int = 1, field: str = "b") -> Maker:
    """Inverse cloze: a sentence is the question, title and the other sentences are the answer."""
    def make(root: Path, random_: random.Random) -> Iterator[Pair]:
        for entry in read_json_lines(root / f"{name}.jsonl.gz"):
            yield from cloze_pairs(title(entry), entry[field], random_, per_text)
    return make


def cloze_pairs(title: str, text: str, random_: random.Random, per_text: int) -> Iterator[Pair]:
    """Takes up to `per_text` sentences of 5 to 40 words out of a text of at least three sentences."""
    parts = sentences(clean(text))
    if len(parts) < 3:
        return
    usable = [at for at, part in enumerate(parts) if 5 <= len(part.split()) <= 40]
    for at in random_.sample(usable, min(per_text, len(usable))):
        yield parts[at], join_title(title, " ".join(parts[:at] + parts[at + 1 :]))


def docs_sections(root: Path, random_: random.Random) -> list[dict]:
    """Documentation sections of distinct text, with the dominating repositories capped."""
    groups: dict[str, list[dict]] = defaultdict(list)
    seen: set[str] = set()
    for entry in read_json_lines(root / "docs-sections.jsonl.gz"):
        key = entry["text"][:160].lower()
        if key not in seen and len(entry["text"]) >= 40:
            seen.add(key)
            groups[entry["repo"]].append(entry)
    kept: list[dict] = []
    for repository, entries in sorted(groups.items()):
        limit = MAX_SECTIONS_PER_REPOSITORY.get(repository, len(entries))
        kept += random_.sample(entries, min(limit, len(entries)))
    return kept


def docs_headings(root: Path, random_: random.Random) -> Iterator[Pair]:
    """Title and heading -> section; the heading alone -> title and section."""
    for entry in docs_sections(root, random_):
        title, heading, text = entry["title"], entry["heading"], entry["text"]
        if heading and len(heading.split()) >= 4 and random_.random() < 0.5:
            yield heading, join_title(title, text)
        else:
            yield join_title(title, heading), text


def docs_cloze(root: Path, random_: random.Random) -> Iterator[Pair]:
    """A sentence of a documentation section -> title, heading and the rest."""
    for entry in docs_sections(root, random_):
        yield from cloze_pairs(join_title(entry["title"], entry["heading"]), entry["text"], random_, 2)


def is_held_out(entry: dict) -> bool:
    """A tenth of the `user-questions` sections, chosen by a checksum of their text, is never trained on."""
    return zlib.crc32(entry["text"].encode()) % 10 == 0


def user_questions(root: Path, _: random.Random) -> Iterator[Pair]:
    """Questions in a visitor's own words -> the section that answers them."""
    for entry in read_json_lines(root / "user-questions.jsonl.gz"):
        if not is_held_out(entry):
            for question in entry["questions"]:
                yield question, join_title(entry["title"], entry["heading"], entry["text"])


def definitions(name: str) -> Maker:
    """Word -> definition, with one example sentence half of the time."""
    def make(root: Path, random_: random.Random) -> Iterator[Pair]:
        for entry in read_json_lines(root / f"{name}.jsonl.gz"):
            examples = entry.get("ex") or []
            example = examples if isinstance(examples, str) else (examples[0] if examples else "")
            yield entry["a"], join_title(entry["b"], example if random_.random() < 0.5 else "")
    return make


def summaries(root: Path, _: random.Random) -> Iterator[Pair]:
    """One-sentence summary -> abstract, title -> abstract (training split)."""
    for entry in read_json_lines(root / "scitldr.jsonl.gz"):
        if entry["split"] == "train":
            yield entry["a"], join_title(entry["title"], entry["b"])
            yield entry["title"], entry["b"]


def phrases(root: Path, random_: random.Random) -> Iterator[Pair]:
    """Paraphrased words and phrases made of letters only; numbers and dates are noise there."""
    for entry in read_json_lines(root / "ppdb-lexical.jsonl.gz"):
        a, b = entry["a"], entry["b"]
        if all(len(part) > 3 and part.replace(" ", "").isalpha() for part in (a, b)) and random_.random() < 0.5:
            yield a, b


def scored(*names: str) -> Maker:
    """Sentence pairs that people judged to mean the same; never from a test split."""
    def make(root: Path, _: random.Random) -> Iterator[Pair]:
        for name in names:
            for entry in read_json_lines(root / f"{name}.jsonl.gz"):
                held_out = entry.get("split", "train") != "train" or ".test." in entry.get("src", "")
                if not held_out and "MSRpar" not in entry.get("src", "") and entry["score"] >= GOOD_SCORE:
                    yield entry["a"], entry["b"]
    return make


def intents(root: Path, random_: random.Random) -> Iterator[Pair]:
    """Two utterances of one intent, and an utterance with the name of its intent (training split)."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in ("banking77", "clinc150"):
        for entry in read_json_lines(root / f"{name}.jsonl.gz"):
            if entry["split"] == "train" and entry["label"] != "oos":
                groups[entry["label"]].append(entry["a"])
    for label, members in sorted(groups.items()):
        random_.shuffle(members)
        yield from zip(members[::3], members[1::3], strict=False)
        for member in members[2::3]:
            yield member, label.replace("_", " ")


def trivia(root: Path, _: random.Random) -> Iterator[Pair]:
    """Question -> its short answers."""
    for entry in read_json_lines(root / "opentriviaqa.jsonl.gz"):
        if "of these" not in entry["a"] and len(entry["b"]) > 3:
            yield entry["a"], entry["b"]


def advice(root: Path, _: random.Random) -> Iterator[Pair]:
    """Title of a question -> its body, and questions with answers of public-health bodies (English)."""
    for entry in read_json_lines(root / "advice-qa.jsonl.gz"):
        yield entry["a"], entry["b"]
    for entry in read_json_lines(root / "covid-faq.jsonl.gz"):
        if entry["lang"] == "en":
            yield entry["a"], entry["b"]


def joined_runs(entries: list[dict], is_same: Callable[[dict, dict], bool], random_: random.Random) -> Iterator[list[dict]]:
    """Runs of two to four neighbouring sections of one page: passages in use are longer than the training texts."""
    at = 0
    while at < len(entries):
        run = entries[at : at + random_.randint(2, 4)]
        size = next((n for n in range(1, len(run)) if not is_same(run[0], run[n])), len(run))
        if size > 1:
            yield run[:size]
        at += size


def long_pairs(heads: list[str], texts: list[str], title: str, random_: random.Random) -> Iterator[Pair]:
    """From a run of sections: one section's heading -> all of them; one sentence -> all of them without it."""
    at = random_.randrange(len(texts))
    yield heads[at], join_title(title, " ".join(texts))[:MAX_CHARS]
    yield from cloze_pairs(title, " ".join(texts), random_, 1)


def docs_long(root: Path, random_: random.Random) -> Iterator[Pair]:
    """Neighbouring sections of one documentation page as one text."""
    entries = list(read_json_lines(root / "docs-sections.jsonl.gz"))
    left_out = set(MAX_SECTIONS_PER_REPOSITORY)
    entries = [entry for entry in entries if entry["repo"] not in left_out or random_.random() < 0.15]
    for run in joined_runs(entries, lambda a, b: a["repo"] == b["repo"] and a["page"] == b["page"], random_):
        heads = [join_title(entry["title"], entry["heading"]) for entry in run]
        yield from long_pairs(heads, [entry["text"] for entry in run], run[0]["title"], random_)


def article_words(entry: dict) -> set[str]:
    """Longer words of an "article heading" line: neighbours that share one are taken to be of one article."""
    return {word for word in words(entry["a"]) if len(word) > 3}


def sections_long(name: str) -> Maker:
    """Neighbouring sections of one article or book chapter as one text."""
    def make(root: Path, random_: random.Random) -> Iterator[Pair]:
        entries = list(read_json_lines(root / f"{name}.jsonl.gz"))
        for run in joined_runs(entries, lambda a, b: bool(article_words(a) & article_words(b)), random_):
            yield from long_pairs([entry["a"] for entry in run], [entry["b"] for entry in run], "", random_)
    return make


def crops(root: Path, random_: random.Random) -> Iterator[Pair]:
    """A few neighbouring words -> the text they come from, half of the time without them: which words tell texts apart."""
    for name in ("wikipedia-sections", "openstax-sections", "gov-blogs", "arxiv-title-abstract", "pmc-trials", "dc-law",
                 "reading-qa", "advice-qa", "medquad"):
        for entry in read_json_lines(root / f"{name}.jsonl.gz"):
            if random_.random() < 0.4:
                yield from crop_pairs(entry["b"], random_)
    for entry in docs_sections(root, random_):
        if random_.random() < 0.4:
            yield from crop_pairs(join_title(entry["title"], entry["heading"], entry["text"]), random_)


def crop_pairs(text: str, random_: random.Random) -> Iterator[Pair]:
    """One crop of 3 to 12 words out of a text of at least 30."""
    parts = clean(text)[:MAX_CHARS].split()
    if len(parts) < 30:
        return
    size = random_.randint(3, 12)
    at = random_.randrange(len(parts) - size)
    rest = parts[:at] + parts[at + size :] if random_.random() < 0.5 else parts
    yield " ".join(parts[at : at + size]), " ".join(rest)


SOURCES: dict[str, Maker] = {
    "user-questions": user_questions,
    "reading-qa": plain("reading-qa"),
    "questions-extra": plain("questions-extra"),
    "advice-qa": advice,
    "medquad": plain("medquad"),
    "docs-headings": docs_headings,
    "docs-cloze": docs_cloze,
    "gov-blogs": plain("gov-blogs"),
    "wikipedia-sections": plain("wikipedia-sections"),
    "wikipedia-cloze": plain("wikipedia-ict"),
    "wikipedia-sections-cloze": cloze("wikipedia-sections", title=lambda entry: entry["a"]),
    "wikipedia-lead": plain("wikipedia-lead"),
    "openstax-sections": plain("openstax-sections"),
    "openstax-cloze": plain("openstax-ict"),
    "openstax-glossary": plain("openstax-glossary"),
    "openstax-qa": plain("openstax-qa"),
    "arxiv": plain("arxiv-title-abstract"),
    "arxiv-cloze": cloze("arxiv-title-abstract", title=lambda entry: entry["a"]),
    "pmc-trials": plain("pmc-trials"),
    "medquad-cloze": cloze("medquad", per_text=3),
    "scitldr": summaries,
    "misc-pairs": plain("misc-pairs"),
    "dc-law": plain("dc-law"),
    "factbook": plain("factbook"),
    "trivia": trivia,
    "wordset": definitions("wordset-definitions"),
    "wordnet": definitions("oewn-synsets"),
    "phrases": phrases,
    "sentences": scored("stsb", "semeval-sts"),
    "intents": intents,
    "bible": plain("bible-paraphrase"),
    "classic-books": plain("classic-books"),
    "docs-long": docs_long,
    "wikipedia-long": sections_long("wikipedia-sections"),
    "openstax-long": sections_long("openstax-sections"),
    "crops": crops,
}


def tidy(pairs: Iterator[Pair]) -> list[Pair]:
    """Cleans and cuts the texts; drops repeated pairs, empty sides, and the surplus of a text that has many partners."""
    seen: set[tuple[str, str]] = set()
    partners: Counter[str] = Counter()
    kept: list[Pair] = []
    for a, b in pairs:
        a, b = clean(a)[:MAX_CHARS], clean(b)[:MAX_CHARS]
        key = (a.lower(), b.lower())
        if len(a) < 2 or len(b) < 2 or key[0] == key[1] or key in seen or partners[key[1]] >= MAX_PAIRS_PER_TEXT:
            continue
        seen.add(key)
        partners[key[1]] += 1
        kept.append((a, b))
    return kept


def without_overlap(pairs: list[Pair], overlap: OverlapFilter | None) -> list[Pair]:
    """The pairs of which neither text nearly repeats an evaluation text."""
    if overlap is None or not pairs:
        return pairs
    bad = overlap.matches([a for a, _ in pairs]) | overlap.matches([b for _, b in pairs])
    return [pair for pair, is_bad in zip(pairs, bad, strict=True) if not is_bad]


def write_pairs(path: Path, pairs: list[Pair]) -> None:
    """Writes one JSON object `{a, b}` a line."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({"a": a, "b": b}, ensure_ascii=False) + "\n" for a, b in pairs)


def write_held_out(root: Path, folder: Path) -> int:
    """Writes the held-out sections of `user-questions` as a collection; returns the number of questions."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [entry for entry in read_json_lines(root / "user-questions.jsonl.gz")]
    count = 0
    with (folder / "corpus.jsonl").open("w") as corpus, (folder / "queries.jsonl").open("w") as queries, \
            (folder / "qrels.tsv").open("w") as qrels:
        qrels.write("query-id\tcorpus-id\tscore\n")
        # Why all sections: held-out questions compete with sections seen in training, which only makes them harder.
        for number, entry in enumerate(entries):
            title = join_title(entry["title"], entry["heading"])
            corpus.write(json.dumps({"_id": str(number), "title": title, "text": entry["text"]}) + "\n")
            for at, question in enumerate(entry["questions"] if is_held_out(entry) else []):
                queries.write(json.dumps({"_id": f"{number}-{at}", "text": question}) + "\n")
                qrels.write(f"{number}-{at}\t{number}\t1\n")
                count += 1
    return count


def build(data: Path, evaluation: Path | None, out: Path, seed: int) -> None:
    """Makes all sources, prints a line for each, and writes them below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    overlap = OverlapFilter.of_collections(evaluation) if evaluation else None
    print(f"{'source':26}{'pairs':>9}{'removed: near an evaluation text':>36}")
    total = 0
    for name, make in SOURCES.items():
        pairs = tidy(make(data, random.Random(f"{seed}-{name}")))
        kept = without_overlap(pairs, overlap)
        write_pairs(out / f"{name}.jsonl", kept)
        total += len(kept)
        print(f"{name:26}{len(kept):9,}{len(pairs) - len(kept):36,}", flush=True)
    print(f"{'total':26}{total:9,}")
    print(f"held-out questions: {write_held_out(data, out.parent / 'held-out' / 'user-questions'):,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/train"), help="folder of *.jsonl.gz")
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"), help="folder of collections to keep out")
    parser.add_argument("--no-eval", action="store_true", help="do not look for overlap (never for a release)")
    parser.add_argument("--out", type=Path, default=Path("work/pairs"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not list(options.data.glob("*.jsonl.gz")):
        stop(f"no *.jsonl.gz in {options.data}: the training text is not part of this repository; "
             "see README.md for its sources, and name its folder with --data")
    if not options.no_eval and not options.eval.is_dir():
        stop(f"no folder {options.eval}: name the evaluation collections with --eval, "
             "or pass --no-eval if none will be used")
    build(options.data, None if options.no_eval else options.eval, options.out, options.seed)


if __name__ == "__main__":
    main()
