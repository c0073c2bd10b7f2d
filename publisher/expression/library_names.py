"""Names that a library declares or includes, as its nodes refer to them.

https://cql.hl7.org/04-logicalspecification.html#libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.expression.compiler import NotSupportedError
from publisher.expression.values import Code, CodeSystem

if TYPE_CHECKING:
    from publisher.expression.compiler import LibraryNames, Node, Scope


def library_of(scope: Scope, elm: Node) -> LibraryNames:
    """Return the library that a reference names: the one it stands in, or an included one."""
    return included(scope.library, elm.get("libraryName"))


def included(library: LibraryNames, alias: str | None) -> LibraryNames:
    """Return an included library by its local name; without one, the library itself."""
    if alias is None:
        return library
    found: LibraryNames | None = library.includes.get(alias)
    if found is None:
        raise NotSupportedError(f"library {library.id} includes no library called {alias!r}")
    return found


def declared_system(library: LibraryNames, name: str) -> CodeSystem:
    """Return a declared code system."""
    definition = library.code_systems.get(name)
    if definition is None:
        raise NotSupportedError(f"library {library.id} declares no code system {name!r}")
    return CodeSystem(definition["id"], definition.get("version"), name)


def declared_code(library: LibraryNames, name: str, alias: str | None = None) -> Code:
    """Return a declared code with the address of its code system."""
    library = included(library, alias)
    definition = library.codes.get(name)
    if definition is None:
        raise NotSupportedError(f"library {library.id} declares no code {name!r}")
    reference = definition.get("codeSystem") or {}
    if not reference:
        return Code(definition["id"], None, None, definition.get("display"))
    system = declared_system(included(library, reference.get("libraryName")), reference["name"])
    return Code(definition["id"], system.id, system.version, definition.get("display"))


def unconverted(scope: Scope, elm: Node) -> Node:
    """Return what a native conversion to a code or concept is made from: membership reads FHIR as it is."""
    native = elm.get("type") == "FunctionRef" and elm.get("name") in ("ToCode", "ToConcept")
    alias = elm.get("libraryName", "")
    if native and alias in scope.library.includes and scope.library.includes[alias] is None:
        return dict(elm["operand"][0])
    return elm
