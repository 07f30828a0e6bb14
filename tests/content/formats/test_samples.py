import json

import pytest

from content.formats import read
from tests.content.formats.sample_files import ROOT, bytes_of, described, sample_paths

SAMPLES = sample_paths()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sample_reads_as_expected(path):
    expected = json.loads(path.with_name(path.name + ".json").read_text())

    assert described(read(bytes_of(path), path.name)) == expected


def test_there_are_sixty_samples_for_eight_formats():
    assert len(SAMPLES) >= 60
    assert len({path.parent.name for path in SAMPLES}) == 8
