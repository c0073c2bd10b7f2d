"""The JSON Schemas in docs/schemas, which editors use to complete and check topic files.

`python tools/schemas.py` writes them anew; with `--check` it says which of them are stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from publisher.source.artifact_schemas import schemas, written

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write the schemas, or check them; return the exit status."""
    texts = {name: written(schema) for name, schema in schemas().items()}
    present = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}
    stale = sorted(name for name in {*texts, *present} if texts.get(name) != present.get(name))
    if "--check" in arguments:
        sys.stderr.writelines(f"{folder / name} is stale; run python tools/schemas.py\n" for name in stale)
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in texts:
            (folder / name).write_text(texts[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
