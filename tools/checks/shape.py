"""Finds functions in C++ laid out by clang-format: a brace matcher, not a parser.

It reads code from which comments and literals are already blanked (Tree.code). A brace opens a
function when the text before it, back to the last `;` or brace, has a parameter list and is
neither a type, a namespace nor an initialiser. What is inside a function is not looked into, so a
lambda counts for the function around it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SCOPE = re.compile(r"\b(?:namespace|extern|class|struct|union|enum)\b")
PARAMETERS = re.compile(r"\)|\boperator\b|\]\s*$")
LABEL = re.compile(r"\b(?:public|private|protected)\s*:(?!:)")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    name: str
    first: int
    last: int

    @property
    def lines(self) -> int:
        return self.last - self.first + 1


def matching(code: str, opening: int) -> int:
    """The place of the brace that closes the one at `opening`, or the end."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def name_of(head: str) -> str:
    match = re.search(r"([~\w:]+|operator[^\w\s(]+)\s*\(", head)
    return match[1] if match else "a lambda"


def is_type_or_namespace(head: str) -> bool:
    keyword = SCOPE.search(re.sub(r"template\s*<[^{]*?>\s*(?=\w)", "", head))
    return bool(keyword) and "(" not in head[:keyword.start()] and (
        keyword[0] in ("namespace", "extern") or not re.search(r"\w\s*\([^()]*\)[^()]*$", head)
        or bool(re.match(r"\s*(?:class|struct|union|enum)\b", head)))


def functions(code: str) -> Iterator[Function]:
    code = DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), code)
    place = start = 0
    while match := re.compile(r"[{};]").search(code, place):
        place = match.end()
        if match[0] != "{":
            start = place
            continue
        head = LABEL.sub(lambda found: " " * len(found[0]), code[start:match.start()])
        if is_type_or_namespace(head):
            start = place
            continue
        closing = matching(code, match.start())
        place = closing + 1
        follows = code[place:place + 40].lstrip()[:1]
        if follows in (",", "{"):  # one member of a constructor's initialiser list
            continue
        is_value = re.search(r"=\s*(?:\w[\w:<>, ]*)?$", head) or follows == ";" and "[" not in head
        if PARAMETERS.search(head) and not is_value:
            first = start + len(head) - len(head.lstrip())
            yield Function(name_of(head), code.count("\n", 0, first) + 1,
                           code.count("\n", 0, closing) + 1)
        start = place
