"""The closed sets: what may be believed of an entity, and why a target did not answer as it should."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What netmon believes of an entity."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What one look says by itself, under the rule of its check."""

    ANSWERED = "answered"
    SLOW = "slow"
    DEGRADED = "degraded"
    MISSED = "missed"

    @property
    def is_answer(self) -> bool:
        """Whether the target answered at all; a slow or degraded answer is one."""
        return self is not Verdict.MISSED


class Reason(StrEnum):
    """Why; a closed list, because alerts route on it. What a human wants to know stands in the evidence."""

    # the target did not answer
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CUT_OFF = "cut_off"
    # it answered, but not with what was asked for
    MALFORMED = "malformed"
    UNAUTHORIZED = "unauthorized"
    UNEXPECTED = "unexpected"
    TOO_LARGE = "too_large"
    NAME_NOT_RESOLVED = "name_not_resolved"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    FORBIDDEN = "forbidden"
    # it answered, and the answer has a flaw
    CERTIFICATE_EXPIRES_SOON = "certificate_expires_soon"
    PARTIAL = "partial"
    LOOPING = "looping"
    OVER_LIMIT = "over_limit"
    # what should report by itself did not, or not yet, or says that it failed
    OVERDUE = "overdue"
    AWAITED = "awaited"
    FAILED = "failed"
    # what follows from several looks
    LOSSY = "lossy"
    STALE = "stale"
    POLLER_ISOLATED = "poller_isolated"
    # what follows from other entities
    ICMP_BLOCKED = "icmp_blocked"
    # what a device says of its interface
    ADMIN_DOWN = "admin_down"
    OPER_DOWN = "oper_down"
    LOWER_LAYER_DOWN = "lower_layer_down"
    DORMANT = "dormant"
    NOT_PRESENT = "not_present"
    TESTING = "testing"
