"""``netmon schema``: JSON Schema of the files, for editors that complete and check while one writes."""

from __future__ import annotations

import click

from netmon.cli.everywhere import answering
from netmon.cli.session import Session
from netmon.cli.values import OneOf
from netmon.cli.words import marked
from netmon.collectors import KINDS
from netmon.config.schema import FILES
from netmon.config.schema import schema as schemas


@click.command()
@click.argument("file", metavar="[FILE]", type=OneOf(FILES), required=False)
@answering(marked("The answer is JSON with or without it."))
@click.pass_obj
def schema(session: Session, file: str | None, as_json: bool) -> None:
    """Print the JSON Schema of config.yaml, organization.yaml or a site's file; without FILE all three by name.

    FILE is `config`, `organization` or `site`.
    """
    known = schemas(KINDS)
    session.screen.json(known[file] if file else known)
