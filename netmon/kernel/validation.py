"""Checks what a file says against a model, and tells every mistake at its place in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from netmon.kernel.documents import Node, Path
from netmon.kernel.problems import Mistakes, Problem, listed, nearest, quote
from netmon.kernel.wording import cause_of, choices_of

Model = TypeVar("Model", bound=BaseModel)
Locate = Callable[[Path], Node]


def validate(model: type[Model], node: Node) -> Model:
    """What stands at *node*, as a *model*.

    Raises:
        Mistakes: it is not what *model* allows; every mistake is in it.
    """
    return validate_values(model, node.value, lambda path: node.at(*path))


def validate_values(model: type[Model], values: object, locate: Locate, also: Iterable[str] = ()) -> Model:
    """*values*, put together from several places, as a *model*; *locate* knows the node of each path in them.

    *also* names keys that would be right beside the model's own, for the nearest spelling of a wrong one.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Mistakes(_explained(error, model, locate, tuple(also))) from None


def _explained(error: ValidationError, model: type[BaseModel], locate: Locate, also: tuple[str, ...]) -> list[Problem]:
    """The problems in *error*; where none of several forms fitted, they are one problem."""
    problems: list[Problem] = []
    alternatives: dict[tuple[int, int, str], list[str]] = {}
    for details in error.errors(include_url=False):
        if _only_follows(details):
            continue
        problem, is_alternative = _problem(details, model, locate, also)
        if is_alternative:
            alternatives.setdefault((problem.line, problem.column, problem.path), []).append(problem.cause)
            if len(alternatives[problem.line, problem.column, problem.path]) > 1:
                continue
        problems.append(problem)
    return [_with_all(problem, alternatives) for problem in problems]


def _only_follows(details: ErrorDetails) -> bool:
    """Whether a list is too short only because its wrong items, which are told by themselves, were left out."""
    given = details["input"]
    return details["type"] == "too_short" and isinstance(given, list) and len(given) >= details["ctx"]["min_length"]


def _with_all(problem: Problem, alternatives: Mapping[tuple[int, int, str], list[str]]) -> Problem:
    causes = alternatives.get((problem.line, problem.column, problem.path), ())
    if len(causes) < 2:
        return problem
    return Problem(problem.file, problem.line, problem.column, problem.path, ", or ".join(dict.fromkeys(causes)))


def _problem(
    details: ErrorDetails, model: type[BaseModel], locate: Locate, also: tuple[str, ...]
) -> tuple[Problem, bool]:
    path: Path = details["loc"]
    if details["type"] == "missing":
        key = str(path[-1])
        holder, _ = locate(path[:-1]).existing()
        return holder.problem(f"{quote(key)} is missing", missing=key), False
    node, skipped = locate(path).existing()
    if details["type"] == "extra_forbidden":
        key = str(path[-1])
        known = {*_keys_at(model, path[:-1]), *(also if len(path) == 1 else ())}
        hint = nearest(key, known) or f"allowed are {listed(known)}"
        return node.problem_at_key(f"unknown key {quote(key)}", hint), False
    if choices := choices_of(details):
        given = str(details["input"]) if isinstance(details["input"], str | int) else ""
        return node.problem(f"{quote(given)} is not one of {listed(choices)}", nearest(given, choices)), skipped
    return node.problem(cause_of(details, node)), skipped


def _keys_at(model: type[BaseModel], path: Path) -> set[str]:
    models = {model}
    for step in path:
        fields = [each.model_fields[step] for each in models if isinstance(step, str) and step in each.model_fields]
        if fields:
            models = {inner for field in fields for inner in _models_in(field.annotation)}
    return {field.alias or name for each in models for name, field in each.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _models_in(argument)
