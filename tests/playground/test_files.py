"""Pictures and documents: ids, forwarding, downloading."""

import pytest

from playground import Person, Playground, Refusal
from playground.files import Upload, picture
from tests.playground.conftest import TOKEN, Voice
from tests.playground.pictures import png

# The smallest complete JPEG: 1 x 1, grey.
JPEG = bytes.fromhex(
    "ffd8ffdb004300" + "01" * 64 + "ffc0000b080001000101011100ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f0010ffd9"
)


async def test_a_photo_comes_in_several_sizes_each_with_its_own_ids(ann: Person, bot: Voice) -> None:
    await ann.sends_photo(png(1000, 500), caption="receipt")
    [update] = await bot.updates()
    sizes = update["message"]["photo"]
    assert [(one["width"], one["height"]) for one in sizes] == [(90, 45), (320, 160), (800, 400), (1000, 500)]
    assert len({one["file_unique_id"] for one in sizes}) == 4
    assert update["message"]["caption"] == "receipt"


async def test_a_forwarded_picture_keeps_its_unique_id_and_an_upload_gets_a_new_one(
    ann: Person, pg: Playground, bot: Voice
) -> None:
    ben = pg.person("Ben")
    first = await ann.sends_photo(png())
    await ben.forwards(first)
    await ben.sends_photo(png())
    own, forwarded, uploaded = [update["message"] for update in await bot.updates()]
    unique = own["photo"][-1]["file_unique_id"]
    assert forwarded["photo"][-1]["file_unique_id"] == unique
    assert forwarded["photo"][-1]["file_id"] != own["photo"][-1]["file_id"]
    assert forwarded["forward_origin"]["sender_user"]["id"] == ann.id
    assert uploaded["photo"][-1]["file_unique_id"] != unique


async def test_a_file_id_can_be_sent_again_as_what_it_is(ann: Person, bot: Voice) -> None:
    sent = await bot("sendPhoto", chat_id=2001, photo=Upload("a.png", png()))
    file_id = sent["photo"][-1]["file_id"]
    again = await bot("sendPhoto", chat_id=2001, photo=file_id)
    assert again["photo"][-1]["file_unique_id"] == sent["photo"][-1]["file_unique_id"]
    refusal = await bot.refused("sendDocument", chat_id=2001, document=file_id)
    assert refusal.description == "Bad Request: can't use file of type Photo as Document"


async def test_a_file_id_belongs_to_one_bot(ann: Person, bot: Voice, pg: Playground) -> None:
    sent = await bot("sendPhoto", chat_id=2001, photo=Upload("a.png", png()))
    pg.add_bot("99:OTHER", username="other_bot")
    refusal = await Voice(pg, "99:OTHER").refused("getFile", file_id=sent["photo"][-1]["file_id"])
    assert refusal.description == "Bad Request: wrong file identifier/HTTP URL specified"


async def test_what_a_person_sends_can_be_downloaded(ann: Person, bot: Voice, pg: Playground) -> None:
    await ann.sends_document(b"hello", "list.csv", "text/csv", caption="prices")
    [update] = await bot.updates()
    document = update["message"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("list.csv", "text/csv")
    found = await bot("getFile", file_id=document["file_id"])
    assert pg.file_of(TOKEN, found["file_path"]).data == b"hello"
    with pytest.raises(Refusal, match="Not Found"):
        pg.file_of(TOKEN, "documents/none")


async def test_more_than_20_megabytes_cannot_be_downloaded(ann: Person, bot: Voice) -> None:
    await ann.sends_document(bytes(20 * 1024 * 1024 + 1), "film.bin")
    [update] = await bot.updates()
    refusal = await bot.refused("getFile", file_id=update["message"]["document"]["file_id"])
    assert refusal.description == "Bad Request: file is too big"


async def test_an_album_is_one_group_of_messages(ann: Person, bot: Voice) -> None:
    items = [
        {"type": "photo", "media": "attach://one", "caption": "first"},
        {"type": "photo", "media": "attach://two"},
    ]
    sent = await bot(
        "sendMediaGroup", chat_id=2001, media=items, one=Upload("1.png", png()), two=Upload("2.png", png(9, 9))
    )
    assert len({message["media_group_id"] for message in sent}) == 1
    assert [message.text for message in ann.inbox] == ["first", ""]


@pytest.mark.parametrize(("count", "documents"), [(1, 0), (11, 0), (1, 1)])
async def test_an_album_has_two_to_ten_files_of_one_sort(ann: Person, bot: Voice, count: int, documents: int) -> None:
    uploads = {f"p{n}": Upload(f"{n}.png", png(9, 9)) for n in range(count + documents)}
    media = [
        {"type": "photo" if at < count else "document", "media": f"attach://{name}"}
        for at, name in enumerate(uploads)
    ]
    await bot.refused("sendMediaGroup", chat_id=2001, media=media, **uploads)
    assert not ann.inbox


async def test_an_album_says_which_of_it_is_wrong_and_takes_no_long_caption_and_no_buttons(
    ann: Person, bot: Voice
) -> None:
    items = [{"type": "photo", "media": "attach://one"}, {"type": "photo", "media": "AgAC_old_z_99_1"}]
    one = Upload("1.png", png())
    refusal = await bot.refused("sendMediaGroup", chat_id=2001, media=items, one=one)
    assert 'failed to send message #2 with the error message "wrong file identifier' in refusal.description
    items[1] = {"type": "photo", "media": "attach://one", "caption": "x" * 1025}
    assert "too long" in (await bot.refused("sendMediaGroup", chat_id=2001, media=items, one=one)).description
    items[1]["caption"] = "x"
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    await bot.refused("sendMediaGroup", chat_id=2001, media=items, one=one, reply_markup=markup)
    assert not ann.inbox


async def test_who_hides_is_named_but_not_linked_where_a_message_is_forwarded(
    ann: Person, pg: Playground, bot: Voice
) -> None:
    ben = pg.person("Ben")
    ann.hides_forwards = True
    await ben.forwards(await ann.sends("mine"))
    _, forwarded = [update["message"] for update in await bot.updates()]
    origin = forwarded["forward_origin"]
    assert (origin["type"], origin["sender_user_name"]) == ("hidden_user", ann.name)
    assert "sender_user" not in origin


async def test_an_attachment_nobody_names_is_refused(ann: Person, bot: Voice) -> None:
    refusal = await bot.refused("sendMessage", chat_id=2001, text="x", spare=Upload("a", b"x"))
    assert "spare is not named" in refusal.description


async def test_a_message_can_become_another_picture_and_a_copy_has_its_own_caption(ann: Person, bot: Voice) -> None:
    sent = await bot("sendPhoto", chat_id=2001, photo=Upload("a.png", png()), caption="old")
    media = {"type": "photo", "media": "attach://new", "caption": "<b>new</b>", "parse_mode": "HTML"}
    await bot(
        "editMessageMedia", chat_id=2001, message_id=sent["message_id"], media=media, new=Upload("b.png", png(9, 9))
    )
    assert (ann.last.photo, ann.last.html) == (png(9, 9), "<b>new</b>")
    copied = await bot("copyMessage", chat_id=2001, from_chat_id=2001, message_id=sent["message_id"], caption="copy")
    assert copied == {"message_id": ann.last.id}
    assert (ann.last.text, ann.last.photo) == ("copy", png(9, 9))


def test_complete_pictures_are_told_from_broken_ones() -> None:
    assert picture(png(7, 5)) == ("image/png", 7, 5)
    assert picture(JPEG) == ("image/jpeg", 1, 1)
    assert picture(JPEG[:-2]) is None
    assert picture(png()[:-1]) is None
    assert picture(b"GIF89a") is None


async def test_a_photo_is_loaded_from_an_address_that_the_playground_knows(
    ann: Person, pg: Playground, bot: Voice
) -> None:
    pg.web["https://example.org/egg.png"] = Upload("egg.png", png(9, 9))
    sent = await bot("sendPhoto", chat_id=2001, photo="https://example.org/egg.png", caption="eggs")
    assert ann.last.photo == png(9, 9)
    again = await bot("sendPhoto", chat_id=2001, photo=sent["photo"][-1]["file_id"])
    assert again["photo"][-1]["file_unique_id"] == sent["photo"][-1]["file_unique_id"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://example.org/absent.png", "failed to get HTTP URL content"),
        ("http://127.0.0.1:1/egg.png", "failed to get HTTP URL content"),
        ("https://example.org/page.html", "wrong type of the web page content"),
        ("https://example.org/large.png", "failed to get HTTP URL content"),
        ("https://:80/egg.png", "wrong file identifier/HTTP URL specified"),
        ("https://[broken/egg.png", "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_any_other_address_is_refused_in_telegrams_words(
    ann: Person, pg: Playground, bot: Voice, address: str, words: str
) -> None:
    pg.web["https://example.org/page.html"] = Upload("page.html", b"<html></html>")
    pg.web["https://example.org/large.png"] = Upload("large.png", png() + bytes(5 * 1024 * 1024))
    refusal = await bot.refused("sendPhoto", chat_id=2001, photo=address)
    assert (refusal.code, refusal.description) == (400, f"Bad Request: {words}")
    assert ann.inbox == []


async def test_a_persons_album_is_a_message_for_each_picture_in_order(ann: Person, bot: Voice) -> None:
    await ann.sends_album([Upload("1.png", png()), Upload("2.png", png(9, 9))], ["EGG", None])
    first, second = [update["message"] for update in await bot.updates()]
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], "caption" in second) == ("EGG", False)
