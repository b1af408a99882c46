"""A finding of the doctor: what, why it matters, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How bad a finding is."""

    WELL = "well"
    UNKNOWN = "unknown"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer; *why* and *mend* are empty where all is well.

    What is unknown is neither well nor a warning: somebody else's finding says what keeps it so.

    Attributes:
        about: the fixed name of the question, for programs.
    """

    about: str
    health: Health
    what: str
    why: str = ""
    mend: str = ""

    def document(self) -> dict[str, str]:
        """The same for programs."""
        return {
            "about": self.about,
            "health": self.health.value,
            "what": self.what,
            "why": self.why,
            "mend": self.mend,
        }
