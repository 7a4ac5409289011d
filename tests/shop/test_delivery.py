"""What delivery costs, and in which region an address is."""

import pytest

from shop.delivery import Fee, NotDelivered, Region, Tariff, fee

JIANGXI = Region(names=("Jiangxi", "江西"), fee=800)
XINJIANG = Region(names=("Xinjiang", "新疆"), fee=None)
TARIFF = Tariff(fee=1200, free_from=9900, regions=(JIANGXI, XINJIANG))


def test_as_long_as_nobody_has_set_anything_delivery_costs_nothing() -> None:
    assert fee(Tariff(), 1, "anywhere") == Fee(amount=0, free_from=None)
    assert fee(Tariff(free_from=9900), 1, "anywhere") == Fee(amount=0, free_from=None)


@pytest.mark.parametrize(("worth", "amount"), [(0, 1200), (9899, 1200), (9900, 0), (9901, 0)])
def test_from_the_value_on_it_is_free_to_the_last_minor_unit(worth: int, amount: int) -> None:
    assert fee(TARIFF, worth, "1 Tea Lane, Changsha, Hunan") == Fee(amount=amount, free_from=9900)


@pytest.mark.parametrize(
    "address",
    [
        "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi",
        "12 Dingjiang West Road, JIANGXI province",
        "12 Dingjiang West Road, Ｊｉａｎｇｘｉ",
        "江西省宜春市铜鼓县定江西路12号",
        "Tonggu\njiangxi",
        "Jiangxi Road 5, Nanchang, Jiangxi",
        "Jiangxi, Street of Tea 4",
    ],
)
def test_a_region_is_found_by_its_names(address: str) -> None:
    assert fee(TARIFF, 100, address) == Fee(amount=800, free_from=9900)


@pytest.mark.parametrize(
    "address",
    [
        "1 Tea Lane, Jiangxinan",
        "1 Tea Lane, NewJiangxi",
        "Jiangxi2, Hunan",
        "5 Jiangxi Road, Shanghai",
        "5 Jiangxi Middle Rd., Shanghai",
        "5 Jiangxi N. Street, Shanghai",
        "上海市黄浦区江西中路5号",
        "上海市黄浦区江西路5号",
        "青岛市市南区江西大道1号",
        "铜鼓县定江西路12号",
    ],
)
def test_a_longer_word_and_a_street_are_no_region(address: str) -> None:
    assert fee(TARIFF, 100, address) == Fee(amount=1200, free_from=9900)


@pytest.mark.parametrize("address", ["乌鲁木齐市天山区，新疆", "Urumqi, Xinjiang"])
def test_where_nothing_is_delivered_no_value_helps(address: str) -> None:
    assert isinstance(fee(TARIFF, 10**9, address), NotDelivered)


def test_the_longest_name_counts_and_of_equals_the_first_region() -> None:
    mongolia = Region(names=("Mongolia",), fee=500)
    inner = Region(names=("Inner Mongolia",), fee=None)
    for regions in ((mongolia, inner), (inner, mongolia)):
        assert fee(Tariff(regions=regions), 1, "Hohhot, inner  mongolia") == NotDelivered(region="Inner Mongolia")
    north, south = Region(names=("北京",), fee=100), Region(names=("南京",), fee=200)
    assert fee(Tariff(regions=(north, south)), 1, "南京 北京") == Fee(amount=100, free_from=None)
    assert fee(Tariff(regions=(south, north)), 1, "南京 北京") == Fee(amount=200, free_from=None)
