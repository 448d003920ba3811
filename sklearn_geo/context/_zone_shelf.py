# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where the weights of zones live: in memory, or in a folder until they are needed."""

import threading
from collections import OrderedDict
from numbers import Integral
from pathlib import Path

import numpy as np

from sklearn_geo.context._zone_store import ZoneTable, checked_record, load_weights
from sklearn_geo.nets import Store

__all__ = ["ZoneShelf"]


class ZoneShelf:
    """The weights of zones by their ids.

    Zones that are put here stay in memory. Those of a store are loaded when they are
    first asked for; beyond `max_loaded_zones` the one that was asked for longest ago
    is dropped. Several threads may read and put at the same time.

    A pickle holds what was put, and of a store where it is, not what was loaded.

    Parameters
    ----------
    store : Store or None, default=None
        Where zones come from that are not put here.

    shapes : dict of str to tuple of int, or callable, default=None
        Shapes of the weights of the zones of the store, see
        :meth:`Architecture.shapes`; a callable returns those of the zone with the id
        that it is given.

    max_loaded_zones : int, default=8
        How many zones of the store are in memory at most.

    Attributes
    ----------
    n_loads : int
        How often a zone was loaded from the store.
    """

    def __init__(self, store=None, shapes=None, *, max_loaded_zones=8):
        if not isinstance(max_loaded_zones, Integral) or max_loaded_zones < 1:
            raise ValueError(
                f"max_loaded_zones={max_loaded_zones!r}: use 1 or more, a whole number."
            )
        self.store = store
        self.shapes = shapes
        self.max_loaded_zones = max_loaded_zones
        self.n_loads = 0
        self._table = None if store is None else ZoneTable(store)
        self._records = {} if store is None else dict(self._table.records)
        self._own, self._unsaved = {}, set()
        self._loaded = OrderedDict()
        self._lock = threading.RLock()

    @property
    def zone_ids(self):
        """Ids of the zones, ascending."""
        with self._lock:
            return sorted(self._records)

    @property
    def records(self):
        """What is known of each zone, by ascending id."""
        with self._lock:
            return [dict(self._records[zone_id]) for zone_id in sorted(self._records)]

    def record(self, zone_id):
        """Return what is known of a zone, None if there is no such zone."""
        with self._lock:
            record = self._records.get(zone_id)
            return None if record is None else dict(record)

    @property
    def loaded_zones(self):
        """Ids of the zones of the store that are in memory, the latest last."""
        with self._lock:
            return list(self._loaded)

    @property
    def unsaved_zones(self):
        """Ids of the zones that were put here and are not in the store."""
        with self._lock:
            return sorted(self._unsaved)

    def is_from(self, folder, dtype):
        """Say whether a folder holds the store of this shelf, as it was opened.

        Parameters
        ----------
        folder : str or path
            The folder.

        dtype : {"float32", "float16", "int8"}
            How weights are stored there.

        Returns
        -------
        bool
            Whether only zones that were put here are to be written there.
        """
        store = self.store
        if type(store) is not Store or self._table.dtype != dtype:
            return False
        if Path(folder).resolve() != store.folder.resolve():
            return False
        try:
            return Store(folder, kind=store.kind).entries == store.entries
        except ValueError:
            return False

    def keep_at_most(self, max_loaded_zones):
        """Change how many zones of the store are in memory at most.

        Parameters
        ----------
        max_loaded_zones : int
            How many.
        """
        with self._lock:
            self.max_loaded_zones = max_loaded_zones
            self._drop_the_oldest()

    def saved_to(self, store):
        """Remember that all zones are in a store now.

        Zones that were put here stay in memory as they are.

        Parameters
        ----------
        store : Store
            The store.
        """
        table = ZoneTable(store)
        with self._lock:
            self.store, self._table = store, table
            self._unsaved = set()

    def __len__(self):
        """Return the number of zones."""
        return len(self._records)

    def __contains__(self, zone_id):
        """Say whether there is such a zone."""
        return zone_id in self._records

    def get(self, zone_id):
        """Return the weights of a zone.

        Parameters
        ----------
        zone_id : int
            Id of the zone.

        Returns
        -------
        dict of str to ndarray
            Read-only float32 arrays.
        """
        with self._lock:
            weights = self._find(zone_id)
            if weights is None:
                weights = self._load(zone_id)
                self._loaded[zone_id] = weights
                self._drop_the_oldest()
            return dict(weights)

    def put(self, zone_id, record, weights):
        """Put a zone in memory, in the place of the one with its id.

        Parameters
        ----------
        zone_id : int
            Id of the zone.

        record : mapping
            What is known of it: "name", and such as "photos", "epochs", "held_out_kl"
            and "seconds".

        weights : dict of str to ndarray
            Its weights. They are not copied.
        """
        try:
            record = checked_record(zone_id, record)
        except ValueError as error:
            raise ValueError(f"Zone {zone_id!r} cannot be kept: {error}.") from error
        own = {}
        for name, array in weights.items():
            own[name] = np.asarray(array, dtype=np.float32).view()
            own[name].flags.writeable = False
        with self._lock:
            self._own[record["id"]] = own
            self._unsaved.add(record["id"])
            self._records[record["id"]] = record
            self._loaded.pop(record["id"], None)

    def items(self):
        """Yield id, record and weights of each zone; none is kept in memory for it."""
        for record in self.records:
            zone_id = record["id"]
            with self._lock:
                weights = self._find(zone_id, touch=False)
                if weights is None:
                    weights = self._load(zone_id)
            yield zone_id, record, dict(weights)
            del weights

    def forget(self):
        """Drop what was loaded from the store."""
        with self._lock:
            self._loaded.clear()

    def _drop_the_oldest(self):
        while len(self._loaded) > self.max_loaded_zones:
            self._loaded.popitem(last=False)

    def _find(self, zone_id, touch=True):
        """Return the weights of a zone that is in memory, or None."""
        if zone_id in self._own:
            return self._own[zone_id]
        if zone_id not in self._records:
            known = [record["name"] for record in self.records[:20]]
            raise ValueError(
                f"There is no zone with the id {zone_id}; there are "
                f"{len(self._records)}: {', '.join(known)}"
                f"{' ...' if len(self._records) > 20 else ''}."
            )
        if touch and zone_id in self._loaded:
            self._loaded.move_to_end(zone_id)
        return self._loaded.get(zone_id)

    def _load(self, zone_id):
        shapes = self.shapes(zone_id) if callable(self.shapes) else self.shapes
        weights = load_weights(self.store, self._table, zone_id, shapes)
        self.n_loads += 1
        return weights

    def __getstate__(self):
        """Leave what was loaded, and the lock, out of pickles."""
        with self._lock:
            state = self.__dict__.copy()
            state["_own"], state["_records"] = dict(self._own), dict(self._records)
            state["_unsaved"] = set(self._unsaved)
        del state["_lock"], state["_loaded"]
        return state

    def __setstate__(self, state):
        """Begin with nothing loaded."""
        self.__dict__.update(state)
        self._loaded = OrderedDict()
        self._lock = threading.RLock()
