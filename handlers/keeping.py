"""What owners hear of the books themselves: a backup that failed, books that were put back from one.

Owns these kinds. Everything that is done about them is done on the command line.
"""

from collections.abc import Mapping

from handlers.translation import lines
from handlers.wording import Face, Kind, Kinds, Rendered
from storage import roles
from storage.backup import Why
from storage.connection import Tx
from storage.outbox import Params
from storage.roles import Role

_WHY: Mapping[Why, str] = {
    Why.EXISTS: "backup.exists",
    Why.NO_FOLDER: "backup.no_folder",
    Why.NOT_ALLOWED: "backup.not_allowed",
    Why.FULL: "backup.full",
    Why.BUSY: "backup.busy",
    Why.DAMAGED: "backup.damaged",
    Why.GIVEN_UP: "backup.busy",
    Why.FAILED: "backup.disk",
}


def _for_owners(tx: Tx, params: Params, chat: int) -> Params | None:
    return params if roles.has_role(tx, chat, Role.OWNER) else None


def _failed(face: Face, params: Params) -> Rendered:
    last = params["last"]
    return Rendered(
        text=lines(
            [
                face.t("backup.failed"),
                face.t(_WHY[Why(str(params["why"]))]),
                face.t("backup.none_yet") if last is None else face.t("backup.last", moment=face.moment(int(last))),
                face.t("backup.goes_on"),
            ]
        )
    )


def _restored(face: Face, params: Params) -> Rendered:
    unpaid, aside = int(params["unpaid"] or 0), int(params["aside"] or 0)
    return Rendered(
        text=lines(
            [
                face.t("books.restored", moment=face.moment(int(params["known_until"] or 0))),
                face.t.n("books.unpaid", unpaid) if unpaid else None,
                face.t.n("books.aside", aside) if aside else None,
                face.t("books.look"),
            ]
        )
    )


KINDS: Kinds = {
    "backup_failed": Kind(load=_for_owners, show=_failed),
    "books_restored": Kind(load=_for_owners, show=_restored),
}
