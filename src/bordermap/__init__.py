"""bordermap: a sourced map of the China–Myanmar border."""

__version__ = "0.1.0"
