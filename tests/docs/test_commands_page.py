"""docs/commands.md and the chat: every command with who may use it, every link, every word on a button."""

import re

from babel.messages.pofile import read_po

from handlers import routes
from handlers.menus import default_menu, menu
from handlers.translation import LOCALES, Translations
from storage.roles import Role
from tests.docs.pages import page, quoted, rows, section
from tests.docs.tree import ROOT

PAGE = page("docs/commands.md")
ROLES = {"Hosts": Role.HOST, "Cashiers": Role.CASHIER, "Suppliers": Role.SUPPLIER, "Owners": Role.OWNER}
T = Translations.load(["en"]).translator("en")


def documented(heading: str) -> dict[str, bool]:
    """The commands of one table, and whether the command menu offers them."""
    return {
        quoted(cells[0])[0].split()[0].removeprefix("/"): cells[-1] == "yes" for cells in rows(section(PAGE, heading))
    }


def offered(role: Role) -> set[str]:
    """What the menu of somebody with this one role has beyond everybody's."""
    everyone = {name for name, _ in default_menu(T).commands}
    own = {name for name, _ in menu(T, {role}).commands} - everyone
    if role is not Role.OWNER:
        return own
    return own - {name for other in Role if other is not Role.OWNER for name in offered(other)}


def labels(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    return {str(one.id): str(one.string) for one in catalogue if str(one.id).startswith("button.")}


def bare(label: str) -> str:
    """Without the emoji that may stand before a button's words."""
    return re.sub(r"^[^\w◀−+{]+ ", "", label)


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    known = [name for heading in ("Everybody", *ROLES) for name in documented(heading)]
    assert len(known) == len(set(known))
    assert set(known) == set(routes().commands)


def test_the_page_tells_what_each_role_finds_in_its_menu() -> None:
    everyone = {name for name, is_offered in documented("Everybody").items() if is_offered}
    assert everyone == {name for name, _ in default_menu(T).commands}
    for heading, role in ROLES.items():
        assert {name for name, is_offered in documented(heading).items() if is_offered} == offered(role), heading


def test_every_kind_of_link_is_documented_and_every_documented_one_is_read() -> None:
    source = (ROOT / "handlers/entry.py").read_text(encoding="utf-8")
    start = source[source.index("async def start_command") : source.index("async def _open(")]
    prefixes = set(re.findall(r'case "(\w)" if rest', start))
    assert {quoted(cells[0])[0].split("_")[0] for cells in rows(section(PAGE, "Links"))} == prefixes


def test_every_word_on_a_button_is_documented_in_both_languages_and_none_is_invented() -> None:
    english, chinese = labels("en"), labels("zh")
    ours = {(bare(english[key]), bare(chinese[key])) for key in english}
    assert {(quoted(cells[0])[0], quoted(cells[1])[0]) for cells in rows(section(PAGE, "Button words"))} == ours


def test_the_front_page_shows_only_buttons_that_exist() -> None:
    picture = re.findall(r"```\n(.*?)```", page("README.md"), re.DOTALL)[0]
    words = set(re.findall(r"\[([^\]]+)\]", picture))
    assert words
    # `{quantity}` and other values: whatever stands there may stand there.
    shapes = [re.escape(bare(label)).replace(r"\{", "{").replace(r"\}", "}") for label in labels("en").values()]
    known = [re.compile(re.sub(r"{\w+}", ".+", shape)) for shape in shapes if shape != "{name}"]
    assert [word for word in words if not any(shape.fullmatch(bare(word)) for shape in known)] == []
