"""Order codes (`TG-7K3QF`) and stream codes: to be read aloud, typed by hand and found in a payment note.

Of each pair of twins (0/O, 1/I, 2/Z, 5/S, 8/B) only the digit is given out; the letter is understood as it.
Never decides whether a code is free (the books do), never makes secrets (invite tokens come from elsewhere).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

ALPHABET = "ACDEFGHJKLMNPQRTUVWXY0123456789"
_TWINS = str.maketrans("OIZSB", "01258")

# Letters that look the same on a Cyrillic keyboard, which is what a code copied by eye often is.
_WRONG_KEYBOARD = str.maketrans("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI")

_SHORTEST, _LONGEST = 5, 8
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_"
_SEPARATORS = re.compile(rf"[\s{re.escape(_DASHES)}.,:;#]+")

# A code that spells one of these, also with digits read as letters, is not given out.
_BANNED_WORDS = """
ANAL ANUS ARSE BITCH BOOB CLIT COCK COON CRAP CUM CUNT DAMN DICK DYKE FAG FART FCK FUC FUK GAY GOOK HEIL
HELL HOMO JERK JIZZ KIKE KKK KYS MILF NAZI NIG PAKI PEDO PENIS PISS POOP PORN PUSSY RAPE SCAM SEX SHIT SLAVE
SLUT SPIC SUCK TIT TURD TWAT VAGINA WANK WHORE WTF CNM NMSL TMD
"""
_BANNED = _BANNED_WORDS.split()
_BANNED_WORD = re.compile("|".join(_BANNED))
_READINGS = (str.maketrans("0123456789", "OIZEASGTBG"), str.maketrans("0123456789", "OLZEASGTBG"))


class Rng(Protocol):
    """What is needed of `random.Random` or `random.SystemRandom`."""

    def choice(self, seq: Sequence[str], /) -> str: ...


def is_prefix(text: str) -> bool:
    """A prefix is two to four letters or digits in upper case, such as TG."""
    return re.fullmatch(r"[A-Z0-9]{2,4}", text) is not None


def is_decent(body: str) -> bool:
    """False if the part after the prefix spells a banned word, also with digits read as letters."""
    upper = body.upper()
    readings = (upper, *(upper.translate(reading) for reading in _READINGS))
    return not any(_BANNED_WORD.search(reading) for reading in readings)


def new_code(rng: Rng, prefix: str, length: int = _SHORTEST) -> str:
    """A fresh order code; if the books know it already, ask again, and longer after many clashes."""
    return f"{prefix}-{_new_body(rng, length)}"


def new_stream_code(rng: Rng, length: int = 6) -> str:
    """A code for a stream's deep link, of [A-Z0-9] only (?start= takes 64 of [A-Za-z0-9_-])."""
    return _new_body(rng, length)


def normalise(text: str, prefix: str) -> str | None:
    """The order code somebody meant: any case, full-width, blanks, no dash, twins, even without prefix.

    None if it cannot be one. Whether such an order exists is for the books to say. For a code inside a
    sentence use `find`.
    """
    bare = _SEPARATORS.sub("", _plain(text))
    folded, folded_prefix = bare.translate(_TWINS), prefix.translate(_TWINS)
    # "TG-7K3" is a code cut short, never the bare body "TG7K3".
    body = folded.removeprefix(folded_prefix)
    return f"{prefix}-{body}" if _is_body(body) else None


def find(text: str, prefix: str) -> list[str]:
    """Every order code of this stall in free text (a payment note, a message), in order, each once.

    The prefix must be there (a note of another shop is not ours), and the code may not be glued to other
    letters or digits. Blanks or a dash may stand between prefix and code.
    """
    folded, folded_prefix = _plain(text).translate(_TWINS), prefix.translate(_TWINS)
    between = rf"[\s{re.escape(_DASHES)}]*"
    body = rf"([{ALPHABET}]{{{_SHORTEST},{_LONGEST}}})"
    # Chinese is written without blanks: only Latin letters and digits count as glue.
    pattern = rf"(?<![A-Z0-9]){re.escape(folded_prefix)}{between}{body}(?![A-Z0-9])"
    return list(dict.fromkeys(f"{prefix}-{match}" for match in re.findall(pattern, folded)))


def _new_body(rng: Rng, length: int) -> str:
    while True:
        body = "".join(rng.choice(ALPHABET) for _ in range(length))
        if is_decent(body):
            return body


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().translate(_WRONG_KEYBOARD)


def _is_body(text: str) -> bool:
    return _SHORTEST <= len(text) <= _LONGEST and all(char in ALPHABET for char in text)
