"""Aggregate functions over lists; nulls in the list do not count.

https://cql.hl7.org/09-b-cqlreference.html#aggregate-functions. Each needs the whole list: open if it may hold more.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals
from publisher.expression.compiler import Expr, NotSupportedError, contextual, depth, node
from publisher.expression.decimals import WORK
from publisher.expression.nodes.arithmetic import add, divide, multiply, subtract
from publisher.expression.quantity import Quantity
from publisher.expression.values import order, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation

Values = list[Any]


def _extreme(sign: int) -> Callable[[Values], Any]:
    def choose(values: Values) -> Any:
        best = values[0]
        for value in values[1:]:
            if (order(value, best) or 0) * sign > 0:
                best = value
        return best

    return choose


def _sum(values: Values) -> Any:
    return reduce(lambda left, right: None if left is None else add(left, right), values)


def _product(values: Values) -> Any:
    return reduce(lambda left, right: None if left is None else multiply(left, right), values)


def _mean(values: Values) -> Any:
    total = _sum([_decimal(value) for value in values])
    return None if total is None else divide(total, Decimal(len(values)))


def _decimal(value: Any) -> Any:
    return value if type(value) is Quantity else Decimal(value)


def _median(values: Values) -> Any:
    ordered = _sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return _mean(ordered[middle - 1 : middle + 1])


def _sorted(values: Values) -> Values:
    return sorted(values, key=cmp_to_key(lambda left, right: order(left, right) or 0))


def _mode(values: Values) -> Any:
    counts: list[tuple[Any, int]] = []
    for value in values:
        for index, (seen, count) in enumerate(counts):
            if same(seen, value):
                counts[index] = (seen, count + 1)
                break
        else:
            counts.append((value, 1))
    return max(counts, key=lambda each: each[1])[0]


def _variance(least: int) -> Callable[[Values], Any]:
    """Return the variance of a sample (`least` 1 is taken from the count) or of a population."""

    def compute(values: Values) -> Any:
        if len(values) <= least:
            return None
        mean = _mean(values)
        deviations = [subtract(_decimal(value), mean) for value in values]
        squares = _sum([multiply(each, each) for each in deviations])
        return None if squares is None else divide(squares, Decimal(len(values) - least))

    return compute


def _deviation(least: int) -> Callable[[Values], Any]:
    variance = _variance(least)

    def compute(values: Values) -> Any:
        result = variance(values)
        if type(result) is Quantity:
            unit = next(value.unit for value in values)
            return Quantity(_root(result.value), unit)
        return None if result is None else _root(result)

    return compute


def _root(value: Decimal) -> Decimal:
    return decimals.trimmed(decimals.limited(WORK.sqrt(value)) or Decimal(0))


def _geometric_mean(values: Values) -> Any:
    if any(value <= 0 for value in values):
        return None
    logs = [WORK.ln(Decimal(value)) for value in values]
    mean = WORK.divide(reduce(WORK.add, logs), Decimal(len(logs)))
    return decimals.trimmed(decimals.limited(WORK.exp(mean)) or Decimal(0))


# By name: what is made of the values that are not null, and what of none.
AGGREGATES: dict[str, tuple[Callable[[Values], Any], Any]] = {
    "Count": (len, 0),
    "Sum": (_sum, None),
    "Product": (_product, None),
    "Min": (_extreme(-1), None),
    "Max": (_extreme(1), None),
    "Avg": (_mean, None),
    "Median": (_median, None),
    "Mode": (_mode, None),
    "GeometricMean": (_geometric_mean, None),
    "Variance": (_variance(1), None),
    "PopulationVariance": (_variance(0), None),
    "StdDev": (_deviation(1), None),
    "PopulationStdDev": (_deviation(0), None),
    "AllTrue": (lambda values: all(value is True for value in values), True),
    "AnyTrue": (lambda values: any(value is True for value in values), False),
}


@node(*AGGREGATES)
def aggregate(scope: Scope, elm: Node) -> Expr:
    """Return an aggregate of a list."""
    if "path" in elm:
        raise NotSupportedError(f"{elm['type']} with a path is not supported")
    function, of_none = AGGREGATES[elm["type"]]
    source = scope.compile(elm["source"]) if "source" in elm else scope.operands(elm)[0]

    def compute(env: Evaluation, values: Values | None) -> Any:
        env.charge(len(values or ()))
        given = [value for value in values or () if value is not None]
        return function(given) if given else of_none

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = source.tracked(env, frame)
        return compute(env, part[0]), depth(part), None

    return Expr(contextual(compute, [source], nulls=True).plain, tracked)
