"""Checks as they are written, with their places; which of their keys are right is for the kinds to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netmon.kernel.documents import Node, Plain
from netmon.kernel.problems import Mistakes, Problem, quote

_FORMS = "checks are kinds in a list, such as [icmp, {http: {url: ...}}], or a mapping of kinds"


@dataclass(frozen=True, slots=True, eq=False)
class WrittenCheck:
    """One check as somebody wrote it.

    Attributes:
        options: what stands below its kind; ``None`` where the check is taken away (``off``).
        node: where that stands.
    """

    kind: str
    options: Mapping[str, Plain] | None
    node: Node

    @property
    def name(self) -> str | None:
        """What tells it from other checks of its kind; ``None`` where it says nothing, or no text."""
        name = self.options.get("name") if self.options else None
        return name if isinstance(name, str) else None


def written_checks(node: Node) -> tuple[WrittenCheck, ...]:
    """The checks at *node*: a list of kinds and one-key mappings, or one mapping; none where nothing stands.

    Raises:
        Mistakes: it has another form, or one check stands twice.
    """
    checks, problems = surveyed_checks(node)
    if problems:
        raise Mistakes(problems)
    return checks


def surveyed_checks(node: Node) -> tuple[tuple[WrittenCheck, ...], tuple[Problem, ...]]:
    """The checks at *node* that have the form of one, those that stand there twice too, and what is wrong."""
    found = tuple(_found(node))
    checks = tuple(each for each in found if isinstance(each, WrittenCheck))
    problems = [each for each in found if isinstance(each, Problem)]
    firsts: dict[tuple[str, str | None], WrittenCheck] = {}
    for check in checks:
        first = firsts.setdefault((check.kind, check.name), check)
        if first is not check:
            cause = f"the check {quote(check.kind)} stands in {first.node.where} already"
            problems.append(check.node.problem(cause, "tell them apart by a name"))
    return checks, tuple(problems)


def _found(node: Node) -> Iterator[WrittenCheck | Problem]:
    match node.value:
        case None:
            return
        case dict():
            for kind, options in node.entries():
                yield _one(kind, options)
        case list():
            for item in node.items():
                yield from _item(item)
        case _:
            yield node.problem(_FORMS)


def _item(item: Node) -> Iterator[WrittenCheck | Problem]:
    match item.value:
        case str(kind):
            yield WrittenCheck(kind, {}, item)
        case dict(mapping) if len(mapping) == 1:
            yield from (_one(kind, options) for kind, options in item.entries())
        case _:
            yield item.problem(_FORMS)


def _one(kind: str, options: Node) -> WrittenCheck | Problem:
    match options.value:
        case None | True | "on":
            return WrittenCheck(kind, {}, options)
        case False | "off":
            return WrittenCheck(kind, None, options)
        case dict(mapping):
            return WrittenCheck(kind, mapping, options)
    return options.problem(f"the settings of {quote(kind)} must be a mapping of keys to values, or off")
