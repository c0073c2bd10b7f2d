"""What the caches of functions hold: the standard library's, those of what is used here, and ours."""

from __future__ import annotations

import functools
import gc


def caches_with(word: str) -> list[str]:
    """Return the names of the functions of which a kept argument or result holds `word`."""
    kind = type(functools.cache(repr))
    found = (each for each in gc.get_objects() if type(each) is kind)  # of what is gone, a proxy tells no class
    kept = [each for each in found if not each.__module__.startswith("pytest")]
    return [f"{each.__module__}.{each.__qualname__}" for each in kept if word in repr(gc.get_referents(each))]
