"""Images: what can be run on, what is asked for, and what could not be made."""

from __future__ import annotations

from gistrun.model import Image
from gistrun.store import Store
from tests.contract.store.values import a_new

READY = Image("lua", "sha256:1", "Lua 5.4.9")


def test_an_image_that_is_asked_for_is_asked_for_until_it_is_there(store: Store) -> None:
    store.images.want("lua")
    store.images.want("c")
    store.images.want("lua")
    assert store.images.wanted() == ["lua", "c"]
    store.images.report("lua", "Lua is being prepared: step 1/2.")
    assert store.images.progress("lua") == "Lua is being prepared: step 1/2."
    assert store.images.ready("lua") is None
    store.images.publish(READY)
    assert (store.images.ready("lua"), store.images.progress("lua")) == (READY, None)
    assert store.images.wanted() == ["c"]


def test_an_image_that_could_not_be_made_is_not_asked_for_again_at_once(store: Store) -> None:
    store.images.want("lua")
    store.images.publish_broken("lua", "It cannot be built.")
    store.images.want("lua")
    assert (store.images.wanted(), store.images.broken("lua")) == ([], "It cannot be built.")
    store.images.forget("lua")
    store.images.want("lua")
    assert store.images.wanted() == ["lua"]


def test_a_run_that_an_older_version_left_needs_the_image_of_its_language(store: Store) -> None:
    new = a_new("r1")
    store.runs.create(new, public=True)
    # Not by a shelf, since none takes it away.
    store.client.plain().hdel("gistrun:run:r1", "image")
    (found,) = store.runs.active()
    assert found.image == found.run.language
