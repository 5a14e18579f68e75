"""Which `If-None-Match` has the answer (RFC 9110, 13.1.2)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.web.front.validators import matches, only_validators, validators

TAG = '"abc"'


@pytest.mark.parametrize(
    "header",
    [
        TAG,
        f"W/{TAG}",
        f' {TAG}\t',
        f'"x", {TAG}',
        f'{TAG},"x"',
        f', ,"a,b",W/"c" ,{TAG} ,',
        f'"", {TAG}',
        "*",
        " * ",
    ],
)  # fmt: skip
def test_a_tag_in_a_list_matches(header: str) -> None:
    assert matches(header, TAG)


@pytest.mark.parametrize(
    "header",
    [
        "abc",
        "W/abc",
        '"abc',
        'abc"',
        f'"x, {TAG}',
        f'{TAG}"',
        f'"x,{TAG}',
        f'"x","y,{TAG}",z"',
        f"w/{TAG}",
        f"W/ {TAG}",
        f"{TAG} {TAG}",
        f"{TAG};",
        f"{TAG}, x",
        f'*, {TAG}',
        f'{TAG}, *',
        '"*"',
        "'abc'",
        '"abc\x7f"',
        '"x,abc"',
        f'"a b", {TAG}',
        "",
        ",",
    ],
)  # fmt: skip
def test_a_header_of_another_form_matches_nothing(header: str) -> None:
    assert not matches(header, TAG)


@given(st.lists(st.sampled_from(['"', ",", " ", "W/", "abc", "*", TAG, "\t", "\x00", "é"])).map("".join))
def test_what_flask_sees_are_tags_only(header: str) -> None:
    seen = validators(header)
    assert seen in ("", "*") or matches(f"{seen}, {TAG}", TAG)
    assert matches(seen, TAG) == matches(header, TAG)


@pytest.mark.parametrize("part", ['"a",', '"', ",", " ", "W/", '"a" "', '"a"\t'])
def test_a_long_header_is_read_at_once(part: str) -> None:
    began = time.process_time()
    matches(part * 100_000, TAG)
    assert time.process_time() - began < 1


def test_the_time_counts_only_without_a_tag_and_a_range_never() -> None:
    seen = {}
    app = only_validators(lambda environ, _: seen.update(environ) or [])  # type: ignore[func-returns-value]
    since = {"HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT"}
    app(since | {"HTTP_RANGE": "lines=1-2"}, None)
    assert seen == since
    seen.clear()
    app(since | {"HTTP_IF_NONE_MATCH": "x"}, None)
    assert seen == {"HTTP_IF_NONE_MATCH": ""}
