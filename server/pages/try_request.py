"""The request of the pages to try: as it is written, and as it is sent with what is chosen for each prefetch key."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from publisher.hook_refusals import refused
from publisher.issue import IssueError
from server.body import object_in
from server.outcome import placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    Resource = dict[str, Any]

STATES: Final = ("as-is", "empty", "refused", "absent")
EMPTY: Final = {"resourceType": "Bundle", "type": "searchset", "total": 0}
REFUSAL: Final = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}


def chosen_of(query: Mapping[str, str]) -> dict[str, str]:
    """Return what the address of a page chooses for keys."""
    return {key: value for key, value in query.items() if value in STATES}


def read_request(written: str, limit: int, language: str) -> tuple[Resource | None, str]:
    """Return the request that is written on the page, or why it is none."""
    try:
        value = object_in(written.encode(), limit)
    except IssueError as error:
        return None, " ".join(placed(issue, language).diagnostics for issue in error.report)
    is_request = isinstance(value.get("prefetch", {}), dict)
    return (value, "") if is_request else (None, placed(refused("prefetch", "prefetch"), language).diagnostics)


def own_state(request: Resource, key: str) -> str:
    """Return what a request does with a key where nothing else is chosen."""
    prefetch = request.get("prefetch", {})
    if key not in prefetch:
        return "absent"
    return "refused" if _is_refusal(prefetch[key]) else "as-is"


def as_sent(request: Resource, states: Mapping[str, str]) -> Resource:
    """Return a request whose keys bring what is chosen for them."""
    sent = copy.deepcopy(request)
    prefetch = sent.setdefault("prefetch", {})
    for key, state in states.items():
        if state == "absent":
            prefetch.pop(key, None)
        elif state == "refused":
            prefetch[key] = prefetch[key] if _is_refusal(prefetch.get(key)) else REFUSAL
        elif state == "empty" or key not in prefetch or _is_refusal(prefetch[key]):
            prefetch[key] = EMPTY
    return sent


def _is_refusal(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "OperationOutcome"
