"""What a plugin check may be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from netmon.collectors.endpoint import Host
from netmon.kernel.settings import BytesText, SecretReference, Settings

ADDRESS = "{address}"
LARGEST_LIMIT = 2**20

_REFERENCE = re.compile(r"(env|file|credential|literal):")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_RULING = re.compile(
    r"(LD_|DYLD_|BASH|PYTHON|PERL|RUBY|NODE_|LUA_|JAVA_|GCONV_|LC_).*|"
    r"PATH|ENV|IFS|SHELL|SHELLOPTS|HOME|TMPDIR|LANG|LANGUAGE|CDPATH|LOCPATH|NLSPATH|_JAVA_OPTIONS|HOSTALIASES|RES_OPTIONS",
    re.ASCII,
)
"""Variables that decide what a program loads or runs; they are no place for secrets."""


def _validate_program(name: str) -> str:
    if "/" in name or name in (".", "..") or not name.isprintable():
        raise ValueError("write the plug-in's file name alone; plugins: in config.yaml says where it may stand")
    return name


def _validate_arguments(arguments: tuple[str, ...]) -> tuple[str, ...]:
    for one in arguments:
        if "\0" in one:
            raise ValueError("an argument cannot hold a null character")
        if _REFERENCE.match(one):
            raise ValueError(
                "a secret never stands on a command line, where every user of this machine can read it;"
                " pass it by secrets or by input"
            )
    return arguments


def _validate_secrets(secrets: Mapping[str, str]) -> Mapping[str, str]:
    for name in secrets:
        if _VARIABLE.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of an environment variable")
        if _RULING.fullmatch(name):
            raise ValueError(f"{name} decides what programs do, and is no place for a secret")
    return secrets


def _validate_limit(length: int) -> int:
    if not 0 < length <= LARGEST_LIMIT:
        raise ValueError("at most 1 MiB is read, and at least one byte")
    return length


class PluginSettings(Settings):
    """Settings of a plugin check."""

    program: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_validate_program)] = Field(
        description="File name of the plug-in, which stands in one of the directories of plugins: in config.yaml."
    )
    arguments: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=2_000)], ...], AfterValidator(_validate_arguments)
    ] = Field(
        default=(),
        max_length=100,
        description=f"Its arguments, handed over as they are, without a shell; {ADDRESS} is the address that is asked.",
    )
    host: Host | None = Field(
        default=None, description="Who is asked: where absent the device itself, or the host of the service's URL."
    )
    secrets: Annotated[Mapping[str, SecretReference], AfterValidator(_validate_secrets)] = Field(
        default_factory=dict,
        max_length=20,
        description="Environment variables for the plug-in, each with the place where its secret stands.",
    )
    input: SecretReference | None = Field(
        default=None, description="Where the secret stands that is written to the plug-in's standard input."
    )
    limit: Annotated[BytesText, AfterValidator(_validate_limit)] = Field(
        default=64 * 2**10, description="How much it may say, up to 1 MiB; more is a failure."
    )
