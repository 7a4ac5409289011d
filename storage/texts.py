"""Texts in several languages as the books keep them: a JSON object {"en": …, "zh": …} in one column.

The same few catalogue texts are read with every order, so reading is remembered.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

# Made once: `json.dumps` makes a new one for every call, which a catalogue of thousands of rows feels.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=4096)
def read(stored: str) -> dict[str, str]:
    """The texts by language. The same object for the same column: never change it."""
    texts: dict[str, str] = json.loads(stored)
    return texts


def stored(texts: Mapping[str, str]) -> str:
    """The column for these texts; equal texts give equal columns."""
    return _ENCODER.encode(dict(texts))
