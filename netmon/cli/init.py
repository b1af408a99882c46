"""``netmon init``: writes the first files for one's own gateway and servers, and proves that netmon takes them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from typing_extensions import override

from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.mistakes import tell_mistakes
from netmon.cli.misuse import Misuse
from netmon.cli.neighbourhood import default_gateways, name_servers
from netmon.cli.screen import error_screen
from netmon.cli.session import Session
from netmon.cli.words import marked
from netmon.config.beginning import Host, Office, first_files
from netmon.kernel.problems import quote


class HostAddress(click.ParamType[Host]):
    """``ADDRESS`` or ``NAME=ADDRESS``."""

    name = "host"

    @override
    def convert(self, value: str | Host, param: click.Parameter | None, ctx: click.Context | None) -> Host:
        if isinstance(value, Host):
            return value
        name, _, address = value.rpartition("=")
        try:
            return Host(name, ipaddress.ip_address(address))
        except ValueError:
            raise Misuse(
                marked("{value} is no address; write ADDRESS or NAME=ADDRESS, such as web1=10.20.7.11"),
                value=quote(value),
            ) from None


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--name", default="My organisation", help="What the organisation is called.")
@click.option("--zone", default="Asia/Ho_Chi_Minh", help="Its time zone.", show_default=True)
@click.option(
    "--gateway",
    "gateways",
    metavar="HOST",
    type=HostAddress(),
    multiple=True,
    help="A gateway, ADDRESS or NAME=ADDRESS; by default those of this machine.",
)
@click.option(
    "--server",
    "servers",
    metavar="HOST",
    type=HostAddress(),
    multiple=True,
    help="A server, ADDRESS or NAME=ADDRESS; by default the name servers of this machine.",
)
@click.option("--page", "pages", metavar="URL", multiple=True, help="A web page that should be up.")
@click.option(
    "--community",
    metavar="REFERENCE",
    help="Ask all of them over SNMP v2c; where the community stands: env:NAME, file:PATH or credential:NAME.",
)
@click.option("--dry-run", is_flag=True, help="Show the files; write nothing.")
@answering()
@click.pass_obj
def init(
    session: Session,
    directory: Path,
    name: str,
    zone: str,
    gateways: tuple[Host, ...],
    servers: tuple[Host, ...],
    pages: tuple[str, ...],
    community: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write a first configuration into DIRECTORY (by default here): your gateways, servers and web pages.

    What is not told is taken from this machine: its default gateways and its name servers. Nothing is asked over the
    network, and no file that is there already is touched. The files are proved as `netmon check` would.
    """
    ways_out = named(gateways or [Host("", address) for address in default_gateways()], "gw")
    known = {host.address for host in ways_out}
    resolvers = [Host("", address) for address in name_servers() if address not in known]
    office = Office(
        name=name,
        zone=zone,
        gateways=ways_out,
        servers=named(servers or resolvers, "srv" if servers else "dns"),
        pages=pages,
        community=community,
    )
    if not office.hosts and not pages:
        said = session.words.say(
            "this machine has no default gateway and no name server to begin with: name what to watch with "
            "--gateway, --server or --page"
        )
        raise Stop(said, Exit.WRONG)
    files = first_files(office)
    _prove(session, files)
    if not dry_run:
        _write(session, directory, files)
    if as_json:
        session.screen.json({"directory": str(directory), "written": not dry_run, "files": dict(files)})
    elif dry_run:
        _show(session, files)
    else:
        _tell(session, directory, office, files)


def named(hosts: Iterable[Host], usual: str) -> tuple[Host, ...]:
    """*hosts* with names: those that have none are counted."""
    found = tuple(hosts)
    return tuple(host if host.name else replace(host, name=f"{usual}{n}") for n, host in enumerate(found, start=1))


def _prove(session: Session, files: Mapping[str, str]) -> None:
    """End the command where netmon would not take *files*: what was told does not fit together."""
    with TemporaryDirectory() as scratch:
        _put(Path(scratch), files)
        trial = replace(session, config=Path(scratch, "config.yaml"))
        if problems := trial.problems(trial.load()):
            tell_mistakes(error_screen(), session.words, problems)
            said = session.words.say("nothing was written: netmon would not take the files that follow from this")
            raise Stop(said, Exit.WRONG, problems)


def _write(session: Session, directory: Path, files: Mapping[str, str]) -> None:
    if there := [file for file in files if (directory / file).exists()]:
        said = session.words.say(
            "{files} stands in {directory} already and is not touched: name another DIRECTORY, or take it away",
            files=", ".join(there),
            directory=directory.absolute(),
        )
        raise Stop(said, Exit.WRONG)
    try:
        _put(directory, files)
    except OSError as error:
        said = session.words.say(
            "cannot write {file}: {why}. See whether the directory exists and who may write in it",
            file=error.filename or directory,
            why=error.strerror or error,
        )
        raise Stop(said, Exit.OUT_OF_REACH) from error


def _put(directory: Path, files: Mapping[str, str]) -> None:
    for file, text in files.items():
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as new:
            new.write(text)


def _show(session: Session, files: Mapping[str, str]) -> None:
    for file, text in files.items():
        session.screen.line((f"--- {file}", "bold"))
        for line in text.splitlines():
            session.screen.line(line)
        session.screen.gap()


def _tell(session: Session, directory: Path, office: Office, files: Mapping[str, str]) -> None:
    say, screen = session.words.say, session.screen
    for file in files:
        screen.line((say("written: {file}", file=directory / file), "green"))
    watched = [f"{host.name} {host.address}" for host in office.hosts] + list(office.pages)
    screen.line(say("would be watched: {what}", what=", ".join(watched)), indent=2, hang=2)
    before = "" if directory.absolute() == Path.cwd() else f"cd {directory} && "
    screen.line(
        say("go on with `{doctor}`, then `{run}`", doctor=f"{before}netmon doctor", run="netmon run"), indent=2, hang=2
    )
