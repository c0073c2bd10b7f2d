"""What an undetermined action is called: by what is to be decided, for its own title is worded as advice.

https://cql.hl7.org/03-developersguide.html#annotations: the title of a definition stands in the tags of its comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher import wording
from publisher.language import text

if TYPE_CHECKING:
    from publisher.apply.tree import AppliedAction


def undecided_name(applied: AppliedAction, language: str) -> str:
    """Return the titles of the conditions that are open; without any the action's own title, or its id."""
    opened = [each for each in applied.decision.conditions if each.is_open or each.value is None]
    titles = [each.titles.get(language) or text(each.expression, "description", language) for each in opened]
    found = [each for each in titles if each]
    return wording.listed(found, language) if found else text(applied.action, "title", language) or applied.id
