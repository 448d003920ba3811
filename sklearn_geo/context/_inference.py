# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From places to what the networks of their zones say, in the caller's order."""

import threading
from collections import OrderedDict

import numpy as np

from sklearn_geo._blocks import blocks
from sklearn_geo.context._nearest_zone import NearestZone
from sklearn_geo.context._row_names import rows_named
from sklearn_geo.context._seams import Seams
from sklearn_geo.nets import rows_in_memory

__all__ = ["FALLBACK", "FALLBACK_NAME", "Inference"]

# In the place of a zone: the network of the whole globe; and no network at all.
FALLBACK, UNIFORM, NAN = -2, -3, -4
# What a network of the whole globe is called where zones have names.
FALLBACK_NAME = "fallback"
# Rows that go through a network together at most: more are not faster.
_MOST_ROWS = 2048


class Inference:
    """What zones say of places.

    Parameters
    ----------
    zones : Zones
        The zones and their networks.

    make_modules : callable
        From an architecture and weights to what runs, such as :class:`ZoneModules`.

    missing_zone, blend_km, max_loaded_zones
        Parameters of the transformer.
    """

    def __init__(
        self, zones, make_modules, *, missing_zone, blend_km, max_loaded_zones
    ):
        self.zones = zones
        self.make_modules = make_modules
        self.missing_zone = missing_zone
        self.max_loaded_zones = max_loaded_zones
        self.seams = None if blend_km is None else Seams(zones.regions, blend_km)
        self._modules, self._lock = OrderedDict(), threading.Lock()
        self._trained = np.array(
            [zone for zone in zones.shelf.zone_ids if zone >= 0], dtype=np.int64
        )
        if missing_zone == "nearest" and not len(self._trained):
            raise ValueError(
                'missing_zone="nearest" finds no zone with networks. Use "fallback" '
                "or lower min_samples."
            )
        if missing_zone == "nearest":
            heard_km = None if self.seams is None else self.seams.blend_km
            self._nearest = NearestZone(zones.regions, self._trained, heard_km)

    def write(self, places, out, output_layer, *, numbers=None):
        """Write what is said of places.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Validated places.

        out : ndarray of shape (n_places, n_outputs)
            Where to.

        output_layer : "softmax" or int
            Which layer.

        numbers : ndarray of shape (n_places,), default=None
            What the rows of the places are called in messages; None counts from 0.
        """
        rows, zones, edges, shares = self._plan(places, numbers)
        if shares is not None:
            out[:] = 0
        for zone, edge, group in _groups(zones, edges):
            columns = self._columns(zone)
            n_features = 0 if columns is None else columns.n_features
            size = rows_in_memory(8 * (n_features + out.shape[1]), len(group))
            for part in blocks(len(group), min(size, _MOST_ROWS)):
                at = group[part]
                self._write(
                    places[rows[at]],
                    int(zone),
                    bool(edge),
                    out,
                    rows[at],
                    None if shares is None else shares[at],
                    output_layer,
                )

    def _write(self, places, zone, edge, out, rows, shares, output_layer):
        """Write or add what one zone says of some rows."""
        if zone in (UNIFORM, NAN):
            said = np.empty((len(rows), out.shape[1]), dtype=out.dtype)
            said[:] = np.nan if zone == NAN else self._uniform()
        else:
            columns = self._columns(zone)(places, zone, at_edge=edge)
            whole = shares is None and len(rows) == len(out)
            said = out if whole and (np.diff(rows) == 1).all() else None
            if said is None:
                said = np.empty((len(rows), out.shape[1]), dtype=out.dtype)
            with np.errstate(over="ignore", invalid="ignore"):  # told below
                self.modules(zone).write(columns, said, output_layer)
            if not np.isfinite(said).all():
                self._refuse_infinite(zone)
            if said is out:
                return
        if shares is None:
            out[rows] = said
        else:
            said *= shares[:, np.newaxis].astype(out.dtype)
            out[rows] += said

    def _columns(self, zone):
        if zone in (UNIFORM, NAN):
            return None
        return self.zones.fallback_columns if zone == FALLBACK else self.zones.columns

    def _uniform(self):
        widths = self.zones.contexts.widths.values()
        return np.concatenate([np.full(width, 1.0 / width) for width in widths])

    def modules(self, zone):
        """Return the networks of a zone, ready to run."""
        with self._lock:  # threads that share a transformer load a zone once
            modules = self._modules.get(zone)
            if modules is None:
                shape = self.zones.architecture
                if zone == FALLBACK:
                    shape = self.zones.fallback_architecture
                modules = self.make_modules(shape, self.zones.shelf.get(zone))
                self._modules[zone] = modules
                while len(self._modules) > self.max_loaded_zones:
                    self._modules.popitem(last=False)
            self._modules.move_to_end(zone)
            return modules

    def _check_fallback(self):
        if FALLBACK not in self.zones.shelf:
            raise ValueError(
                'missing_zone="fallback" needs the network of the whole globe, which '
                "was not trained: missing_zone was another one in fit, the fit was "
                "interrupted, or there was no memory for it. Fit again, or use "
                'missing_zone="nearest", "uniform", "nan" or "error".'
            )

    def _plan(self, places, numbers):
        """Say which zones speak of which rows, at whose edge, and with what share."""
        with rows_named(numbers):
            zones = self.zones.regions.locate(places)
        rows, shares = np.arange(len(places)), None
        own = zones
        if self.seams is not None:
            rows, zones, shares = self.seams.shares(places, zones)
            own = own[rows]
        missing = ~np.isin(zones, self._trained)
        # Several zones may be the nearest ones to where there is none.
        one = len(rows) == len(places)
        if one and not (self.missing_zone == "nearest" and missing.any()):
            shares = None
        edges = np.zeros(len(zones), dtype=bool)
        if not missing.any():
            return rows, zones, edges, shares
        policy = self.missing_zone
        if policy in ("error", "nan"):
            # A neighbour without networks has no say; the own zone needs some.
            silent = missing & (zones != own)
            if policy == "error" and (missing & ~silent).any():
                self._refuse(places, rows, zones, missing & ~silent, numbers)
            if silent.any():
                keep = ~silent
                rows, zones, missing, edges = (
                    each[keep] for each in (rows, zones, missing, edges)
                )
                shares = shares[keep]
                shares = shares / np.bincount(rows, shares, len(places))[rows]
            return rows, np.where(missing, NAN, zones), edges, shares
        zones = zones.copy()
        if policy == "nearest" and shares is not None:
            near, nearest, parts = self._nearest.shares(places[rows[missing]])
            rows = np.append(rows[~missing], rows[missing][near])
            zones = np.append(zones[~missing], nearest)
            shares = np.append(shares[~missing], shares[missing][near] * parts)
            edges = np.repeat([False, True], [(~missing).sum(), len(near)])
        elif policy == "nearest":
            edges = missing
            zones[missing] = self._nearest.of(places[rows[missing]])
        elif policy == "fallback":
            self._check_fallback()
            zones[missing] = FALLBACK
        else:
            zones[missing] = UNIFORM
        if shares is not None:
            rows, zones, edges, shares = _merged(rows, zones, edges, shares)
        return rows, zones, edges, shares

    def _refuse_infinite(self, zone):
        """Say whose weights are so large that what comes out is no number."""
        store = self.zones.shelf.store
        where = "" if store is None else f"The zone store {store.folder}, "
        name = self.zones.shelf.record(zone)["name"]
        raise ValueError(
            f"{where}zone {name}: its networks answer with numbers that are not "
            "finite, so their weights are not what a training leaves. Fit again, or "
            "copy the store again."
        )

    def _refuse(self, places, rows, zones, missing, numbers):
        at = int(np.argmax(missing))
        row, zone = int(rows[at]), int(zones[at])
        latitude, longitude = (float(value) for value in places[row])
        where, photos = "no zone, and so has no network", ""
        if zone >= 0:
            name = self.zones.regions.names([zone])[0]
            where = f"zone {name}, which has no network"
            photos = "; or give the zone photos with update_zones"
        number = row if numbers is None else int(numbers[row])
        more = len(np.unique(rows[missing])) - 1
        others = f" ({more} more row{'s' * (more > 1)} like it.)" if more else ""
        raise ValueError(
            f"X, row {number}: the place ({latitude!r}, {longitude!r}) lies "
            f'in {where}. Use missing_zone="fallback" for the network of the whole '
            f'globe, or "nearest", "uniform" or "nan"{photos}.{others}'
        )


def _merged(rows, zones, edges, shares):
    """Add up the shares of what speaks twice of a row, for two of its zones."""
    order = np.lexsort((edges, zones, rows))
    rows, zones, edges = rows[order], zones[order], edges[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (np.diff(rows) != 0) | (np.diff(zones) != 0) | (edges[1:] != edges[:-1])
    shares = np.add.reduceat(shares[order], np.flatnonzero(first))
    return rows[first], zones[first], edges[first], shares


def _groups(zones, edges):
    """Yield zones and the positions that belong to them, a zone once an edge."""
    if len(zones) == 1:
        yield zones[0], edges[0], np.zeros(1, dtype=np.intp)
        return
    order = np.lexsort((zones, edges))
    keys = 2 * zones[order] + edges[order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        group = order[start:stop]
        yield zones[group[0]], edges[group[0]], np.sort(group)
