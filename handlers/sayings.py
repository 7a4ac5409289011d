"""One sentence from the catalogues as a message: what answers most refusals and small acts.

Owns the kind `say`. Which sentence and when is everybody else's.
"""

from handlers.wording import Face, Kind, Kinds, Rendered
from storage.connection import Tx
from storage.outbox import Params


def _load(_tx: Tx, params: Params, _chat: int) -> Params:
    return params


def _say(face: Face, params: Params) -> Rendered:
    """`key` is the sentence, the other parameters are its values."""
    values = {name: value for name, value in params.items() if name != "key"}
    return Rendered(text=face.t(str(params["key"]), **values))


KINDS: Kinds = {"say": Kind(load=_load, show=_say)}
