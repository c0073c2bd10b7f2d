"""Every rule an author can meet, by its code: severity, what it checks, what to do.

The rules of structural validation stand with their sections in validation/findings.py; these are all the others.
Rule codes never change meaning. Each is the `details.text` of https://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class RuleText(NamedTuple):
    """What a rule checks and what an author does about a breach of it."""

    severity: str
    checks: str
    fix: str


def _fatal(checks: str, fix: str) -> RuleText:
    return RuleText("fatal", checks, fix)


def _error(checks: str, fix: str) -> RuleText:
    return RuleText("error", checks, fix)


SOURCE: Final = {
    "file-unreadable": _fatal("A file can be opened.", "Check its name and rights."),
    "file-unread": _error("No resource file stands where nobody reads it.", "Name it *.yaml and put it in a folder."),
    "file-unknown": _error("A file that is asked about is one of a topic.", "Name a resource file of a topic."),
    "package-unreadable": _error("A package is an npm package of FHIR, or a folder.", "Pack it again."),
    "package-member": _error("A package holds plain files below package/, no two by one name.", "Pack it again."),
    "package-too-large": _error("A package is of readable size.", "Split it."),
    "yaml-size": _fatal("A file is of readable size.", "Split it."),
    "yaml-syntax": _error("A file is YAML.", "Correct it; indent with spaces and quote special signs."),
    "yaml-empty": _error("A file has content.", "Write the artifact, or remove the file."),
    "yaml-documents": _error("A file is one document.", "Keep one in a file."),
    "yaml-repeated-key": _error("No key stands twice.", "Keep one of them."),
    "yaml-key": _error("A key is a plain word.", "Write a word."),
    "yaml-merge": _error("The merge key << is not used.", "Write the elements out."),
    "yaml-tag": _error("No tag is used.", "Write the value alone."),
    "yaml-alias": _error("Aliases are few, known and outside anchors.", "Write the values out."),
    "yaml-depth": _error("The text is not too deep.", "Make it flatter."),
    "null-value": _error("A key has a value.", "Write one, or leave the key out."),
    "implicit-boolean": _error(
        "No word can be mistaken for a truth value.", "Write true or false, or quote it to mean the word."
    ),
    "implicit-number": _error("A number is written as JSON writes it.", "Write it so, or quote it to mean the text."),
    "json-size": _fatal("A text is of readable size.", "Make it smaller."),
    "json-encoding": _fatal("A text is UTF-8.", "Save it as UTF-8."),
    "json-byte-order-mark": _fatal("A text has no byte order mark.", "Save it without one."),
    "json-syntax": _fatal("A text is JSON.", "Correct it."),
    "json-trailing-content": _fatal("A text is one JSON value.", "Keep one."),
    "json-duplicate-key": _fatal("No key stands twice.", "Keep one of them."),
    "json-depth": _fatal("The text is not too deep.", "Make it flatter."),
    "json-not-a-number": _fatal("NaN and Infinity are no numbers.", "Give a number, or leave the element out."),
    "json-number-length": _fatal("A number is of readable length.", "Shorten it."),
    "json-number-range": _fatal("A number can be held.", "Correct the exponent."),
    "json-lone-surrogate": _fatal("A string holds whole characters.", "Write the character itself."),
    "json-control-character": _fatal("A string holds no control character.", "Take it out."),
    "topic-missing": _error("There is a topic.", "Make a folder with a topic.yaml."),
    "topic-folder": _error("A folder is called as its topic.", "Give both one name."),
    "topic-exists": _error("A new topic has a name of its own.", "Choose another name."),
    "topic-id": _error("A new topic has an id in kebab-case.", "Choose such a name."),
    "base-form": _error("A canonical base is a web address without a slash at its end.", "Correct it."),
    "key-missing": _error("A key that our own files need is there.", "Add it."),
    "key-unknown": _error("A key of our own files is a known one.", "Correct or remove it."),
    "key-wrong": _error("A value of our own files has the form it needs.", "Correct it."),
    "resource-type-missing": _error("A resource names its type.", "Say which FHIR type it is."),
    "resource-type-unknown": _error("A resource's type is one of R4.", "Choose one of them."),
    "id-missing": _error("A resource has an id of letters, digits, - and . only.", "Give one."),
    "artifact-duplicate": _error("No two artifacts share type and id.", "Give one of them another id."),
    "language-map-misplaced": _error("Only texts have languages.", "Write one value."),
    "language-unknown": _error("A language is one of publisher.yaml.", "Correct the key."),
    "canonical-form": _error("A canonical is Type/id or an address.", "Write it so."),
    "canonical-target-type": _error("A canonical names a type that may stand there.", "Name one of those types."),
    "coding-form": _error("A coding in one word is system#code.", "Write it so."),
    "derived-from-misplaced": _error(
        "derivedFrom lists statement ids on a resource or an action.", "Move or correct the list."
    ),
    "statement-unknown": _error("A statement that is named is in statements.yaml.", "Correct the id, or add it."),
    "system-unknown": _error("A code system is known by its name or address.", "Add it to publisher.yaml."),
    "code-unknown": _error("A code is in its code system.", "Correct the code."),
    "code-unlocked": _error("A code of an outside system is a row of terminology.csv.", "Verify it first."),
    "code-wrong": _error("A code is not one that was found to be wrong.", "Choose a verified code."),
    "code-check-digit": _error("A SNOMED CT or LOINC code has a right check digit.", "Copy the code again."),
    "display-differs": _error("A display is the one in the lock or the code system.", "Leave display out."),
    "lock-columns": _fatal("terminology.csv has its four columns.", "Correct the first line."),
    "lock-row": _error("A row of terminology.csv is whole, single and well-formed.", "Correct the row."),
    "expansion-impossible": _error("A value set lists its codes.", "Write system and concept."),
    "expansion-written": _error("An expansion is computed, not written.", "Leave it out."),
    "cql-missing": _error("A logic library has its CQL.", "Write the logic."),
    "elm-missing": _error("CQL has its ELM beside it.", "Run `vademecum compile --cql`."),
    "elm-stale": _error("ELM is the translation of the CQL beside it.", "Run `vademecum compile --cql`."),
    "library-identity": _error("CQL and artifact have one name and version.", "Make them the same."),
    "cql-translation": _error("CQL translates.", "Correct it as the translator says."),
    "cql-translator-missing": _fatal("Node is there to translate.", "Install Node 20 or later."),
    "cql-translator-install": _fatal("The translator can be installed.", "Check that the registry can be reached."),
    "cql-translator-failed": _fatal("The translator answers.", "Check that Node is 20 or later."),
}
CONTENT: Final = {
    "action-id-missing": _error("Every action has an id.", "Give it one."),
    "action-title-missing": _error("Every action has a title.", "Give it one."),
    "statement-missing": _error("What speaks to a clinician derives from a statement.", "Add derivedFrom."),
    "statement-unused": _error(
        "Every statement is carried by an artifact or waived.", "Name it in derivedFrom, or waive it in topic.yaml."
    ),
    "waiver-unknown": _error(
        "A waiver is of a statement, rule and artifact that are there.", "Correct the name, or take the waiver out."
    ),
    "waiver-refused": _error("A waiver is of a warning, or of a rule on knowledge artifacts.", "Take the waiver out."),
    "waiver-unused": RuleText("warning", "A waiver is of a finding that is there.", "Take the waiver out."),
    "waiver-needless": _error("A waiver is of a statement that nothing carries.", "Take the waiver out."),
    "waiver-repeated": _error("A statement is waived once.", "Keep one waiver."),
    "condition-not-derived": _error(
        "An action with a condition has a statement of its own, or the condition a description.", "Add either."
    ),
    "strength-unknown": _error("A statement's strength is in strength.yaml.", "Correct or add it."),
    "wording-too-strong": _error(
        "No text says more than the weakest statement it derives from, in any language.", "Say no more than it does."
    ),
    "dosage-forbidden": _error("No artifact carries a dose.", "Take it out."),
    "quantity-forbidden": _error("No element gives an amount or a timing.", "Take it out."),
    "amount-forbidden": _error("No text has a number with a unit.", "Take it out."),
    "source-copied": _error("No text shares four words in a row with the source page.", "Say it in other words."),
    "language-missing": _error("Every text is there in every language.", "Add the other language."),
    "language-other": _error("A resource is in the default language.", "Leave language out."),
    "id-form": _error("An id is in kebab-case; a Library's is its CQL name.", "Rename it."),
    "id-twin": _error("No two ids of a type differ in case only.", "Tell them apart by a word."),
    "url-other": _error("An address is base, type and id (the foundation apart).", "Leave url out."),
    "canonical-repeated": _error("No two artifacts share an address.", "Give each its own."),
    "canonical-twin": _error("No two addresses differ in case or a last slash only.", "Tell them apart by a word."),
    "version-form": _error("A version has neither bar nor space.", "Leave version out."),
    "version-other": _error("A version is that of the topic.", "Leave version out."),
    "date-other": _error("A date is that of the topic.", "Leave date out."),
    "status-unsigned": _error("What nobody signed is a draft and experimental.", "Write draft, experimental: true."),
    "approval-invented": _error("What nobody signed names no approval, review or person.", "Take the element out."),
    "coding-incomplete": _error("A coding has a system and a code.", "Write it as system#code."),
    "codes-flagged": RuleText("information", "Flagged codes are listed.", "Have a clinician approve them."),
    "reference-unresolved": _error("What is named below our base is there.", "Correct the name, or add it."),
    "canonical-unpinned": _error("What depends on an artifact of ours names its version.", "Write Type/id."),
    "reference-outside": _error("What a reader must follow is ours or of the standards.", "Define it in a topic."),
    "definition-unknown": _error(
        "A named expression is a public definition of a declared library.", "Define it, or declare its library."
    ),
    "goal-unresolved": _error("A goalId is a goal of the plan.", "Correct it, or add the goal."),
    "related-action-unresolved": _error("A relatedAction is another action of the plan.", "Name one that is there."),
    "prefetch-uncovered": _error("A prefetch key brings all data that a hook-level plan reads.", "Leave it out."),
    "hook-unknown": RuleText("warning", "A named event is a hook that is answered.", "Correct the name of the hook."),
    "plan-cycle": _error("No plan leads back to itself.", "Take one of the links out."),
    "artifact-unreachable": RuleText(
        "warning", "Some plan names every activity and questionnaire.", "Name it in the definition of an action."
    ),
    "model-refusal": _error("The second opinion, fhir.resources, accepts an artifact.", "Correct what it names."),
    "model-round-trip": _error("An artifact comes out of fhir.resources as it went in.", "Correct what differs."),
}
RELEASE: Final = {
    "compiled-stale": _error("A compiled file is what its source compiles to now.", "Run `vademecum compile`."),
    "release-mismatch": _error("A file has the bytes that its hash names.", "Compile again."),
    "release-missing": _error("A file that is listed is there.", "Compile again."),
    "release-extra": _error("A file that is there is listed.", "Compile again, or remove it."),
    "withdrawn-unreadable": _error("The list of what was withdrawn can be read.", "Put it there, as UTF-8."),
    "withdrawn-line": _error("A line of the list is a day, a canonical|version and a reason.", "Correct the line."),
    "withdrawn-unknown": RuleText("warning", "What the list names is held.", "Correct the name if it should be."),
    "withdrawal-not-held": _error(
        "What is to be withdrawn is held, in this version.", "Name it by its url and version."
    ),
    "release-sums": _error("SHA256SUMS holds hashes and names.", "Compile again."),
}
CASES: Final = {
    "case-repeated": _error("No two worked patients of a topic share an id.", "Give one of them another id."),
    "case-key-unknown": _error("A prefetch key of a worked patient is one that services ask for.", "Correct it."),
    "case-answers": _error("An answer in short is one that its question allows.", "Correct the linkId or the answer."),
    "case-action-unknown": _error("An action that a worked patient names is one of a plan.", "Correct the name."),
    "case-service-missing": _error("There is a plan for the question.", "Name another hook or plan, or write it."),
    "case-status": _error("The HTTP status is the expected one.", "Correct the case or the rule."),
    "case-missing-keys": _error("A refusal names the expected prefetch keys.", "Correct the case or the rule."),
    "case-card-missing": _error("Every expected card comes.", "Correct the case or the rule."),
    "case-card-unexpected": _error("Every card that comes is expected.", "List it, or correct the rule."),
    "case-action-missing": _error("Every action that is expected applies.", "Correct the case or the rule."),
    "case-action-unexpected": _error("Every action that applies is expected.", "List it, or correct the rule."),
    "case-order": _error("Cards and actions come in the expected order.", "Correct the case or the plan."),
    "case-statements": _error("It derives from the expected statements.", "Correct the case or the rule."),
    "case-indicator": _error("A card has the expected indicator.", "Correct the case, or the action's priority."),
    "case-summary": _error("A card has the expected summary, in each language.", "Correct the case or the title."),
    "case-suggestions": _error("A card has the expected suggestions.", "Correct the case or the rule."),
    "case-undecided-missing": _error("What is expected to be undecided is.", "Correct the case or the rule."),
    "case-undecided-unexpected": _error("Every undecided action is expected.", "List it, or correct the rule."),
    "case-because": _error("An action waits for the expected prefetch keys.", "Correct the case or the rule."),
    "case-line": _error("The first card says what to find out.", "Correct the case or the titles."),
    "case-unrecognised": _error("Items without a known code are as many as expected.", "Correct the case."),
    "case-absent": _error("What must appear nowhere does not.", "Correct the rule or the text."),
    "case-language": _error("The languages differ in words only.", "Correct the translation."),
}
FAMILIES: Final = {"Source": SOURCE, "Content": CONTENT, "Worked patients": CASES, "Release": RELEASE}
