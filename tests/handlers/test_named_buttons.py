"""Texts that tell people to tap something name a button there is."""

import re

import pytest
from babel.messages.pofile import read_po

from handlers.translation import LOCALES

QUOTED = re.compile(r"“([^”{}]+)”")
EMOJI = re.compile(r"^[^\w−+]+ ")
# What is typed, not tapped.
TYPED = {"unlimited", "不限", "never", "none", "无", "-", "tomorrow 20:00", "明天 20:00", "EGG 2"}
# What is switched in Telegram.
TELEGRAMS = {"Remain anonymous", "匿名"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_button_a_text_names_exists(language: str) -> None:
    with (LOCALES / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    texts = {
        str(message.id if isinstance(message.id, str) else message.id[0]): text
        for message in catalogue
        if message.id
        for text in ([message.string] if isinstance(message.string, str) else message.string)
    }
    labels = {EMOJI.sub("", text) for key, text in texts.items() if key.startswith("button.")}
    named = {word for text in texts.values() for word in QUOTED.findall(text)}
    assert named - TYPED - TELEGRAMS <= labels
