"""How people, roles and parcels are called in more than one audience's messages."""

from handlers.translation import Html
from handlers.wording import Face
from shop.shipments import ShipmentStatus
from storage.roles import Role

LONGEST_NAME = 40

_ROLE = {
    Role.OWNER: "staff.owner",
    Role.HOST: "staff.host",
    Role.CASHIER: "staff.cashier",
    Role.SUPPLIER: "staff.supplier",
}


def role(face: Face, held: Role, supplier: object) -> Html:
    """ "cashier", or "supplier (Hill Farm)"."""
    name = face.t(_ROLE[held])
    return face.t("staff.for_supplier", role=name, supplier=supplier) if supplier else name


def plain_role(face: Face, held: Role, supplier: object) -> str:
    """The same for a button."""
    name = face.t.plain(_ROLE[held])
    return face.t.plain("staff.for_supplier", role=name, supplier=supplier) if supplier else name


def person(face: Face, id_: int, name: str, username: str | None = None) -> str:
    """A person by the name Telegram shows, else by number: an owner from the configuration may never have written."""
    known = name or face.t.plain("staff.number", id=id_)
    known = known if len(known) <= LONGEST_NAME else f"{known[:LONGEST_NAME]}…"
    return f"{known} (@{username})" if username else known


def parcel_state(status: ShipmentStatus, *, is_pickup: bool) -> str:
    """The key of a parcel's state: what is picked up is never on its way, it is ready."""
    is_ready = is_pickup and status is ShipmentStatus.SHIPPED
    return "shipment.status.ready" if is_ready else f"shipment.status.{status.value}"


def map_of(location: str) -> str:
    """A link that shows "latitude,longitude" on a map, without an account anywhere."""
    latitude, _, longitude = location.partition(",")
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
