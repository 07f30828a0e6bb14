"""The article that the first course was made from, as hashes of its runs of eight words.

A lesson shares no sentence with the article; to check this without keeping the article here, each run of eight
words in it is kept as a hash. After another edition of the article:

    python tests/data/source_runs.py ARTICLE.txt > tests/data/us-iraq-relations-runs.txt

The first line names the SHA-256 of the file that was read, the same that `course.toml` gives for the source.
Each other line is one run, in the order of the hashes, so that the text cannot be put together again.
"""

import hashlib
import re
import sys
from pathlib import Path

LENGTH = 8
FIRST_LINE = "# runs of 8 words in the file with SHA-256 "


def words_of(text):
    """The words of a text in lower case: hyphens part them, apostrophes do not."""
    return re.findall(r"[^\W_]+", re.sub(r"['’]", "", text).lower())


def runs_of(text):
    """Each run of eight words of a text, as ``(hash, run)``, in order."""
    words = words_of(text)
    runs = (" ".join(words[at : at + LENGTH]) for at in range(len(words) - LENGTH + 1))
    return [(hashlib.blake2b(run.encode(), digest_size=6).hexdigest(), run) for run in runs]


def read_runs(path):
    """A file of hashes → the SHA-256 of the article and the set of its runs."""
    first, *lines = Path(path).read_text().split("\n")
    return first.removeprefix(FIRST_LINE), {line for line in lines if line}


if __name__ == "__main__":
    article = Path(sys.argv[1]).read_bytes()
    print(FIRST_LINE + hashlib.sha256(article).hexdigest())
    print("\n".join(sorted({found for found, _ in runs_of(article.decode())})))
