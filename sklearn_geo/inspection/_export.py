# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What displays show, handed to other programs: a GeoDataFrame or a DataFrame."""


class ShowsPlaces:
    """Make a GeoDataFrame of what `to_geojson` of a display gives."""

    def to_geodataframe(self):
        """Return what :meth:`to_geojson` gives as a GeoDataFrame; needs geopandas.

        Returns
        -------
        GeoDataFrame
            A row a feature and a column a property, in EPSG:4326. Where a property
            holds something of every model, each has a column, ``error_km_prior``. With
            folium installed, its `explore` shows it in a browser.
        """
        try:
            import geopandas
        except ImportError as error:
            raise ImportError(
                "to_geodataframe needs geopandas: pip install 'sklearn-geo[geo]'. "
                "to_geojson works without."
            ) from error
        features = [
            {**feature, "properties": _flat(feature["properties"])}
            for feature in self.to_geojson()["features"]
        ]
        if not features:  # of which geopandas 1.0 makes no column of geometries
            return geopandas.GeoDataFrame(geometry=[], crs="EPSG:4326")
        return geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")


def _flat(properties):
    """Give what is nested in properties a name of its own: a table has one level."""
    flat = {}
    for key, value in properties.items():
        if isinstance(value, dict):
            flat.update({f"{key}_{inner}": one for inner, one in value.items()})
        else:
            flat[key] = value
    return flat


def frame_of(columns):
    """Make a DataFrame of columns.

    Parameters
    ----------
    columns : dict of array-like
        Values by the name of the column.

    Returns
    -------
    DataFrame
        The table.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas: pip install 'sklearn-geo[pandas]'"
        ) from error
    try:
        return pd.DataFrame(columns)
    except UnicodeEncodeError:
        return pd.DataFrame({name: _column(one) for name, one in columns.items()})


def _column(values):
    """Return a column that pandas can hold: half a character is no text of its own."""
    import pandas as pd

    try:
        pd.Series(values)
    except UnicodeEncodeError:
        return pd.Series(values, dtype=object)
    return values


def collection_of(features):
    """Put features together as GeoJSON."""
    return {"type": "FeatureCollection", "features": list(features)}
