"""ELM from Python: load a library once, evaluate it on any patient's data.

https://cql.hl7.org/elm.html.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Libraries, Library
from publisher.expression.limits import DEFAULT, Limits
from publisher.expression.terminology import Terminology
from publisher.expression.trace import trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from publisher.expression.definition import Outcome

Resource = dict[str, Any]


class LoadedLibrary:
    """A library with what it includes and its value sets."""

    def __init__(self, library: Library, terminology: Terminology) -> None:
        """Hold a compiled library and the terminology that it is evaluated with."""
        self.library = library
        self.terminology = terminology

    def evaluate(  # noqa: PLR0913  one call is the door
        self,
        data: DataContext | Resource | Iterable[Resource],
        names: Iterable[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        now: datetime | None = None,
        limits: Limits = DEFAULT,
        explain: bool = False,
    ) -> dict[str, Outcome]:
        """Return the outcome of each of `names`, by default of all public definitions.

        `data` is a Bundle, one resource, several, or a DataContext; of anything but the last, every type is supplied
        whole. A patient's data is read, never changed. With `explain`, outcomes carry their evidence and their trace.
        """
        context = data if isinstance(data, DataContext) else DataContext.of(resources_of(data), closed=True)
        env = Evaluation(
            context,
            self.terminology,
            parameters=parameters,
            now=now,
            limits=limits,
            explains=explain,
            traces=explain,
        )
        wanted = self.library.definitions() if names is None else names
        outcomes = {name: self.library.evaluate(name, env) for name in wanted}
        if not explain:
            return outcomes
        return {name: replace(each, trace=trace_of(self.library, name, env)) for name, each in outcomes.items()}


def load_library(
    elm: Resource | str | Path,
    includes: Iterable[Resource | str | Path] = (),
    terminology: Terminology | Iterable[Resource] | Callable[[str], Resource | None] = (),
) -> LoadedLibrary:
    """Return the library of `elm` (ELM as an object, or the path of a file of it), ready to be evaluated.

    `includes` are the libraries that it includes; FHIRHelpers need not be among them. `terminology` is what its value
    sets are found in: resources, a function that resolves a canonical, or a Terminology.
    """
    main = _library_object(elm)
    held = {_key(each): each for each in map(_library_object, [*includes, elm])}
    libraries = Libraries(lambda name, version: held.get((name, version)) or held.get((name, None)))
    held |= {(name, None): each for (name, _), each in list(held.items())}
    return LoadedLibrary(libraries.library(*_key(main)), _terminology(terminology))


def _library_object(elm: Resource | str | Path) -> Resource:
    document = elm if isinstance(elm, dict) else json.loads(Path(elm).read_text(encoding="utf-8"))
    library: Resource = document.get("library", document)
    return library


def _key(library: Resource) -> tuple[str, str | None]:
    identifier = library.get("identifier", {})
    return identifier.get("id", ""), identifier.get("version")


def _terminology(given: Any) -> Terminology:
    if isinstance(given, Terminology):
        return given
    if callable(given):
        return Terminology(given)
    by_url: dict[str, Resource] = {}
    for resource in given:
        url = resource.get("url", "")
        by_url.setdefault(url, resource)
        by_url[f"{url}|{resource.get('version')}"] = resource
    return Terminology(lambda canonical: by_url.get(canonical) or by_url.get(canonical.partition("|")[0]))


def resources_of(data: Resource | Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources of a Bundle, of several, or the one."""
    if not isinstance(data, dict):
        for each in data:
            yield from resources_of(each)
    elif data.get("resourceType") != "Bundle":
        yield data
    else:
        for entry in data.get("entry", ()):
            if isinstance(entry.get("resource"), dict):
                yield from resources_of(entry["resource"])
