"""The papers of `book/references.bib`, and how a text names them: as a Markdown link to the paper itself.

    python -m tools.papers kingma2014auto      (prints both links, to be pasted)

A link reads well everywhere. The site sends it to its own page of references; see
`book/_extensions/plain_markdown.py`.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass

from pybtex.database import Entry, Person, parse_file

from tools.environment import ROOT

BIBLIOGRAPHY = ROOT / "book" / "references.bib"


@dataclass(frozen=True)
class Paper:
    """One entry: its key, its authors as a text names them, its year, and where it can be read."""

    key: str
    names: str
    year: str
    address: str

    @property
    def textual(self) -> str:
        """The link where the authors are part of the sentence."""
        return f"[{self.names} ({self.year})]({self.address})"

    @property
    def aside(self) -> str:
        """The link in brackets, where they are not."""
        return f"([{self.names}, {self.year}]({self.address}))"


def _surname(person: Person) -> str:
    return " ".join(str(part) for part in [*person.rich_prelast_names, *person.rich_last_names])


def _names(people: list[Person]) -> str:
    surnames = [_surname(person) for person in people]
    return f"{surnames[0]} et al." if len(surnames) > 2 else " and ".join(surnames)


def _address(entry: Entry) -> str:
    """The DOI first, then arXiv, then the address that is given."""
    if "doi" in entry.fields:
        doi = str(entry.fields["doi"]).replace("(", "%28").replace(")", "%29")  # they would end the link
        return f"https://doi.org/{doi}"
    if "eprint" in entry.fields:
        return f"https://arxiv.org/abs/{entry.fields['eprint']}"
    return str(entry.fields["url"])


@functools.cache
def papers() -> dict[str, Paper]:
    """List every paper by its key.

    Raises:
        KeyError: an entry has no DOI, no arXiv number and no address.
    """
    return {
        key: Paper(key, _names(entry.persons["author"]), str(entry.fields["year"]), _address(entry))
        for key, entry in parse_file(str(BIBLIOGRAPHY)).entries.items()
    }


@functools.cache
def by_address() -> dict[str, Paper]:
    """Every paper by where it can be read."""
    return {paper.address: paper for paper in papers().values()}


def main(words: list[str]) -> int:
    """Print the links of the papers whose keys contain a word."""
    for paper in papers().values():
        if any(word in paper.key for word in words):
            print(f"{paper.key}\n  {paper.textual}\n  {paper.aside}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
