"""What a host sees while something is told to many: one message that edits itself, and in the end says how it went.

Owns the card `broadcast:<id>`. When it is brought up to date is in `storage.progress`.
"""

from collections.abc import Mapping

from handlers import formats
from handlers.translation import Html, lines
from handlers.wording import Face, Kind, Kinds, Rendered
from storage import broadcasts, progress, roles
from storage.connection import Tx
from storage.outbox import Params
from storage.progress import Progress
from storage.roles import Role

_TELLING: Mapping[broadcasts.Kind, str] = {
    broadcasts.Kind.ANNOUNCE: "progress.announcing",
    broadcasts.Kind.LIVE: "progress.telling_live",
    broadcasts.Kind.MOVED: "progress.telling_moved",
    broadcasts.Kind.CANCELLED: "progress.telling_cancelled",
    broadcasts.Kind.PRESALE: "progress.telling_presale",
    broadcasts.Kind.PUSH: "progress.pushing",
}
_TOLD: Mapping[broadcasts.Kind, str] = {
    broadcasts.Kind.ANNOUNCE: "progress.announced",
    broadcasts.Kind.LIVE: "progress.told_live",
    broadcasts.Kind.MOVED: "progress.told_moved",
    broadcasts.Kind.CANCELLED: "progress.told_cancelled",
    broadcasts.Kind.PRESALE: "progress.told_presale",
    broadcasts.Kind.PUSH: "progress.pushed",
}
_FIVE_SECONDS = 5_000


def _load(tx: Tx, params: Params, chat: int) -> Progress | None:
    """For the host who began it, while they are one."""
    found = progress.view(tx, int(params["broadcast"] or 0))
    return found if found is not None and found.host == chat and roles.has_role(tx, chat, Role.HOST) else None


def _show(face: Face, view: Progress) -> Rendered:
    title = face.t("progress.title", title=view.title)
    return Rendered(text=lines([title, _over(face, view) if view.is_over else _under_way(face, view)]))


def _under_way(face: Face, view: Progress) -> Html:
    """How many have been told, and how long the rest will take; rounded up, since it is a guess."""
    t = face.t
    counts = [t.n("progress.sent", view.sent), t.n("progress.left", view.left)]
    for key, count in (
        ("progress.blocked", view.blocked),
        ("progress.failed", view.failed),
        ("progress.dropped", view.dropped),
    ):
        if count:
            counts.append(t.n(key, count))
    to_go = view.to_go_ms
    about = None if to_go is None else formats.duration(-(-to_go // _FIVE_SECONDS) * _FIVE_SECONDS, t)
    return lines(
        [
            t.n(_TELLING[view.kind], view.total, counts=Html(" · ".join(counts)), code=view.code or ""),
            t("progress.to_go", span=about) if about is not None else None,
        ]
    )


def _over(face: Face, view: Progress) -> Html:
    t = face.t
    said = t.n(_TOLD[view.kind], view.sent, span=formats.duration(view.took_ms, t), code=view.code or "")
    for key, count in (
        ("progress.have_blocked", view.blocked),
        ("progress.have_failed", view.failed),
        ("progress.were_dropped", view.dropped),
    ):
        if count:
            said = t("progress.sentences", first=said, next=t.n(key, count))
    return said


KINDS: Kinds = {"broadcast_progress": Kind(load=_load, show=_show)}
