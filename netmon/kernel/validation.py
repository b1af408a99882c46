"""Checks what a file says against a model: every mistake at its place in plain words, and what is right in spite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from netmon.kernel.contradictions import contradictions, rules_of
from netmon.kernel.documents import Node, Path, Plain, existing
from netmon.kernel.problems import Mistakes, Problem, listed, nearest, quote
from netmon.kernel.wording import cause_of, choices_of

Model = TypeVar("Model", bound=BaseModel)
Locate = Callable[[Path], Node]


@dataclass(frozen=True, slots=True, eq=False)
class Checked(Generic[Model]):
    """Values that were held against a model, as far as they are right.

    Attributes:
        values: the plain values.
        whole: all of it as the model has it; ``None`` where there is any mistake.
        wrong: the paths of values that are wrong in themselves.
        faults: these, and those of missing values, unknown keys, and values inside that contradict each other.
        mistaken: what is wrong with these, and with keys that nobody knows.
        contradictory: rules between values that are broken, right as each value may be.
        missing: what should stand there and does not.
    """

    values: object
    whole: Model | None
    wrong: frozenset[Path] = frozenset()
    faults: frozenset[Path] = frozenset()
    mistaken: tuple[Problem, ...] = ()
    contradictory: tuple[Problem, ...] = ()
    missing: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is to be told."""
        return (*self.mistaken, *self.contradictory, *self.missing)

    def right(self, *path: str | int) -> Plain:
        """The plain value at *path*; ``None`` where nothing stands, or where it, or what it stands in, is wrong."""
        if self.wrong and any(path[:length] in self.wrong for length in range(len(path) + 1)):
            return None
        if len(path) == 1:
            return self.values.get(path[0]) if isinstance(self.values, dict) else None
        value, found = existing(self.values, path)
        return value if len(found) == len(path) else None

    def is_sound(self, key: str) -> bool:
        """Whether nothing is wrong with what stands at *key*, nor missing in it; right or not, it may be left out."""
        return () not in self.faults and not any(path[0] == key for path in self.faults)


def validate(model: type[Model], node: Node) -> Model:
    """What stands at *node*, as a *model*.

    Raises:
        Mistakes: it is not what *model* allows; every mistake is in it.
    """
    checked = check(model, node)
    if checked.whole is None:
        raise Mistakes(checked.problems)
    return checked.whole


def check(model: type[Model], node: Node) -> Checked[Model]:
    """What stands at *node*, held against *model*."""
    return check_values(model, node.value, lambda path: node.at(*path))


def check_values(model: type[Model], values: object, locate: Locate, also: Iterable[str] = ()) -> Checked[Model]:
    """*values*, put together from several places, held against *model*; *locate* knows the node of each path in them.

    *also* names keys that would be right beside the model's own, for the nearest spelling of a wrong one.
    """
    try:
        return Checked(values, model.model_validate(values))
    except ValidationError as error:
        return _Findings(model, values, locate, tuple(also)).all_of(error)


@dataclass(frozen=True, slots=True)
class _Findings:
    """Sorts what pydantic found."""

    model: type[BaseModel]
    values: object
    locate: Locate
    also: tuple[str, ...]

    def all_of(self, error: ValidationError) -> Checked[Any]:
        found = [details for details in error.errors(include_url=False) if not _only_follows(details)]
        missing = [details for details in found if details["type"] == "missing"]
        rules = [details for details in found if self._is_rule(details)]
        mistaken = [details for details in found if details not in missing and details not in rules]
        unknown = [details for details in mistaken if details["type"] == "extra_forbidden"]
        wrong = frozenset(self._standing(details) for details in mistaken if details not in unknown)
        lacking = {(*existing(self.values, details["loc"][:-1])[1], details["loc"][-1]) for details in missing}
        faults = wrong | lacking | {path for path in map(self._standing, (*unknown, *rules)) if path}
        contradictory = [
            *(self._place(details["loc"]).problem(str(details["ctx"]["error"])) for details in rules),
            *(self._place(path).problem(cause) for path, cause in contradictions(self.model, self.values, faults)),
        ]
        return Checked(
            self.values,
            None,
            wrong=wrong,
            faults=faults,
            mistaken=tuple(self._explained(mistaken)),
            contradictory=tuple(contradictory),
            missing=tuple(self._absence(details["loc"]) for details in missing),
        )

    def _standing(self, details: ErrorDetails) -> Path:
        """The path of the value that *details* speak of, without steps that only pydantic makes."""
        return existing(self.values, details["loc"])[1]

    def _place(self, path: Path) -> Node:
        return self.locate(path).existing()[0]

    def _is_rule(self, details: ErrorDetails) -> bool:
        """Whether a model said this of its right fields, and not a field of its value."""
        value, _ = existing(self.values, details["loc"])
        return (
            details["type"] == "value_error"
            and isinstance(value, dict)
            and any(rules_of(model) for model in _models_at(self.model, details["loc"]))
        )

    def _absence(self, path: Path) -> Problem:
        key = str(path[-1])
        return self._place(path[:-1]).problem(f"{quote(key)} is missing", missing=key)

    def _explained(self, mistaken: Iterable[ErrorDetails]) -> Iterator[Problem]:
        """A problem for each; where none of several forms fitted, they are one problem."""
        problems: list[Problem] = []
        alternatives: dict[tuple[int, int, str], list[str]] = {}
        for details in mistaken:
            problem, is_alternative = self._problem(details)
            if is_alternative:
                causes = alternatives.setdefault((problem.line, problem.column, problem.path), [])
                causes.append(problem.cause)
                if len(causes) > 1:
                    continue
            problems.append(problem)
        return (_with_all(problem, alternatives) for problem in problems)

    def _problem(self, details: ErrorDetails) -> tuple[Problem, bool]:
        path: Path = details["loc"]
        node, skipped = self.locate(path).existing()
        if details["type"] == "extra_forbidden":
            key = str(path[-1])
            known = {*_keys_at(self.model, path[:-1]), *(self.also if len(path) == 1 else ())}
            hint = nearest(key, known) or f"allowed are {listed(known)}"
            return node.problem_at_key(f"unknown key {quote(key)}", hint), False
        if choices := choices_of(details):
            given = str(details["input"]) if isinstance(details["input"], str | int) else ""
            return node.problem(f"{quote(given)} is not one of {listed(choices)}", nearest(given, choices)), skipped
        return node.problem(cause_of(details, node)), skipped


def _only_follows(details: ErrorDetails) -> bool:
    """Whether a list is too short only because its wrong items, which are told by themselves, were left out."""
    given = details["input"]
    return details["type"] == "too_short" and isinstance(given, list) and len(given) >= details["ctx"]["min_length"]


def _with_all(problem: Problem, alternatives: Mapping[tuple[int, int, str], list[str]]) -> Problem:
    causes = alternatives.get((problem.line, problem.column, problem.path), ())
    if len(causes) < 2:
        return problem
    return Problem(problem.file, problem.line, problem.column, problem.path, ", or ".join(dict.fromkeys(causes)))


def _models_at(model: type[BaseModel], path: Path) -> set[type[BaseModel]]:
    """The models that may stand at *path* below *model*; steps that are no field lead into lists and mappings."""
    models = {model}
    for step in path:
        fields = [field for each in models for key, field in _fields_by_key(each).items() if key == step]
        if fields:
            models = {inner for field in fields for inner in _models_in(field.annotation)}
    return models


def _keys_at(model: type[BaseModel], path: Path) -> set[str]:
    return {key for each in _models_at(model, path) for key in _fields_by_key(each)}


def _fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of *model* by the keys that files call them by."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _models_in(argument)
