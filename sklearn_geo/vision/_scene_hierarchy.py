# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From probabilities of many scenes to those of few groups of them."""

import numbers

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._numbers import naming
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.vision._scene_table import read_levels, scene_name

__all__ = ["SceneHierarchy"]

# Nobody puts more transformers into each other.
_DEEPEST = 20


class SceneHierarchy(TransformerMixin, GeoEstimator):
    r"""Add up probabilities of scenes to those of groups: 365 to 16 to 3.

    The probability of a scene that belongs to several groups (a barn is natural and
    man-made) is split evenly first, so that rows still sum to what they summed to.
    `SceneNetworks` takes such rows as `scenes`.

    Parameters
    ----------
    membership : str, path, Bunch, array-like, mapping or list
        Which scene belongs to which groups:

        - the name of a CSV file such as that of Places365, or what
          :func:`read_scene_table` made of it;
        - an array or data frame (n_scenes, n_groups), with a 1 where a scene belongs to
          a group; other numbers are shares. Columns of a data frame are called after
          groups, and an index of text after scenes;
        - a mapping from each scene to the name of its group, or to a list of names;
        - a list of these, or a mapping from names of levels to these, for several
          levels, from many groups to few. What is put into groups are the scenes, or
          the groups of the level before.

    level : int, str or None, default=None
        Which level comes out: how many groups it has, or its name. None is the last,
        "all" are all, side by side.

    scenes : array-like of str or None, default=None
        What the columns of X are called, in their order; rows of the table are found by
        these names. None goes by the names of the columns of X where they are those of
        the table, with or without `prefix` or what else all begin with, such as the
        ``class_`` of :class:`PosteriorTransformer`, and otherwise takes the columns in
        the order of the table. If only some are names of the table, these must be in
        its order.

    prefix : str, default="scene"
        What stands before the name of a group, as in "scene_indoor".

    Attributes
    ----------
    membership_ : dict of str to ndarray of shape (n_scenes, n_groups)
        By level, the share of each scene (a row, in the order of X) in each group.

    groups_ : dict of str to list of str
        Names of the groups of each level.

    scenes_ : list of str
        Names of the scenes, in the order of X.

    n_features_in_ : int
        Number of scenes.

    feature_names_in_ : ndarray of shape (n_scenes,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column names
        that are all strings.

    See Also
    --------
    read_scene_table : Reads the published table.
    PosteriorTransformer : Makes posteriors of scenes from photos.
    sklearn_geo.geolocation.SceneNetworks : A classifier of places for each group.

    Notes
    -----
    Section 3.2 of [1]_: with :math:`m_{sg}` one if scene `s` belongs to group `g`,

    .. math:: p(g \mid x) = \sum_s p(s \mid x) \frac{m_{sg}}{\sum_h m_{sh}}.

    A row with NaN, of a photo that could not be read, stays NaN.

    References
    ----------
    .. [1] E. Müller-Budack, K. Pustu-Iren and R. Ewerth, "Geolocation Estimation of
       Photos using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    >>> from sklearn_geo.vision import SceneHierarchy
    >>> table = {"barn": ["natural", "urban"], "forest": "natural", "office": "indoor"}
    >>> hierarchy = SceneHierarchy(table)
    >>> hierarchy.fit_transform([[0.5, 0.2, 0.3]]).round(2)
    array([[0.45, 0.25, 0.3 ]])
    >>> hierarchy.get_feature_names_out()
    array(['scene_natural', 'scene_urban', 'scene_indoor'], dtype=object)
    >>> hierarchy.scenes_of("natural")
    {'barn': 0.5, 'forest': 1.0}
    """

    _parameter_constraints: dict = {
        "membership": "no_validation",  # see `read_levels`
        "level": [numbers.Integral, str, None],
        "scenes": ["array-like", None],
        "prefix": [str],
    }

    def __init__(self, membership, *, level=None, scenes=None, prefix="scene"):
        self.membership = membership
        self.level = level
        self.scenes = scenes
        self.prefix = prefix

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Read the table, and match it with the columns of X.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_scenes)
            Probabilities of scenes.

        y : None
            Ignored.

        Returns
        -------
        self : SceneHierarchy
            The fitted hierarchy.
        """
        with all_or_nothing(self):
            X = self._read_proba(X, reset=True)
            levels = self._read_levels(X.shape[1])
            n_scenes, names = levels[0].table.shape[0], levels[0].rows
            order = self._order(names, n_scenes)
            if len(order) != X.shape[1]:
                raise ValueError(
                    f"X has {X.shape[1]} columns, but there are {len(order)} scenes. X "
                    "holds one probability a scene."
                )
            names = [str(i) for i in range(n_scenes)] if names is None else names
            self.scenes_ = [names[i] for i in order]
            self.membership_, self.groups_ = {}, {}
            before, of_before = None, None
            for level in levels:
                if level.name in self.groups_:
                    raise ValueError(f"membership: {level.name!r} is there twice.")
                shares = level.table / level.table.sum(axis=1, keepdims=True)
                rows = _row_order(level, names, before)
                if rows is not None:
                    shares = shares[rows][order]
                else:
                    shares = of_before @ _of_groups(level, before, shares)
                self.membership_[level.name] = shares
                self.groups_[level.name] = level.groups
                before, of_before = level.groups, shares
            self._chosen()
        return self

    def transform(self, X):
        """Add up probabilities.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_scenes)
            Probabilities of scenes.

        Returns
        -------
        ndarray of shape (n_photos, n_groups)
            Probabilities of groups.
        """
        check_is_fitted(self)
        X = self._read_proba(X, reset=False)
        matrices = [self.membership_[name] for name in self._chosen()]
        return X @ np.hstack(matrices).astype(X.dtype)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        ndarray of str objects of shape (n_groups,)
            Such as "scene_indoor"; with ``level="all"``, "level 2__indoor".
        """
        check_input_features(self, input_features)
        check_settings(self, "prefix")  # it may have been set after fit
        stem = f"{self.prefix}_" if self.prefix else ""
        names = []
        for level in self._chosen():
            before = f"{level}__" if self.level == "all" else stem
            names += [before + group for group in self.groups_[level]]
        return np.array(names, dtype=object)

    def scenes_of(self, group, *, level=None):
        """Say which scenes a group is made of.

        Parameters
        ----------
        group : str
            The group.

        level : str, int or None, default=None
            Its level; None is the first that has such a group.

        Returns
        -------
        dict of str to float
            The share of each scene that goes to the group.
        """
        check_is_fitted(self)
        names = list(self.groups_) if level is None else self._named(level)
        if not isinstance(group, str):
            raise TypeError(f"group must be the name of a group, text; got {group!r}.")
        for name in names:
            if group in self.groups_[name]:
                shares = self.membership_[name][:, self.groups_[name].index(group)]
                return {
                    scene: float(share)
                    for scene, share in zip(self.scenes_, shares, strict=True)
                    if share > 0
                }
        there = [each for name in names for each in self.groups_[name]]
        raise ValueError(f"There is no group {group!r}; there are {there}.")

    def groups_of(self, scene):
        """Say to which groups a scene belongs.

        Parameters
        ----------
        scene : str
            The scene.

        Returns
        -------
        dict of str to (dict of str to float)
            By level, the share of the scene that goes to each of its groups.
        """
        check_is_fitted(self)
        if not isinstance(scene, str):
            raise TypeError(f"scene must be the name of a scene, text; got {scene!r}.")
        name = scene_name(scene)
        if name not in self.scenes_:
            raise ValueError(
                f"There is no scene {name!r}; the first are {self.scenes_[:5]}."
            )
        row, found = self.scenes_.index(name), {}
        for level, groups in self.groups_.items():
            shares = self.membership_[level][row]
            found[level] = {groups[i]: float(shares[i]) for i in np.flatnonzero(shares)}
        return found

    def _read_levels(self, n_scenes):
        """Read the table. The conformance tests make one for any number of scenes."""
        return read_levels(self.membership)

    def _read_proba(self, X, *, reset):
        with naming("X"):
            X = validate_data(
                self,
                X,
                reset=reset,
                dtype=[np.float64, np.float32],
                ensure_all_finite="allow-nan",
            )
        negative = X < 0
        if negative.any():
            row, column = (int(i) for i in np.argwhere(negative)[0])
            raise ValueError(
                f"Negative values in data passed to {type(self).__name__}: X, row "
                f"{row}, column {column} is {X[row, column]:g}. Probabilities are not "
                "negative; of logits take the softmax first."
            )
        return X

    def _order(self, names, n_scenes):
        """Return the row of the table for each column of X."""
        if self.scenes is not None:
            wanted = [scene_name(name) for name in self.scenes]
            if names is None:
                raise ValueError(
                    "scenes: the table has no names of scenes. Leave out scenes, and "
                    "pass the table in the order of the columns of X."
                )
            unknown = [name for name in wanted if name not in names]
            if unknown:
                raise ValueError(
                    f"scenes: {unknown[0]!r} is not in the table, which begins with "
                    f"{names[:5]}."
                )
            if len(set(wanted)) < len(wanted):
                twice = next(name for name in wanted if wanted.count(name) > 1)
                raise ValueError(f"scenes: {twice!r} is there twice.")
            return [names.index(name) for name in wanted]
        given = getattr(self, "feature_names_in_", None)
        if names is not None and given is not None:
            return self._order_by_name(names, [str(name) for name in given])
        return list(range(n_scenes))

    def _order_by_name(self, names, columns):
        """Return the rows that columns are called after; all if they say nothing."""
        known, wrong = {name: row for row, name in enumerate(names)}, ""
        for read in self._readings(columns):
            if len(set(read)) == len(read) and all(name in known for name in read):
                return [known[name] for name in read]
            wrong = wrong or _elsewhere(known, read, columns)
        if wrong:
            raise ValueError(wrong)
        return list(range(len(names)))

    def _readings(self, names):
        """Yield what columns may be called: more and more of what comes first is cut.

        Names of scenes may look like those that transformers make of them, so names as
        they stand come first.
        """
        parts = [name.split("__", _DEEPEST) for name in names]
        for n_cut in range(max(map(len, parts))):
            cut = ["__".join(each[min(n_cut, len(each) - 1) :]) for each in parts]
            yield [scene_name(name) for name in cut]
            yield [scene_name(name.removeprefix(f"{self.prefix}_")) for name in cut]
        ends = [end for end, letter in enumerate(names[0], 1) if letter == "_"]
        for end in ends[:_DEEPEST]:
            if all(name.startswith(names[0][:end]) for name in names):
                yield [scene_name(name[end:]) for name in names]

    def _chosen(self):
        """Return the names of the levels that come out."""
        if self.level is None:
            return [list(self.groups_)[-1]]
        return list(self.groups_) if self.level == "all" else self._named(self.level)

    def _named(self, level):
        if isinstance(level, str):
            found = [name for name in self.groups_ if name == level]
        elif not isinstance(level, numbers.Integral):
            raise TypeError(
                "level must be the name of a level, or how many groups it has; got "
                f"{level!r:.60}."
            )
        else:
            sizes = {name: len(groups) for name, groups in self.groups_.items()}
            found = [name for name, size in sizes.items() if size == level]
        if len(found) == 1:
            return found
        there = {name: len(groups) for name, groups in self.groups_.items()}
        what = "Several levels have" if found else "There is no level of"
        raise ValueError(
            f"level={level!r}: {what} that many groups, or that name. The levels, and "
            f"how many groups each has, are {there}."
        )

    def __sklearn_is_fitted__(self):
        # A fit that fails has seen X, but not how its columns belong together.
        return hasattr(self, "groups_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _elsewhere(known, read, columns):
    """Say which column is not where the table has its scene; "" if none is."""
    moved = next((i for i, name in enumerate(read) if known.get(name, i) != i), None)
    if moved is None:
        return ""
    unread = (i for i, name in enumerate(read) if name not in known or name in read[:i])
    odd = next(unread)
    why = "the same again" if read[odd] in known else "no scene of it"
    return (
        f"X: column {moved}, {columns[moved]!r:.60}, is scene {known[read[moved]]} of "
        f"the table, but column {odd}, {columns[odd]!r:.60}, is {why}. Call all "
        "columns as the table calls scenes, or pass `scenes`, what they are in turn."
    )


def _row_order(level, scenes, groups):
    """Return which rows of a level's table are the scenes, or None if none are."""
    if level.rows is None:
        fits = len(level.table) == len(scenes)
        if not fits and (groups is None or len(level.table) != len(groups)):
            raise ValueError(_no_match(level, scenes, groups))
        return list(range(len(scenes))) if fits else None
    if set(scenes) <= set(level.rows):
        return [level.rows.index(scene) for scene in scenes]
    return None


def _of_groups(level, groups, shares):
    """Return shares with a row for each group of the level before."""
    if level.rows is None:
        return shares
    if groups is None or not set(groups) <= set(level.rows):
        raise ValueError(_no_match(level, None, groups))
    return shares[[level.rows.index(group) for group in groups]]


def _no_match(level, scenes, groups):
    there = "" if groups is None else f", nor the groups of the level before, {groups}"
    return (
        f"membership, {level.name!r}: its {len(level.table)} rows are neither all of "
        f"the scenes{there}. Every level says to which groups each of these belongs."
    )
