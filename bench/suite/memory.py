"""The memory of this process."""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")


def resident(field: str) -> float:
    """Return VmRSS (now) or VmHWM (the most so far) in MB; nan where the system has no /proc."""
    if not STATUS.exists():
        return float("nan")
    for line in STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def forget_peak() -> None:
    """Let VmHWM begin again at what is resident now, so that importing does not count."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
