"""The dashboard and its HTTP routes; the only room that imports streamlit."""
