"""Keeps the secrets that were sent out of what is told: a server may repeat them, whole or in part."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST_WORD = 4
_HIDDEN = "***"


class Mask:
    """Hides *secrets*, and the words of those that have several: a token without the ``Bearer`` before it too.

    What a server chose itself is hidden *whole* alone: it could choose more words than there is time for.
    """

    def __init__(self, secrets: Iterable[str] = (), *, whole: Iterable[str] = ()) -> None:
        hidden = set(whole)
        for secret in secrets:
            _, *rest = secret.split() or [""]
            hidden.update({secret, *(word for word in rest if len(word) >= _SHORTEST_WORD)})
        self._hidden = sorted(hidden - {""}, key=len, reverse=True)

    @property
    def longest(self) -> int:
        """Length of the longest text that is hidden."""
        return len(self._hidden[0]) if self._hidden else 0

    def over(self, text: str) -> str:
        """*text* without secrets."""
        for one in self._hidden:
            text = text.replace(one, _HIDDEN)
        return text
