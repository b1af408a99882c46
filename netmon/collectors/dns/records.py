"""Names and records of DNS (RFC 1035), as settings write them and as answers bring them, in one form to compare."""

from __future__ import annotations

from enum import StrEnum

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.reversename

from netmon.collectors.permission import parse_literal


class Record(StrEnum):
    """Types of records that can be asked for."""

    A = "A"
    AAAA = "AAAA"
    CAA = "CAA"
    CNAME = "CNAME"
    MX = "MX"
    NS = "NS"
    PTR = "PTR"
    SOA = "SOA"
    SRV = "SRV"
    TXT = "TXT"

    @property
    def type(self) -> dns.rdatatype.RdataType:
        """The same for the library."""
        return dns.rdatatype.from_text(self.value)


def parse_name(text: str) -> dns.name.Name:
    """The name that *text* is; of an address, the name under which its own name is found.

    Raises:
        ValueError: it is none.
    """
    try:
        if (address := parse_literal(text)) is not None:
            return dns.reversename.from_address(str(address))
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise ValueError(f'"{text}" is no name that can be asked for: {error}') from None


def parse_record(record: Record, text: str) -> str:
    """*text* in the form to compare, as `read_content` gives it.

    Raises:
        ValueError: it is no content of such a record.
    """
    if record is Record.TXT:
        return text
    try:
        parsed = dns.rdata.from_text(dns.rdataclass.IN, record.type, text, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f'"{text}" is no content of {record} records: {error}') from None
    return _describe(parsed)


def read_content(record: Record, wire: bytes, place: slice) -> str:
    """The content of a *record* that stands in the message *wire*, in the form to compare.

    Raises:
        ValueError: it is no content of such a record.
    """
    try:
        return _describe(
            dns.rdata.from_wire(dns.rdataclass.IN, record.type, wire, place.start, place.stop - place.start)
        )
    except dns.exception.DNSException as error:
        raise ValueError(f"no content of {record} records: {error}") from None


def _describe(content: dns.rdata.Rdata) -> str:
    """What people write: of a TXT record one text, of any other the words in lower case."""
    if isinstance(content, dns.rdtypes.txtbase.TXTBase):
        return b"".join(content.strings).decode("utf-8", "replace")
    return content.to_text().lower()
