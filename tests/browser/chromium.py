"""Find a Chromium for the browser tests, or install one: ``python tests/browser/chromium.py``.

``BORDERMAP_CHROMIUM`` names one; else the first of :data:`NAMES` on the path is taken, else
the one that Playwright has installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

VARIABLE = "BORDERMAP_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MISSING = (
    "No Chromium was found for the browser tests. Install one (on Debian: apt-get install"
    f" chromium), or set {VARIABLE} to the path of a Chromium, Chrome or Edge."
)


def find() -> str | None:
    """Return the path of a Chromium of this machine, if there is one."""
    if named := os.environ.get(VARIABLE):
        return shutil.which(named)
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def is_root() -> bool:
    """Return whether this process may do anything, so that Chromium has no sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install() -> str | None:
    """Install a Chromium from the system's packages, else from Playwright; return its path."""
    if shutil.which("apt-get") and (is_root() or _succeeds("sudo", "-n", "true")):
        apt = ["apt-get"] if is_root() else ["sudo", "-n", "apt-get"]
        if _succeeds(*apt, "update") and _succeeds(*apt, "install", "--yes", "chromium"):
            found = find()
            if found:
                return found
    _succeeds(sys.executable, "-m", "playwright", "install", "chromium")
    return find()


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    print(find() or install() or sys.exit(MISSING))
