"""Imports: files to datasets, on this machine or on a cluster."""

from bordermap.engine.progress import Progress
from bordermap.engine.runner import Runner, Threads
from bordermap.engine.sources import Plan, Source, default_name, survey
from bordermap.engine.staging import preview, stage

__all__ = [
    "Plan",
    "Progress",
    "Runner",
    "Source",
    "Threads",
    "default_name",
    "preview",
    "stage",
    "survey",
]
