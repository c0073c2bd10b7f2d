"""Fill the prefetch of a CDS Hooks request from a FHIR server and call the service: for clients that cannot.

    python docs/gateway.py --cds https://cds.example --fhir https://ehr.example/fhir SERVICE < request.json

The request is one as a client would send it, without `prefetch`. Only the two servers named here are ever called, by
GET and POST without following redirects. See docs/how-to/gateway.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

SECONDS = 10
MOST_PAGES = 20
TOKEN = re.compile(r"\{\{\s*context\.(\w+)\s*\}\}")
FAILURES = (requests.RequestException, ValueError, KeyError, TypeError, AttributeError)  # the last of a damaged answer


def main() -> int:
    """Read a request, write the answer; return 0 where the service answered with cards."""
    arguments = parser().parse_args()
    base, request = arguments.cds.rstrip("/"), hook_request()
    request.pop("fhirAuthorization", None)  # what is needed is sent, so nobody else needs to read the record
    cds, fhir = requests.Session(), requests.Session()
    for session, name in ((cds, "CDS_TOKEN"), (fhir, "FHIR_TOKEN")):
        session.trust_env = False
        if os.environ.get(name):
            session.headers["Authorization"] = f"Bearer {os.environ[name]}"
    fhir.headers["Accept"] = "application/fhir+json"
    cds.headers["Accept-Language"] = arguments.language
    templates = service_of(cds, base, arguments.service).get("prefetch", {})
    request["prefetch"] = {
        key: answer(fhir, arguments.fhir, filled(template, request["context"])) for key, template in templates.items()
    }
    answered = called(cds, base, arguments.service, request)
    sys.stdout.write(f"{answered.text}\n")
    return 0 if answered.status_code == requests.codes.ok else 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("service", metavar="SERVICE", help="the id of the service")
    told.add_argument("--cds", required=True, metavar="URL", help="where /cds-services is")
    told.add_argument("--fhir", required=True, metavar="URL", help="the base of the FHIR server")
    told.add_argument("--language", default="sv")
    return told


def hook_request() -> dict[str, Any]:
    """Return the hook request on standard input; end with a sentence where there is none."""
    try:
        request = json.load(sys.stdin)
    except ValueError:
        request = None
    if not isinstance(request, dict) or not isinstance(request.get("context"), dict):
        sys.exit("Standard input is no hook request: send a JSON object with a context.")
    return request


def service_of(cds: requests.Session, base: str, name: str) -> dict[str, Any]:
    """Return a service as discovery describes it; end with a sentence where there is none."""
    try:
        services = {one["id"]: one for one in get(cds, f"{base}/cds-services")["services"]}
    except FAILURES as error:
        sys.exit(f"{base}/cds-services does not say which services there are ({reason(error)}); check --cds.")
    if name not in services:
        sys.exit(f"{base} has no service {name}; name one of {', '.join(services)}.")
    return dict(services[name])


def called(cds: requests.Session, base: str, name: str, request: dict[str, Any]) -> requests.Response:
    """Return the answer of a service to a call; end with a sentence where there is none."""
    try:
        return cds.post(f"{base}/cds-services/{name}", json=request, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        sys.exit(f"{base} does not answer the call ({reason(error)}).")


def filled(template: str, context: dict[str, Any]) -> str:
    """Return a prefetch template with the values of the context in the place of its tokens."""
    for name in TOKEN.findall(template):
        if name not in context:
            sys.exit(f"The prefetch of the service needs context.{name}, which the request lacks.")
    return TOKEN.sub(lambda match: requests.utils.quote(str(context[match[1]]).split("/")[-1], safe=""), template)


def answer(fhir: requests.Session, base: str, query: str) -> Any:
    """Return what the FHIR server answers to a query: a resource, all pages of a search, or why there is nothing."""
    url = f"{base.rstrip('/')}/{query}"
    try:
        first = get(fhir, url)
        return whole(fhir, first, url) if first.get("resourceType") == "Bundle" else first
    except FAILURES as error:
        return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": reason(error)}]}


def whole(fhir: requests.Session, first: dict[str, Any], url: str) -> dict[str, Any]:
    """Return all pages of a search as one, with what the first says of the whole, such as its total.

    Where one is missing, or is none, the `next` link stays, so that it is known.
    """
    entries = list(first.get("entry", ()))
    following = next_of(first, url)
    for _ in range(MOST_PAGES):
        page = page_of(fhir, following)
        if following is None or page is None:
            break
        entries += page.get("entry", ())
        following = next_of(page, following)
    links = [one for one in first.get("link", ()) if one.get("relation") == "self"]  # what was searched for
    links += [{"relation": "next", "url": following}] if following is not None else []
    bundle = {name: value for name, value in first.items() if name not in ("entry", "link")}
    return {**bundle, **({"link": links} if links else {}), **({"entry": entries} if entries else {})}


def page_of(fhir: requests.Session, url: str | None) -> dict[str, Any] | None:
    """Return a page of a search, None where the server has none there or fails."""
    try:
        page = get(fhir, url) if url else {}
    except (requests.RequestException, ValueError):
        return None
    return page if page.get("resourceType") == "Bundle" else None


def next_of(page: dict[str, Any], url: str) -> str | None:
    """Return the address of the next page; one on another server is none of ours to call."""
    link = next((one["url"] for one in page.get("link", ()) if one.get("relation") == "next"), None)
    if link is None:
        return None
    following = urljoin(url, link)
    if urlsplit(following)[:2] != urlsplit(url)[:2]:
        raise ValueError("The next page is on another server.")
    return following


def get(session: requests.Session, url: str) -> dict[str, Any]:
    """Return a JSON object, or raise what went wrong."""
    response = session.get(url, timeout=SECONDS, allow_redirects=False)
    response.raise_for_status()
    found = response.json()
    if response.is_redirect or not isinstance(found, dict):
        raise ValueError("The answer is no JSON object.")
    return found


def reason(error: Exception) -> str:
    """Return the issue type of a failure: https://hl7.org/fhir/R4/valueset-issue-type.html."""
    if isinstance(error, requests.Timeout):
        return "timeout"
    status = error.response.status_code if isinstance(error, requests.HTTPError) else 0
    return {401: "login", 403: "forbidden", 404: "not-found"}.get(status, "exception")


if __name__ == "__main__":
    sys.exit(main())
