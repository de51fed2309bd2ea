"""Text from data or the address inside Streamlit's Markdown."""


def escaped(text: str) -> str:
    """Escape Markdown, so that text is shown as it is written."""
    return "".join(f"\\{c}" if c.isascii() and not c.isalnum() and c != " " else c for c in text)
