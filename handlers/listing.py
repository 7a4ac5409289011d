"""The catalogue as hosts look through it: its pages, what is archived, and each product's card.

Changes nothing: a product is changed in `changing`, a file comes in by `importing`, what is sold is in `offering`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import formats, pictures
from handlers.buttons import encode
from handlers.routing import CommandHandler, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from storage import catalogue, products, roles, suppliers
from storage.catalogue import Page
from storage.connection import Tx
from storage.outbox import Params
from storage.products import Product
from storage.roles import Role
from storage.suppliers import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard:
    """A product, who makes it, and the page of the catalogue it stands on."""

    product: Product
    supplier: Supplier
    page: int


async def listed(turn: Turn, _argument: str) -> None:
    """/products: the first page."""
    if not await turn.show("products", page=0):
        await turn.say("host.only")


async def page(turn: Turn, number: int) -> Toast | None:
    """Another page."""
    return None if await turn.show("products", page=number) else Toast("tap.stale")


async def archive(turn: Turn, number: int) -> Toast | None:
    """`Archived`, and its further pages."""
    return None if await turn.show("archive", page=number) else Toast("tap.stale")


async def product(turn: Turn, product_id: int) -> Toast | None:
    """One product's card."""
    return None if await turn.show("product", product=product_id) else Toast("tap.stale")


def _load_page(tx: Tx, params: Params, chat: int) -> Page | None:
    return catalogue.page(tx, int(params["page"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _load_archive(tx: Tx, params: Params, chat: int) -> Page | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    return catalogue.page(tx, int(params["page"] or 0), archived=True)


def _products(face: Face, view: Page) -> Rendered:
    others: Rows = ((face.button("new_product", "pnew"),),)
    if view.archived:
        archived = face.button("archived", "archive", 0, count=formats.number(view.archived, face.lang))
        others = ((*others[0], archived),)
    if not view.total:
        return Rendered(text=face.t("products.none"), rows=others)
    head = face.t.n("products.head", view.total)
    text = lines([head, *(_line(face, product) for product in view.products)])
    return Rendered(text=text, rows=(*_entries(face, view), *turning(face, view, "products"), *others))


def _archive(face: Face, view: Page) -> Rendered:
    back = (face.button("catalogue", "products", 0),)
    if not view.total:
        return Rendered(text=face.t("products.none_archived"), rows=(back,))
    head = face.t.n("products.archive_head", view.total)
    text = lines([head, *(_line(face, product) for product in view.products)])
    return Rendered(text=text, rows=(*_entries(face, view), *turning(face, view, "archive"), back))


def _entries(face: Face, view: Page) -> Rows:
    return tuple((product_button(face, product, "product", product.id),) for product in view.products)


def _line(face: Face, product: Product) -> str:
    return face.t(
        "products.line",
        code=product.code,
        name=formats.name(product.names, face.lang),
        price=formats.money(product.price, product.currency, face.lang),
        stock=stock(face, product),
    )


def stock(face: Face, product: Product) -> str:
    """What the supplier names, in packs."""
    if product.stock is None:
        return face.t("products.unlimited")
    return formats.packs(product.stock, product.units, face.lang)


def product_button(face: Face, product: Product, verb: str, *args: int) -> Button:
    """`CODE · name · price`."""
    price = formats.money(product.price, product.currency, face.lang)
    label = f"{product.code} · {formats.name(product.names, face.lang)} · {price}"
    return Button(label=label, data=encode(verb, *args))


def turning(face: Face, view: Page, verb: str, *args: int) -> Rows:
    """Buttons to the pages before and after, if there are any."""
    row = []
    if view.number > 0:
        row.append(face.button("page_before", verb, *args, view.number - 1))
    if view.number < view.pages - 1:
        row.append(face.button("page_after", verb, *args, view.number + 1))
    return (tuple(row),) if row else ()


def _load_product(tx: Tx, params: Params, chat: int) -> ProductCard | None:
    found = products.view(tx, int(params["product"] or 0))
    if found is None or not roles.has_role(tx, chat, Role.HOST):
        return None
    supplier = suppliers.view(tx, found.supplier_id)
    if supplier is None:
        return None
    return ProductCard(product=found, supplier=supplier, page=catalogue.page_of(tx, found.id))


def _product(face: Face, view: ProductCard) -> Rendered:
    t, product, supplier = face.t, view.product, view.supplier
    name = formats.name(product.names, face.lang)
    is_refused = product.photo is None and product.picture_refused_at is not None
    others = [text for text in dict.fromkeys(product.names.values()) if text and text != name]
    text = lines(
        [
            t("products.title", code=product.code, name=name),
            " · ".join(others),
            t("products.archived") if product.archived_at is not None else None,
            t(
                "products.terms",
                price=formats.money(product.price, product.currency, face.lang),
                unit=formats.unit(product.units, face.lang),
                stock=stock(face, product),
            ),
            t.n("products.limit", product.limit_per_buyer) if product.limit_per_buyer else None,
            t.n("products.ships_within", product.ships_within_days) if product.ships_within_days else None,
            _origin(face, supplier),
            t.n("products.households", supplier.households) if supplier.households else None,
            formats.name(product.descriptions, face.lang),
            t("products.picture_refused") if is_refused else None,
        ]
    )
    media = pictures.media(product.id, product.photo, product.picture, product.picture_refused_at, face.now)
    return Rendered(text=text, rows=_product_rows(face, view), media=media)


def _product_rows(face: Face, view: ProductCard) -> Rows:
    """What can be changed, and the way back to the page it stands on."""
    id_ = view.product.id
    if view.product.archived_at is None:
        shelf = face.button("archive", "shelve", id_)
        back = face.button("catalogue", "products", view.page)
    else:
        shelf = face.button("restore", "unshelve", id_)
        back = face.button("catalogue", "archive", view.page)
    return (
        (
            face.button("edit_name", "pedit", id_, "names"),
            face.button("price", "pedit", id_, "price"),
            face.button("edit_stock", "pedit", id_, "stock"),
        ),
        (face.button("edit_picture", "pedit", id_, "photo"), shelf),
        (back,),
    )


def _origin(face: Face, supplier: Supplier) -> str:
    if supplier.county:
        return face.t("products.from_county", supplier=supplier.name, county=supplier.county)
    return face.t("products.from", supplier=supplier.name)


COMMANDS: Mapping[str, CommandHandler] = {"products": listed}
TAPS: Mapping[str, Tap] = {
    "products": Tap(run=page, ints=1),
    "archive": Tap(run=archive, ints=1),
    "product": Tap(run=product, ints=1),
}
KINDS: Kinds = {
    "products": Kind(load=_load_page, show=_products),
    "archive": Kind(load=_load_archive, show=_archive),
    "product": Kind(load=_load_product, show=_product),
}
