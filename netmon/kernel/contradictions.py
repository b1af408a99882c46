"""Asks the rules between a model's fields about those that are right, where wrong ones kept pydantic from asking.

A rule is a model validator with mode "after". It sees a model without the wrong and missing fields; one that leans
on any of them cannot be decided and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from netmon.kernel.documents import Path, Step

Wrong = dict[Step, "Wrong"]
"""Paths as a tree: a leaf is wrong, missing or unknown; a branch holds something that is."""

Contradiction = tuple[Path, str]
"""Where a rule is broken, and in what way."""


def contradictions(model: type[BaseModel], values: object, faults: Collection[Path]) -> Sequence[Contradiction]:
    """The rules of *model*, and of models in it, that *values* break besides having *faults*.

    Only models that hold a fault are asked; pydantic itself asks all others.
    """
    survey = _Survey()
    if tree := _tree(faults):
        survey.remains(model, values, tree, ())
    return survey.found


@cache
def rules_of(model: type[BaseModel]) -> Sequence[Callable[[Any], Any]]:
    """The rules between the fields of *model*."""
    validators = model.__pydantic_decorators__.model_validators.values()
    return tuple(validator.func for validator in validators if validator.info.mode == "after")


@dataclass(frozen=True, slots=True)
class _Survey:
    """Goes through values that hold faults, and gathers the rules that they break."""

    found: list[Contradiction] = field(default_factory=list)

    def remains(self, annotation: Any, value: Any, faults: Wrong, path: Path) -> Any:
        """What is left of *value*: a model of what is right in it, or else all of it as it was written."""
        choices = tuple(_choices(annotation))
        model = next((choice for choice in choices if _is_model(choice)), None)
        if isinstance(value, dict) and model is not None:
            rest = self._rest(model, value, faults, path)
            self.found.extend((path, cause) for cause in _broken(model, rest))
            return rest
        if isinstance(value, dict | list):
            inside = _inside(choices) or annotation
            for step, inner in faults.items():
                if inner:
                    self.remains(inside, value[step], inner, (*path, step))  # type: ignore[index]  # faults have its shape
        return value

    def _rest(self, model: type[BaseModel], value: dict[str, Any], faults: Wrong, path: Path) -> BaseModel:
        """A *model* of what is right in *value*; what is not it lacks, even as a default."""
        right: dict[str, Any] = {}
        for name, described in model.model_fields.items():
            key = described.alias or name
            inside = faults.get(key)
            if inside is None and key in value:
                right[key] = _adapter(model, name).validate_python(value[key])
            elif inside:
                right[key] = self.remains(described.annotation, value[key], inside, (*path, key))
        rest = model.model_construct(**right)
        for name, described in model.model_fields.items():
            if (described.alias or name) in faults.keys() - right.keys():
                rest.__dict__.pop(name, None)
        return rest


def _broken(model: type[BaseModel], rest: BaseModel) -> Iterator[str]:
    for rule in rules_of(model):
        try:
            rule(rest)
        except ValueError as error:
            yield str(error)
        except (AttributeError, TypeError):
            continue  # it leans on what is wrong


def _tree(paths: Collection[Path]) -> Wrong:
    tree: Wrong = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    return tree


def _choices(annotation: Any) -> Iterator[Any]:
    """The forms that *annotation* allows."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _choices(arguments[0])
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _choices(argument)
    else:
        yield annotation


def _inside(choices: Sequence[Any]) -> Any:
    """What the members of a list or mapping are; ``None`` where a list is short for the model itself."""
    for choice in choices:
        if get_origin(choice) in (tuple, list):
            return get_args(choice)[0]
        if get_origin(choice) in (dict, Mapping):
            return get_args(choice)[1]
    return None


def _is_model(choice: Any) -> bool:
    return isinstance(choice, type) and issubclass(choice, BaseModel)


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    described = model.model_fields[name]
    annotation: Any = described.annotation
    return TypeAdapter(Annotated[annotation, *described.metadata] if described.metadata else annotation)
