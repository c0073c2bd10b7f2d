"""Every failure as an OperationOutcome, and the one table from issue to HTTP status.

Implements https://hl7.org/fhir/R4/operationoutcome.html and https://hl7.org/fhir/R4/http.html#Status-Codes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response

from publisher.issue import Issue, IssueError, Report
from publisher.r4.codec import dumps
from server.answer import answer_with
from server.messages import FALLBACK, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.answer import Answer

CONTENT_TYPE = "application/fhir+json"

STATUS_OF_CODE: Mapping[str, int] = {
    "invalid": 400,
    "structure": 400,
    "required": 400,
    "value": 400,
    "invariant": 422,
    "security": 403,
    "login": 401,
    "unknown": 401,
    "expired": 401,
    "forbidden": 403,
    "suppressed": 403,
    "processing": 422,
    "not-supported": 400,
    "duplicate": 409,
    "multiple-matches": 412,
    "not-found": 404,
    "deleted": 410,
    "too-long": 413,
    "code-invalid": 422,
    "extension": 422,
    "too-costly": 400,
    "business-rule": 422,
    "conflict": 412,
    "transient": 503,
    "lock-error": 503,
    "no-store": 503,
    "exception": 500,
    "timeout": 504,
    "incomplete": 422,
    "throttled": 429,
    "informational": 200,
}

# HTTP tells these apart where the issue type does not.
STATUS_OF_RULE: Mapping[str, int] = {
    "type-unknown": 404,
    "operation-unknown": 404,
    "evaluator-off": 404,
    "method-not-allowed": 405,
    "format-not-supported": 406,
    "fhir-version-not-supported": 406,
    "content-type-not-supported": 415,
    "content-encoding-not-supported": 415,
    "request-too-long": 414,
}


class RefusalError(IssueError):
    """A request that the server refuses: a row of the messages, and what was met."""

    def __init__(self, rule: str, *, status: int | None = None, **values: object) -> None:
        self.rule = rule
        self.status = status
        message, expression = MESSAGES[rule], values.get("expression")
        where = str(expression) if expression else None
        translations = (("sv", message.text("sv", values)),)
        said = message.text(FALLBACK, values)
        super().__init__(Issue.error(message.code, rule, said, expression=where, translations=translations))


def status_of(report: Report) -> int:
    """Return the HTTP status of the first error of `report`, 500 when there is none."""
    for issue in report:
        if issue.is_error:
            return STATUS_OF_RULE.get(issue.rule) or STATUS_OF_CODE.get(issue.code, 500)
    return 500


def spoken(report: Report, language: str) -> str:
    """Return the language that all of `report` can be told in: the one asked for, else English."""
    return language if all(language in dict(issue.translations) for issue in report) else FALLBACK


def outcome_body(report: Report, language: str = FALLBACK) -> bytes:
    """Return `report` as the bytes of an OperationOutcome whose diagnostics name line and column."""
    return dumps(Report([placed(issue, language) for issue in report]).to_operation_outcome())


def refusal_answer(refusal: RefusalError, language: str = FALLBACK) -> Answer:
    """Return the answer to a request that is refused before the framework is reached."""
    headers = [("Content-Language", language), ("Cache-Control", "no-store")]
    status = refusal.status or status_of(refusal.report)
    return answer_with(outcome_body(refusal.report, language), CONTENT_TYPE, headers, status)


def refuse(refusal: IssueError, language: str) -> Response:
    """Return the answer to a request that was refused, in `language` where the words are there in it."""
    report, told = refusal.report, spoken(refusal.report, language)
    given = refusal.status if isinstance(refusal, RefusalError) else None
    answer = Response(outcome_body(report, told), given or status_of(report), content_type=CONTENT_TYPE)
    answer.headers["Content-Language"] = told
    answer.headers["Cache-Control"] = "no-store"
    if answer.status_code == 401:  # noqa: PLR2004  HTTP
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def placed(issue: Issue, language: str) -> Issue:
    """Return an issue in a language, with the line and column that it is about before its words."""
    told = issue.in_language(language)
    if issue.source is None:
        return told
    line, column = ("Rad", "kolumn") if language == "sv" else ("Line", "column")
    return replace(told, diagnostics=f"{line} {issue.source.line}, {column} {issue.source.column}: {told.diagnostics}")
