"""The card of a catalogue file: what it would change, which rows can't be taken, and what became of it.

Owns wording and the two documents that go with it, the example and the list of bad rows.
"""

import csv
import io
from collections.abc import Iterator

from handlers import formats, template
from handlers.translation import Html, lines
from handlers.wording import Attachment, Face, Kind, Kinds, Rendered, Rows
from shop.catalogue import BadRow
from shop.cells import harmless
from storage import imports, roles
from storage.connection import Tx
from storage.imports import Import, State
from storage.outbox import Params
from storage.previews import Preview, Shift
from storage.roles import Role

MOST_BAD_SHOWN = 20
_MOST_REASONS = 2_200  # characters of reasons; Telegram takes 4,096 in all

# What can change of a product (`storage.previews.PARTS`), as a list names it.
_PARTS = {
    "name": "import.part_name",
    "unit": "import.part_unit",
    "description": "import.part_description",
    "price": "import.part_price",
    "stock": "import.part_stock",
    "limit": "import.part_limit",
    "ships": "import.part_ships",
    "picture": "import.part_picture",
    "supplier": "import.part_supplier",
}


def _load(tx: Tx, params: Params, chat: int) -> Import | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    return imports.view(tx, int(params["file"] or 0), chat)


def _card(face: Face, view: Import) -> Rendered:
    match view.state:
        case State.UNREAD:
            again = face.button("try_again", "importagain", view.id)
            return Rendered(text=face.t("import.unread", file=view.file.name), rows=((again,),))
        case State.DROPPED:
            return Rendered(text=face.t("import.dropped", file=view.file.name))
        case State.IMPORTED:
            text = lines([face.t("import.done", file=view.file.name), *_done(face, view)])
            return Rendered(text=text, rows=((face.button("catalogue", "products", 0),),))
        case State.OFFERED:
            return _offered(face, view)


def _done(face: Face, view: Import) -> Iterator[Html | None]:
    if view.preview is not None:
        yield _figures(face, view.preview)
    if view.bad:
        yield face.t.n("import.left_out", len(view.bad))


def _offered(face: Face, view: Import) -> Rendered:
    preview = view.preview
    if preview is None:
        raise ValueError("an offered file has a preview")
    good = preview.created + preview.changed + preview.unchanged
    is_news = preview.created + preview.changed > 0
    text = lines(
        [
            face.t.n("import.read", good, file=view.file.name)
            if good
            else face.t("import.none_good", file=view.file.name),
            _figures(face, preview) if good else None,
            *_changes(face, preview),
            face.t.n("import.new_suppliers", preview.suppliers_created) if preview.suppliers_created else None,
            face.t.n("import.archived", preview.archived) if preview.archived else None,
            *_bad(face, view),
            face.t("import.nothing_new") if good and not is_news else None,
            face.t("import.prices_stay") if preview.parts.get("price") else None,
        ]
    )
    return Rendered(text=text, rows=_rows(face, view, good if is_news else 0))


def _figures(face: Face, preview: Preview) -> Html:
    parts = [
        face.t.n("import.created", preview.created) if preview.created else None,
        face.t.n("import.changed", preview.changed) if preview.changed else None,
        face.t.n("import.unchanged", preview.unchanged) if preview.unchanged else None,
    ]
    return Html(" · ".join(part for part in parts if part))


def _changes(face: Face, preview: Preview) -> Iterator[Html]:
    """Of how many products each part changes, and the first few prices and stocks."""
    if preview.parts:
        told = (
            face.t("import.part", part=face.t(_PARTS[part]), count=formats.number(count, face.lang))
            for part, count in preview.parts.items()
        )
        yield face.t("import.parts", parts=Html(" · ".join(told)))
    for shift in preview.first:
        yield face.t("import.shift", code=shift.code, what=_shift(face, shift))


def _shift(face: Face, shift: Shift) -> Html:
    parts = []
    if shift.price is not None:
        before, after = map(face.money, shift.price)
        parts.append(face.t("import.from_to", part=face.t("import.part_price"), before=before, after=after))
    if shift.stock is not None:
        before, after = (
            face.t("products.unlimited") if packs is None else formats.number(packs, face.lang)
            for packs in shift.stock
        )
        parts.append(face.t("import.from_to", part=face.t("import.part_stock"), before=before, after=after))
    return Html(" · ".join(parts))


def _bad(face: Face, view: Import) -> Iterator[Html]:
    """The first bad rows by number and reason, as many as a message holds."""
    if not view.bad:
        return
    yield face.t.n("import.bad_rows", len(view.bad))
    room = _MOST_REASONS
    for shown, row in enumerate(view.bad):
        line = face.t("import.bad_row", number=row.number, reasons=_reasons(face, row))
        room -= len(line)
        if shown == MOST_BAD_SHOWN or (shown and room < 0):
            yield face.t.n("import.and_more", len(view.bad) - shown)
            return
        yield line


def _reasons(face: Face, row: BadRow) -> str:
    return "; ".join(face.t.plain(reason.key, **reason.values) for reason in row.reasons)


def _rows(face: Face, view: Import, good: int) -> Rows:
    """`Import N products` and `Cancel`, where there is something to import; all bad rows, where there are any."""
    rows: list[Rows] = []
    if good:
        count = formats.number(good, face.lang)
        if good == 1:
            accept = face.button("import_one", "importgo", view.id, count=count)
        else:
            accept = face.button("import", "importgo", view.id, count=count)
        rows.append(((accept, face.button("cancel", "importno", view.id)),))
    if view.bad:
        count = formats.number(len(view.bad), face.lang)
        rows.append(((face.button("bad_rows", "importrows", view.id, count=count),),))
    return tuple(row for group in rows for row in group)


# -- Documents ----------------------------------------------------------------------------------------------


def _bad_file(face: Face, view: Import) -> Rendered:
    """Number and reasons of every bad row, for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([face.t.plain("import.column_row"), face.t.plain("import.column_reasons")])
    writer.writerows([row.number, harmless(_reasons(face, row))] for row in view.bad)
    stem = view.file.name.rpartition(".")[0] or view.file.name
    attachment = Attachment(name=f"{stem}-rows.csv", content=out.getvalue().encode("utf-8-sig"))
    text = face.t.n("import.bad_file", len(view.bad), file=view.file.name)
    return Rendered(text=text, media=attachment)


def _load_bad(tx: Tx, params: Params, chat: int) -> Import | None:
    view = _load(tx, params, chat)
    return view if view is not None and view.bad else None


def _load_template(tx: Tx, _params: Params, chat: int) -> bool | None:
    return roles.has_role(tx, chat, Role.HOST) or None


def _template(face: Face, _view: bool) -> Rendered:
    """In the reader's language, with the stall's currency and languages."""
    content = template.workbook(face.settings.currency, face.settings.languages, face.lang)
    attachment = Attachment(name=f"{template.NAME}.xlsx", content=content)
    return Rendered(text=face.t("import.template"), media=attachment)


KINDS: Kinds = {
    "import_card": Kind(load=_load, show=_card),
    "import_rows": Kind(load=_load_bad, show=_bad_file),
    "import_template": Kind(load=_load_template, show=_template),
}
