"""Words: what is said to people, in English as it stands in the code, or in Vietnamese from ``locale/vi.po``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from netmon.model.moments import Duration
from netmon.model.quantities import format_duration
from netmon.model.states import State, Verdict

CATALOGUES = Path(__file__).with_name("locale")


class Language(StrEnum):
    """A language that netmon speaks."""

    VI = "vi"
    EN = "en"


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that the locale asks for; English where it asks for none that is spoken here."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if locale := environment.get(name):
            return Language.VI if locale.lower().startswith("vi") else Language.EN
    return Language.EN


def marked(text: str) -> str:
    """*text* itself, so that whoever gathers what must be translated finds it."""
    return text


STATES: Mapping[State | None, str] = {
    State.UP: marked("up"),
    State.DEGRADED: marked("degraded"),
    State.DOWN: marked("down"),
    State.UNREACHABLE: marked("unreachable"),
    State.UNKNOWN: marked("unknown"),
    None: marked("not looked at yet"),
}
"""The words for states; ``None`` where nobody has looked yet."""

VERDICTS: Mapping[Verdict, str] = {
    Verdict.ANSWERED: marked("answered"),
    Verdict.SLOW: marked("slow"),
    Verdict.DEGRADED: marked("answered with a flaw"),
    Verdict.MISSED: marked("missed"),
}


_UNITS: Mapping[str, str] = {"s": "giây", "m": "phút", "h": "giờ", "d": "ngày"}
"""Units of time in Vietnamese; milliseconds are ``ms`` there as well."""

_DECIMAL_COMMA = str.maketrans(",.", ".,")


class Words:
    """Says things in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def say(self, text: str, **values: object) -> str:
        """*text* in this language, with *values* in its braces."""
        return self._catalogue.get(text, text).format(**values)

    def some(self, n: int, one: str, many: str) -> str:
        """*one* or *many* of something, with ``{n}`` for how many."""
        text = one if n == 1 else many
        return self._catalogue.get(text, text).format(n=self.number(f"{n:,}"))

    def number(self, shown: str) -> str:
        """*shown* (``1,200`` or ``0.5``) with the separators of this language."""
        return shown.translate(_DECIMAL_COMMA) if self.language is Language.VI else shown

    def duration(self, value: Duration) -> str:
        """*value* in at most two units: ``2 m 30 s``, or ``2 phút 30 giây``."""
        shown = format_duration(value)
        if self.language is Language.EN:
            return shown
        return " ".join(_UNITS.get(part, part) for part in self.number(shown).split(" "))

    def state(self, state: State | None) -> str:
        """The word for *state*."""
        return self.say(STATES[state])

    def title(self, by_language: Mapping[str, str]) -> str:
        """The name in this language, or in the other one; empty where there is none."""
        return by_language.get(self.language.value) or next(iter(by_language.values()), "")


@cache
def _catalogue(language: Language) -> Mapping[str, str]:
    """Texts by the English ones; a Vietnamese noun has one form, which stands for both English ones."""
    if language is Language.EN:
        return {}
    from babel.messages.pofile import read_po  # late: nobody who reads English waits for it

    texts: dict[str, str] = {}
    with (CATALOGUES / f"{language.value}.po").open("rb") as file:
        for message in read_po(file):
            ids = (message.id,) if isinstance(message.id, str) else message.id
            said = message.string if isinstance(message.string, str) else next(iter(message.string or ()), "")
            texts.update({text: said for text in ids if text and said})
    return texts
