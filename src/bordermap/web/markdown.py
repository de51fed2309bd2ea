"""Text from data or the address inside Streamlit's Markdown."""

from urllib.parse import quote


def escaped(text: str) -> str:
    """Escape Markdown, so that text is shown as it is written."""
    return "".join(f"\\{c}" if c.isascii() and not c.isalnum() and c != " " else c for c in text)


def linked(text: str, url: str) -> str:
    """Return text that leads to a web address; any other address is left out."""
    if not url.startswith(("https://", "http://")):
        return escaped(text)
    address = quote(url, safe="!#$%&'*+,/:;=?@[]", errors="replace")
    return f"[{escaped(text)}]({address})"
