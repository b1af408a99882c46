"""``netmon schema``: JSON Schema of the files, for editors that complete and check while one writes."""

from __future__ import annotations

import click

from netmon.cli.session import Session
from netmon.collectors import KINDS
from netmon.config.schema import FILES
from netmon.config.schema import schema as schemas


@click.command()
@click.argument("file", type=click.Choice(list(FILES)), required=False)
@click.option("--json", "as_json", is_flag=True, help="For symmetry; the answer is JSON in any case.")
@click.pass_obj
def schema(session: Session, file: str | None, as_json: bool) -> None:
    """Print the JSON Schema of config.yaml, organization.yaml or a site's file; without FILE all three by name."""
    known = schemas(KINDS)
    session.screen.json(known[file] if file else known)
