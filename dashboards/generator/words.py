"""The words on the dashboards: Vietnamese first, as on netmon's other pages, with the English beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netmon.model.states import State


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said twice: *vi* stands on the panel, *en* opens its description."""

    vi: str
    en: str

    @property
    def both(self) -> str:
        """Both in one line, for what has no description."""
        return f"{self.vi} · {self.en}"


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a value looks: the word for it and the colour behind it."""

    word: str
    color: str


STATES: Mapping[State, Appearance] = {
    State.UP: Appearance("hoạt động", "green"),
    State.DEGRADED: Appearance("suy giảm", "yellow"),
    State.UNKNOWN: Appearance("chưa rõ", "#8e8e8e"),
    State.UNREACHABLE: Appearance("không tới được", "purple"),
    State.DOWN: Appearance("ngừng", "red"),
}
"""In the order of how much they ask for somebody; the place of a state in it is its code."""

CODES: Mapping[State, int] = {state: code for code, state in enumerate(STATES)}

OPER_STATUS: Mapping[int, Appearance] = {
    1: Appearance("hoạt động", "green"),
    2: Appearance("ngừng", "red"),
    3: Appearance("đang thử", "blue"),
    4: Appearance("chưa rõ", "#8e8e8e"),
    5: Appearance("chờ", "blue"),
    6: Appearance("thiếu phần cứng", "orange"),
    7: Appearance("tầng dưới ngừng", "orange"),
}
"""ifOperStatus of RFC 2863."""

ADMIN_STATUS: Mapping[int, Appearance] = {
    1: Appearance("bật", "green"),
    2: Appearance("tắt", "#8e8e8e"),
    3: Appearance("đang thử", "blue"),
}
"""ifAdminStatus of RFC 2863."""

LAB: Mapping[int, Appearance] = {0: Appearance("thực tế", "green"), 1: Appearance("mô phỏng", "blue")}
RUNNING: Mapping[int, Appearance] = {0: Appearance("không trả lời", "red"), 1: Appearance("đang chạy", "green")}
TAKEN: Mapping[int, Appearance] = {0: Appearance("bị từ chối", "red"), 1: Appearance("đã nhận", "green")}
AWAY: Mapping[int, Appearance] = {0: Appearance("đang nhận", "green"), 1: Appearance("vắng mặt", "red")}
DONE: Mapping[int, Appearance] = {0: Appearance("bị hoãn", "orange"), 1: Appearance("xong", "green")}

COLUMNS: Mapping[str, str] = {
    "device": "Thiết bị",
    "service": "Dịch vụ",
    "interface": "Giao diện",
    "title": "Tên gọi",
    "role": "Vai trò",
    "department": "Đơn vị",
    "site": "Địa điểm",
    "tier": "Tầng",
    "check": "Phép kiểm tra",
    "alias": "Ghi chú",
    "description": "Mô tả",
    "mac": "Địa chỉ MAC",
    "type": "Loại (ifType)",
    "index": "Chỉ số",
    "sys_name": "sysName",
    "sys_descr": "sysDescr",
    "sys_object_id": "sysObjectID",
    "location": "Vị trí",
    "contact": "Liên hệ",
    "lab": "Mô phỏng",
    "version": "Phiên bản",
    "hash": "Mã kế hoạch",
    "hostname": "Tên máy",
    "system": "Hệ điều hành",
    "release": "Bản phát hành",
    "filesystem": "Hệ thống tệp",
}
"""What the columns of a table are called, by the label that fills them."""
