"""What a device is reached through: any of a list, all of it, or *k* of it, nested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, StrictInt, Tag, WithJsonSchema, model_validator

from netmon.inventory.words import Id
from netmon.kernel.settings import Settings


class Group(Settings):
    """Devices and groups of them, of which some must stand; a bare list is any of it."""

    any: tuple[Member, ...] | None = Field(default=None, min_length=1, description="One of these is enough.")
    all: tuple[Member, ...] | None = Field(default=None, min_length=1, description="Every one of these is needed.")
    k: StrictInt | None = Field(default=None, ge=1, description="How many of `of` are needed.")
    of: tuple[Member, ...] | None = Field(default=None, min_length=1, description="What `k` counts.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Group:
        forms = [name for name in ("any", "all", "of") if getattr(self, name) is not None]
        if len(forms) != 1 or (self.k is None) != (self.of is None):
            raise ValueError("parents are a list (any of it), {all: [...]} or {k: 2, of: [...]}")
        if self.k is not None and self.k > len(self.members):
            raise ValueError(f"{self.k} of {len(self.members)} can never stand")
        return self

    @property
    def members(self) -> tuple[str | Group, ...]:
        """The devices by name, and the groups inside."""
        return self.any or self.all or self.of or ()

    @property
    def needed(self) -> int:
        """How many of the members must stand."""
        if self.any is not None:
            return 1
        return self.k if self.k is not None else len(self.members)

    def devices(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every device that is named, with the path to where it is named."""
        for form in ("any", "all", "of"):
            for index, member in enumerate(getattr(self, form) or ()):
                if isinstance(member, str):
                    yield (form, index), member
                else:
                    yield from (((form, index, *path), name) for path, name in member.devices())


def _grouped(value: Any) -> Any:
    return {"any": value} if isinstance(value, list) else value


def _form(value: Any) -> str:
    return "group" if isinstance(value, dict | list) else "id"


GroupText = Annotated[Group, BeforeValidator(_grouped), WithJsonSchema({"$comment": "parents"})]
"""A group as it is written: a list, ``{all: [...]}`` or ``{k: 2, of: [...]}``."""

Member = Annotated[Annotated[Id, Tag("id")] | Annotated[GroupText, Tag("group")], Discriminator(_form)]

Group.model_rebuild()
