"""Every failure as an OperationOutcome, and the one table from issue to HTTP status.

Implements https://hl7.org/fhir/R4/operationoutcome.html and https://hl7.org/fhir/R4/http.html#Status-Codes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response

from publisher.issue import Issue, IssueError, Report, SpokenError
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
        self.values = values
        super().__init__(self.in_language(FALLBACK))

    def in_language(self, language: str) -> Report:
        """Return the report of this refusal in `language`."""
        message = MESSAGES[self.rule]
        expression = self.values.get("expression")
        where = str(expression) if expression else None
        sentence = message.text(language, self.values)
        return Report([Issue.error(message.code, self.rule, sentence, expression=where)])


def status_of(report: Report) -> int:
    """Return the HTTP status of the first error of `report`, 500 when there is none."""
    for issue in report:
        if issue.is_error:
            return STATUS_OF_RULE.get(issue.rule) or STATUS_OF_CODE.get(issue.code, 500)
    return 500


def outcome_body(report: Report) -> bytes:
    """Return `report` as the bytes of an OperationOutcome whose diagnostics name line and column."""
    return dumps(Report([_placed(issue) for issue in report]).to_operation_outcome())


def respond(report: Report, status: int | None = None, *, language: str = FALLBACK) -> Response:
    """Return the answer that carries `report`; its status is that of its first error."""
    answer = Response(outcome_body(report), status or status_of(report), content_type=CONTENT_TYPE)
    answer.headers["Content-Language"] = language
    answer.headers["Cache-Control"] = "no-store"
    return answer


def refusal_answer(refusal: RefusalError, language: str = FALLBACK) -> Answer:
    """Return the answer to a request that is refused before the framework is reached."""
    report = refusal.in_language(language)
    headers = [("Content-Language", language), ("Cache-Control", "no-store")]
    return answer_with(outcome_body(report), CONTENT_TYPE, headers, refusal.status or status_of(report))


def refuse(refusal: IssueError, language: str) -> Response:
    """Return the answer to a request that was refused, in `language` where the words are our own."""
    if isinstance(refusal, RefusalError):
        answer = respond(refusal.in_language(language), refusal.status, language=language)
        if answer.status_code == 401:  # noqa: PLR2004  HTTP
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if isinstance(refusal, SpokenError):
        return respond(refusal.in_language(language), language=language)
    return respond(refusal.report)


def _placed(issue: Issue) -> Issue:
    if issue.source is None:
        return issue
    place = f"Line {issue.source.line}, column {issue.source.column}"
    return replace(issue, diagnostics=f"{place}: {issue.diagnostics}")
