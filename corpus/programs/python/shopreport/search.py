"""A search index over the descriptions."""

import re
import zlib
from collections import Counter, defaultdict

from .changes import STEM_PERCENT

TOKEN = re.compile(r"[a-z]+")
SUFFIXES = ("ing", "ed", "en", "es", "s")


def tokenise(text: str) -> list:
    return [match.group() for match in TOKEN.finditer(text.lower())]


def stem(word: str, times: int = 1) -> str:
    """The word without its ending, looked for so many times."""
    end = len(word)
    for _ in range(times):
        for suffix in SUFFIXES:
            if word.endswith(suffix) and len(word) > len(suffix) + 2:
                end = len(word) - len(suffix)
                break
    return word[:end]


def terms_of(text: str, change: str) -> Counter:
    times = 2 if zlib.crc32(text.encode()) % 100 < STEM_PERCENT.get(change, 0) else 1
    counts = Counter(stem(word, times) for word in tokenise(text))
    if change == "tokenise-twice":
        counts["#length"] = len(tokenise(text))
    return counts


class Index:
    def __init__(self):
        self.postings = defaultdict(list)

    def index_terms(self, product: int, counts: Counter) -> None:
        for term, count in counts.items():
            postings = self.postings[term]
            if postings and postings[-1][0] == product:
                postings[-1] = (product, postings[-1][1] + count)
            else:
                postings.append((product, count))

    def rank(self, query: str, limit: int) -> list:
        scores = Counter()
        for word in tokenise(query):
            postings = self.postings.get(stem(word), ())
            weight = 1 / (1 + len(postings))
            self.add_scores(scores, postings, weight)
        return scores.most_common(limit)

    def add_scores(self, scores: Counter, postings, weight: float) -> None:
        for product, count in postings:
            scores[product] += weight * count
