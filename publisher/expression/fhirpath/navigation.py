"""Step from items to their elements, straight into the JSON where the type is known when compiling.

Implements https://hl7.org/fhirpath/N1/#path-selection and https://hl7.org/fhir/R4/fhirpath.html#polymorphism.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath import model
from publisher.expression.fhirpath.compiled import Expr, Scope, empty, items
from publisher.expression.fhirpath.element import EMPTY, Element, Items, type_of
from publisher.expression.fhirpath.types import QUANTITY, is_cast, is_open, is_primitive, is_subtype, specifier

if TYPE_CHECKING:
    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.types import Specifier


def this(scope: Scope) -> Expr:
    """Return the expression `$this`."""
    if scope.collection is not None:
        return scope.collection
    type_ = scope.this_type

    def run(_env: Environment, this: Any) -> Any:
        return this

    value = _value_of_this if type_ is not None and is_primitive(type_) else None
    return Expr(run, type_, single=True, value=value, is_this=scope.this_certain)


def _value_of_this(_env: Environment, this: Any) -> Any:
    return this.value if this.__class__ is Element else this


def first_name(name: str, scope: Scope) -> Expr:
    """Return what a name at the start of a path means: the type of `$this`, or an element of it."""
    if name[:1].isupper():
        start = _typed_start(name, scope)
        if start is not None:
            return start
    return member(this(scope), name)


def _typed_start(name: str, scope: Scope) -> Expr | None:
    type_ = scope.this_type
    wanted = specifier(name)
    if wanted is None or wanted.fhir is None:
        return None
    if type_ is not None and is_subtype(type_, name):
        return this(scope)
    if not is_open(type_):
        return None

    def run(_env: Environment, this: Any) -> Any:
        found = type_of(this)
        return this if found is not None and is_subtype(found, name) else None

    is_resource = name not in ("Resource", "DomainResource") and model.step(name, "implicitRules") is not None
    return Expr(run, name if is_resource else None, single=True)


def member(focus: Expr, name: str) -> Expr:
    """Return the expression of the elements `name` of `focus`."""
    if focus.type is None:
        return _dynamic(focus, name)
    if focus.type == QUANTITY:
        return _dynamic(focus, name) if name in model.QUANTITY_PARTS else empty()
    step = model.step(focus.type, name)
    if step is None:
        return _dynamic(focus, name) if is_open(focus.type) else empty()
    if is_primitive(focus.type):
        return _of_primitive(focus, step)
    if step.is_choice:
        return _choice(focus, step)
    return _key(focus, step.keys[0], is_list=step.is_list)


def _dynamic(focus: Expr, name: str) -> Expr:
    listed, found = items(focus), model.found

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        for item in listed(env, this):
            out.extend(found(item, name))
        env.left -= len(out)
        if env.left < 0:
            env.refill()
        return out

    return Expr(run, None, single=False)


def _of_primitive(focus: Expr, step: model.Step) -> Expr:
    """Return the id or extensions of primitives: they are in what stands beside the value."""
    owners, key = items(focus), step.keys[0]

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        for item in owners(env, this):
            if item.__class__ is Element and item.sibling:
                value = item.sibling.get(key.name)
                if value is not None:
                    out.extend(value if value.__class__ is list else (value,))
        return out

    return Expr(run, key.type, single=False)


def _choice(focus: Expr, step: model.Step) -> Expr:
    def narrowed(wanted: Specifier) -> Expr | None:
        keys = [key for key in step.keys if is_cast(key.type, wanted)]
        return None if len(keys) > 1 else _key(focus, keys[0], is_list=step.is_list) if keys else empty()

    owner, chosen = focus.run, _chooser(step)
    if focus.single and not step.is_list:
        certain = focus.is_this

        def single(env: Environment, this: Any) -> Any:
            item = this if certain else owner(env, this)
            return None if item is None else chosen(item)

        return Expr(single, None, single=True, narrowed=narrowed)
    listed = items(focus)

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        for item in listed(env, this):
            out.extend(step.items(item))
        env.left -= len(out)
        if env.left < 0:
            env.refill()
        return out

    return Expr(run, None, single=False, narrowed=narrowed)


def _chooser(step: model.Step) -> Any:
    """Return what gives the one item of a choice of types, by the shorter way for the number of types."""
    table = {key.name: key for key in step.keys}
    siblings = {key.sibling: key for key in step.keys if key.is_primitive}

    def chosen(owner: dict[str, Any]) -> Any:
        for name, value in owner.items():
            key = table.get(name)
            if key is not None:
                return Element(value, key.type, owner.get(key.sibling) if key.is_primitive else None)
        for name, sibling in owner.items():
            key = siblings.get(name)
            if key is not None:
                return Element(None, key.type, sibling)
        return None

    return chosen


def _key(focus: Expr, key: model.Key, *, is_list: bool) -> Expr:
    if focus.single and not is_list:
        return _single(focus, key)
    run = _list_of_one(focus, key) if focus.single else _list_of_many(focus, key, is_list=is_list)
    return Expr(run, key.type, single=False)


def _single(focus: Expr, key: model.Key) -> Expr:
    """Return the expression of an element that occurs at most once, of at most one item."""
    value = _value(focus, key.name)
    if not key.is_primitive:
        return Expr(value, key.type, single=True)
    owner, name, sibling, type_ = focus.run, key.name, key.sibling, key.type

    def run(env: Environment, this: Any) -> Any:
        item = owner(env, this)
        if item is None:
            return None
        if sibling in item:
            return Element(item.get(name), type_, item[sibling])
        return item.get(name)

    return Expr(run, type_, single=True, value=value)


def _value(focus: Expr, name: str) -> Run:
    if focus.is_this:
        return lambda _env, this: this.get(name)
    owner = focus.run

    def value(env: Environment, this: Any) -> Any:
        item = owner(env, this)
        return None if item is None else item.get(name)

    return value


def _list_of_one(focus: Expr, key: model.Key) -> Run:
    """Return the closure of a repeating element of one item: the JSON array itself, not copied."""
    name, sibling, type_, is_primitive_ = key.name, key.sibling, key.type, key.is_primitive
    owner = focus.run

    def run(env: Environment, this: Any) -> Any:
        item = owner(env, this)
        if item is None:
            return EMPTY
        value = item.get(name)
        if is_primitive_ and sibling in item:
            return model.with_siblings(value, item[sibling], type_)
        if value.__class__ is list:
            return value
        return EMPTY if value is None else [value]

    return run


def _list_of_many(focus: Expr, key: model.Key, *, is_list: bool) -> Run:
    owners, name = focus.run if not focus.single else items(focus), key.name
    sibling = key.sibling if key.is_primitive else ""
    type_ = key.type

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        for item in owners(env, this):
            if sibling and sibling in item:
                out.extend(model.with_siblings(item.get(name), item[sibling], type_))
                continue
            value = item.get(name)
            if value is None:
                continue
            if is_list and value.__class__ is list:
                out.extend(value)
            else:
                out.append(value)
        env.left -= len(out) + 1
        if env.left < 0:
            env.refill()
        return out

    return run
