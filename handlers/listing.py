"""The catalogue as hosts look through it: its pages and each product's card.

Changes nothing. Putting a product up for sale is in `offering`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import formats
from handlers.buttons import encode
from handlers.routing import CommandHandler, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, FileId, Kind, Kinds, Rendered, Rows
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


async def imported(turn: Turn, _argument: str) -> None:
    """/import: catalogues come by the command line so far."""
    is_host = await turn.look(roles.has_role, turn.actor, Role.HOST)
    await turn.say("products.import" if is_host else "host.only")


async def page(turn: Turn, number: int) -> Toast | None:
    """Another page."""
    return None if await turn.show("products", page=number) else Toast("tap.stale")


async def product(turn: Turn, product_id: int) -> Toast | None:
    """One product's card."""
    return None if await turn.show("product", product=product_id) else Toast("tap.stale")


def _load_page(tx: Tx, params: Params, chat: int) -> Page | None:
    return catalogue.page(tx, int(params["page"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _products(face: Face, view: Page) -> Rendered:
    if not view.total:
        return Rendered(text=face.t("products.none"))
    head = face.t.n("products.head", view.total)
    rows = [(product_button(face, product, "product", product.id),) for product in view.products]
    text = lines([head, *(_line(face, product) for product in view.products)])
    return Rendered(text=text, rows=(*rows, *turning(face, view, "products")))


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
    others = [text for text in dict.fromkeys(product.names.values()) if text and text != name]
    text = lines(
        [
            t("products.title", code=product.code, name=name),
            " · ".join(others),
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
        ]
    )
    media = None if product.photo is None else FileId(file_id=product.photo)
    return Rendered(text=text, rows=((face.button("catalogue", "products", view.page),),), media=media)


def _origin(face: Face, supplier: Supplier) -> str:
    if supplier.county:
        return face.t("products.from_county", supplier=supplier.name, county=supplier.county)
    return face.t("products.from", supplier=supplier.name)


COMMANDS: Mapping[str, CommandHandler] = {"products": listed, "import": imported}
TAPS: Mapping[str, Tap] = {"products": Tap(run=page, ints=1), "product": Tap(run=product, ints=1)}
KINDS: Kinds = {
    "products": Kind(load=_load_page, show=_products),
    "product": Kind(load=_load_product, show=_product),
}
