"""The sentence for each kind of mistake that pydantic can find, in the words of a file's author."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic_core import ErrorDetails

from netmon.kernel.documents import Node

_TEXT, _WHOLE, _NUMBER = "must be text", "must be a whole number", "must be a number"
_FLAG, _LIST, _MAPPING = "must be true or false", "must be a list", "must be a mapping of keys to values"

_SENTENCES: Mapping[str, str] = {
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "none_required": "must be left empty",
    "path_type": "must be a path",
    "url_type": "must be a URL",
    "url_parsing": "is not a URL",
    "url_syntax_violation": "is not a URL",
    "url_scheme": "is not a URL of a scheme that is served here",
    "ip_any_address": "is not an address",
    "ip_v4_address": "is not an IPv4 address",
    "ip_v6_address": "is not an IPv6 address",
    "ip_any_network": "is not a network such as 10.20.0.0/16",
    "date_type": "must be a date such as 2008-05-31",
    "date_parsing": "must be a date such as 2008-05-31",
    "date_from_datetime_parsing": "must be a date such as 2008-05-31",
    "string_unicode": "must be text",
    "string_pattern_mismatch": "does not have the form {pattern}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items, and has {actual_length}",
    "too_long": "must have at most {max_length} items",
}
_CHOICE = re.compile(r"'([^']*)'|\b(\d+)\b")


def choices_of(details: ErrorDetails) -> tuple[str, ...]:
    """What would have been right where one of a closed set is asked for; empty for any other mistake."""
    if details["type"] not in ("literal_error", "enum"):
        return ()
    expected = str(details.get("ctx", {}).get("expected", ""))
    return tuple(text or number for text, number in _CHOICE.findall(expected))


def cause_of(details: ErrorDetails, node: Node) -> str:
    """What is wrong at *node*, in one sentence; the value itself is not repeated, for it may be a secret."""
    context = details.get("ctx", {})
    if details["type"] in ("value_error", "assertion_error"):
        return str(context.get("error", "is not what belongs here"))
    bounds = {key: f"{bound:g}" if isinstance(bound, float) else bound for key, bound in context.items()}
    sentence = _SENTENCES.get(details["type"], "is not what belongs here").format(**bounds)
    if "items" in sentence and context.get("min_length") == 1:
        sentence = "must not be empty"
    last = node.path[-1] if node.path else ""
    subject = f'"{last}"' if isinstance(last, str) and last else "this"
    return f"{subject} {sentence}{_instead(sentence, node)}"


def _instead(sentence: str, node: Node) -> str:
    value = node.value
    if sentence == _TEXT and isinstance(value, bool | int | float):
        return "; put it into quotes"
    if sentence not in (_WHOLE, _NUMBER, _FLAG, _LIST, _MAPPING, _TEXT):
        return ""
    match value:
        case None:
            return ", not empty"
        case bool():
            return ", not true or false"
        case int() | float():
            return ", not a number" if sentence != _WHOLE else ""
        case str():
            return ", not text"
        case list():
            return ", not a list"
    return ", not a mapping"
