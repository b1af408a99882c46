"""A v1 and v2c agent without a socket: a datagram in, the replies out; bounded, read-only, silent to strangers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from netmon.lab.ber import MalformedError, Tag, decode_oid, encode, oid_payload
from netmon.lab.faults import FaultKind
from netmon.lab.message import ErrorStatus, Pdu, Request, Version, parse_request, render_response
from netmon.lab.mib import Mib, View, binding
from netmon.lab.quirks import EndlessView, LoopingView, spoil
from netmon.model.moments import Moment

_HEADROOM = 64
"""What a response needs besides community and bindings, with room to spare."""
_NO_SUCH_OBJECT = encode(Tag.NO_SUCH_OBJECT, b"")
_NO_SUCH_INSTANCE = encode(Tag.NO_SUCH_INSTANCE, b"")
_END_OF_MIB_VIEW = encode(Tag.END_OF_MIB_VIEW, b"")


class _TooBigError(Exception):
    """The answer does not fit into a message."""


class _NoSuchNameError(Exception):
    """There is no such variable, which v1 says of the whole request."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, slots=True)
class Agent:
    """Answers for *mib* whoever knows the *community*, in messages of at most *limit* bytes.

    Attributes:
        chance: what garbage is drawn from.
    """

    community: bytes
    limit: int
    chance: Random

    def replies(self, datagram: bytes, mib: Mib, at: Moment, quirks: Collection[FaultKind] = ()) -> list[bytes]:
        """What is sent back: nothing to garbage and a wrong community, else one reply or what *quirks* make of it."""
        try:
            request = parse_request(datagram)
            if request.community != self.community or not _is_question(request):
                return []
            reply = self._answer(request, _view(mib, quirks), at, 1 if FaultKind.WRONG_ID in quirks else 0)
        except MalformedError:
            return []
        if FaultKind.GARBAGE in quirks:
            reply = spoil(reply, self.chance)
        return [reply, reply] if FaultKind.DOUBLE in quirks else [reply]

    def _answer(self, request: Request, view: View, at: Moment, shift: int) -> bytes:
        if request.pdu is Pdu.SET:
            status = ErrorStatus.NO_SUCH_NAME if request.version is Version.V1 else ErrorStatus.NOT_WRITABLE
            return render_response(request, request.bindings, status=status, index=1, shift=shift)
        space = self.limit - len(request.community) - _HEADROOM
        try:
            if request.pdu is Pdu.GET:
                bindings = _get(request, view, at, space)
            elif request.pdu is Pdu.GET_NEXT:
                bindings = _get_next(request, view, at, space)
            else:
                bindings = _get_bulk(request, view, at, space)
        except _TooBigError:
            v1 = request.version is Version.V1
            return render_response(request, request.bindings if v1 else b"", status=ErrorStatus.TOO_BIG, shift=shift)
        except _NoSuchNameError as missing:
            return render_response(
                request, request.bindings, status=ErrorStatus.NO_SUCH_NAME, index=missing.index, shift=shift
            )
        return render_response(request, bindings, shift=shift)


def _is_question(request: Request) -> bool:
    if request.version is Version.V1:
        return request.pdu in (Pdu.GET, Pdu.GET_NEXT, Pdu.SET)
    return request.version is Version.V2C and request.pdu is not Pdu.RESPONSE


def _view(mib: Mib, quirks: Collection[FaultKind]) -> View:
    if FaultKind.ENDLESS in quirks:
        return EndlessView(mib)
    return LoopingView(mib) if FaultKind.NON_INCREASING in quirks else mib


def _get(request: Request, view: View, at: Moment, space: int) -> bytes:
    found = bytearray()
    for index, name in enumerate(request.names, start=1):
        variable = view.at(name)
        value = None if variable is None else variable.read(at)
        if request.version is Version.V1 and (value is None or value[0] == Tag.COUNTER64):
            raise _NoSuchNameError(index)
        if variable is None or value is None:
            found += _end(name, _NO_SUCH_INSTANCE if _has_siblings(name, view) else _NO_SUCH_OBJECT)
        else:
            found += binding(variable, value)
        if len(found) > space:
            raise _TooBigError
    return bytes(found)


def _has_siblings(name: bytes, view: View) -> bool:
    """Whether another instance of the same object exists."""
    column = decode_oid(name)[:-1]
    first = view.after(oid_payload(column)) if len(column) > 1 else None
    return first is not None and first.oid[: len(column)] == column


def _get_next(request: Request, view: View, at: Moment, space: int) -> bytes:
    found = bytearray()
    for index, name in enumerate(request.names, start=1):
        _, bound = _next(request.version, view, name, at)
        if bound is None:
            if request.version is Version.V1:
                raise _NoSuchNameError(index)
            bound = _end(name, _END_OF_MIB_VIEW)
        found += bound
        if len(found) > space:
            raise _TooBigError
    return bytes(found)


def _get_bulk(request: Request, view: View, at: Moment, space: int) -> bytes:
    """As many whole variables as fit: RFC 3416, section 4.2.3, lets the tail be left out."""
    once, names = request.names[: request.non_repeaters], list(request.names[request.non_repeaters :])
    found = bytearray()
    for name in once:
        _, bound = _next(request.version, view, name, at)
        found += bound or _end(name, _END_OF_MIB_VIEW)
    if len(found) > space:
        raise _TooBigError
    for _ in range(request.max_repetitions if names else 0):
        ended = True
        for place, name in enumerate(names):
            names[place], bound = _next(request.version, view, name, at)
            ended = ended and bound is None
            bound = bound or _end(name, _END_OF_MIB_VIEW)
            if len(found) + len(bound) > space:
                return bytes(found)
            found += bound
        if ended:
            break
    return bytes(found)


def _next(version: Version, view: View, name: bytes, at: Moment) -> tuple[bytes, bytes | None]:
    """The name and binding of the variable after *name*, past what v1 cannot say; no binding behind the last."""
    while (variable := view.after(name)) is not None:
        value = variable.read(at)
        name = variable.name
        if version is not Version.V1 or value[0] != Tag.COUNTER64:
            return name, binding(variable, value)
    return name, None


def _end(name: bytes, exception: bytes) -> bytes:
    return encode(Tag.SEQUENCE, encode(Tag.OID, name) + exception)
