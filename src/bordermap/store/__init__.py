"""Imported datasets on disk."""

from bordermap.store.building import Building, Staged
from bordermap.store.datasets import StoredDataset
from bordermap.store.directory import DATA_VARIABLE, Store, is_name

__all__ = ["DATA_VARIABLE", "Building", "Staged", "Store", "StoredDataset", "is_name"]
