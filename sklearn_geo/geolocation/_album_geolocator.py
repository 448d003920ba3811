# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a photo was taken, in the light of the other photos of its user."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.geolocation._album_learning import AlbumLearning
from sklearn_geo.geolocation._album_messages import AlbumMessages
from sklearn_geo.geolocation._album_rows import AlbumRows, known_elsewhere
from sklearn_geo.geolocation._albums import by_user, like_lengths
from sklearn_geo.geolocation._combine import log_softmax, softmax
from sklearn_geo.geolocation._cross_fit import score_parts
from sklearn_geo.geolocation._first_cells import FirstCells
from sklearn_geo.geolocation._masks import add_known
from sklearn_geo.geolocation._photo_columns import Given, check_times
from sklearn_geo.geolocation._wrapper import WRAPPER_CONSTRAINTS, CellWrapper
from sklearn_geo.geolocation._wrapper_files import StoredAlbums
from sklearn_geo.nets import TRAINING_CONSTRAINTS, rows_in_memory
from sklearn_geo.nets._usual import answering

__all__ = ["AlbumGeolocator"]

# Cells of a photo that are kept: section 3.2 of the paper.
_N_FIRST = 10
# Photos and padding of a batch at prediction.
_SLOTS = 4096


class AlbumGeolocator(StoredAlbums, AlbumLearning, CellWrapper):
    r"""Locate the photos of a user together: each tells the others where they may be.

    Model M3 of the paper. The photos of a user are put in the order of time and cut
    into albums of 24. What the wrapped estimator says of a photo is corrected by what
    it says of the other photos of the album.

    Parameters
    ----------
    estimator : estimator
        Says probabilities of cells: a `TimeAdjustedGeolocator` (M2), a
        `HierarchicalCellClassifier` (M1), `SceneNetworks`, or a pipeline or search that
        ends in one.

    groups : str or int, default=None
        The column of X, by name or position, that tells whose each photo is. It is no
        feature. None takes the array `groups` of `fit` and `predict`.

    times : str or int, default=None
        The column of X that tells when each photo was taken. It is no feature. None
        takes the array `times`; where there is none either, the photos of a user are in
        order of rows.

    time_zone : str, default=None
        Where clocks stood that tell no zone. Only differences count here, so None will
        do, unless the wrapped estimator reads hours.

    album_size : int, default=24
        Photos of an album at most. Users with more get as few albums as can be, of
        lengths that differ by one photo at most.

    missing_times : {"error", "last"}, default="error"
        What becomes of photos without a time: "last" puts them after the others of
        their user, in order of rows.

    preset : {"paper"} or None, default=None
        "paper" is a plain bidirectional LSTM with a softmax over all cells. None is a
        correction that knows where cells lie and is left out where albums tell nothing
        (see Notes): it needs hundreds of users, not hundreds of thousands.

    hidden : int or "auto", default="auto"
        Width of the states of the LSTM, in each direction. The paper does not tell its
        own. "auto" is 16, and 256 for the paper's network.

    cv : int, splitter or "prefit", default=5
        Folds of whole users. What is learnt here is learnt from probabilities that the
        wrapped estimator says of users it has not seen. "prefit" takes it as it is,
        fitted: `fit` then needs other photos than those that taught it, which it warns
        of where it can tell: one that was read from a folder does not know them.

    n_jobs : int, default=None
        Folds that are fitted at the same time.

    solver : {"adam", "adagrad", "sgd"}, default="adam"
        Optimizer of the network.

    learning_rate_init : float or "auto", default="auto"
        Learning rate of the first epoch. "auto" is 0.1, and falls to a twentieth; for
        the paper's network it is 0.005.

    batch_size : int, default=16
        Users of a step.

    max_iter : int or "auto", default="auto"
        Number of epochs, in each of which every user shows one album. "auto" is 20, or
        as many as it takes for 600 steps; for the paper's network it is 200 at most.

    tol : float, default=1e-4
        By how much the watched loss of the paper's network must fall to count.

    n_iter_no_change : int, default=10
        Epochs without that after which the training of the paper's network ends.

    validation_fraction : float, default=0.1
        Share of the users on whom the loss of the paper's network is watched.

    device : str, default="auto"
        "auto" is the first CUDA device if there is one, else the processor.

    verbose : int, default=0
        1 prints a line an epoch.

    warm_start : bool, default=False
        Go on with the network of the last `fit`. Pass the same rows. `hidden`, `preset`
        and the cells of `estimator` have to stay as they were.

    random_state : int, RandomState instance or None, default=None
        Decides folds, albums, first weights, and the wrapped estimator where that has
        no seed of its own.

    Attributes
    ----------
    estimator_ : estimator
        The fitted wrapped estimator.

    corrects_ : bool
        Whether albums told anything. If not, answers are those of `estimator_`.

    held_out_gain_ : float
        By how much the mean log-likelihood of photos of held-out users rose by their
        albums; NaN for the paper's network.

    cell_shares_ : ndarray of shape (n_cells,)
        Shares of training photos in cells.

    cell_places_ : ndarray of shape (n_cells, 2)
        Where each cell is.

    left_out_ : ndarray of int
        Photos in no cell of the wrapped estimator. They are read but not scored.

    net_ : EstimatorNet
        The skorch net; `net_.module_` is the network.

    history_ : ndarray of shape (`n_iter_`,)
        A row an epoch.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of columns seen in `fit`, with those of groups and times.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    UserAveragingGeolocator : The mean over a user's photos, which learns nothing.
    TimeAdjustedGeolocator : M2, which can be wrapped here.

    Notes
    -----
    **Users are independent, rows are not.** What is said of a photo depends on which
    other photos of its user are passed with it, but not on those of other users. A
    user with a single photo gets what the wrapped estimator says; with the
    paper's network, nearly so.

    **Training** follows section 3.3 of [1]_: of every photo the 10 largest
    probabilities are kept and normalised, albums are padded with zeros and masked, and
    a user shows a single random album an epoch: 24 consecutive photos, all of which are
    predicted. Photos in no cell, or in a cell that no other fold of users has been to,
    are read but not scored.

    **The paper's network** reads :math:`(\hat p, |p'|_1)`, which is
    :math:`N + 1` wide, in both directions of time, and has a softmax over the
    :math:`N` cells on top of the states.

    **The correction.** Be :math:`\pi` the shares of cells in training, and
    :math:`\hat p_i`, :math:`\mu_i` the first cells of photo `i` and their mass. A
    little doubt :math:`\varepsilon` is spread as cells are in training,

    .. math:: p_i = (1 - \varepsilon) \mu_i \hat p_i
              + (1 - (1 - \varepsilon) \mu_i) \pi, \qquad
              q_i \propto \pi \, (p_i / \pi)^\lambda.

    In each of two heads `h`, photo `i` listens to the photos `j` of its album with
    weights of a softmax over all `j`, over the ways `k` and over nobody:

    .. math:: m_{ih} = a_{ih} \pi + \sum_{j \neq i} \sum_k a_{ijhk} K_k q_j,
       \qquad
       s_i = \sigma \log p_i + \sum_h \beta_{ih} \log (m_{ih} / \pi).

    :math:`K_0` is the same cell; the others move to cell `d` with a chance in
    proportion to :math:`\pi(d) \exp(-\mathrm{km} / \tau_k)`. The logits of the
    weights are functions of the time between the photos and of how many are between
    them, plus what a bidirectional LSTM says of photo `j`; it also sets
    :math:`\beta_{ih}`. The LSTM reads how sure each photo is, roughly where it is and
    how that fits to the photo before, but no names of cells. So nothing here can prefer
    a cell: if nobody is listened to, :math:`m = \pi` and nothing is added.

    **No correction is a candidate.** Half of the users judge a correction that the
    other half has taught. It is left out (`corrects_` is False) unless it makes
    held-out photos likelier than they are without, and by more than it does in albums
    of strangers, where the same photos have users drawn at random: photos that
    strangers took at the same time can be near each other, too. Both are tested over
    users, by size and by rank, at the level of 1 %.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, section 3.3 and Figure 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation import AlbumGeolocator, HierarchicalCellClassifier
    >>> from sklearn_geo.partition import KMeansPartition
    >>> rng = np.random.default_rng(0)
    >>> users = np.repeat(np.arange(45), 10)
    >>> city = rng.integers(3, size=45)[users]  # everybody stays in one of three
    >>> places = np.array([[48.9, 2.4], [40.4, -3.7], [52.5, 13.4]])[city]
    >>> looks = np.eye(3)[city] + rng.normal(size=(450, 3))
    >>> one = HierarchicalCellClassifier(KMeansPartition(3), learning_rate_init=0.1)
    >>> album = AlbumGeolocator(one, cv=2, max_iter=10, random_state=0)
    >>> train, test = users < 30, users >= 30
    >>> album.fit(looks[train], places[train], groups=users[train]).corrects_
    True
    >>> found = album.predict(looks[test], groups=users[test])
    >>> alone = album.estimator_.predict(looks[test])
    >>> for places_found in (alone, found):
    ...     print((abs(places_found - places[test]) < 1).all(axis=1).mean() > 0.9)
    False
    True
    """

    # What a fitted one holds besides the weights of `net_` and `history_`:
    # estimator_, corrects_, held_out_gain_, cell_shares_, cell_places_, left_out_,
    # _seed, and the calibration of every CellPredictor.

    _parameter_constraints: dict = {
        **TRAINING_CONSTRAINTS,
        **WRAPPER_CONSTRAINTS,
        "album_size": [Interval(Integral, 1, None, closed="left")],
        "missing_times": [StrOptions({"error", "last"})],
        "preset": [StrOptions({"paper"}), None],
        "hidden": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "learning_rate_init": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "device": "no_validation",  # see choose_device
    }
    for _name in (
        "shuffle",
        "early_stopping",
        "learning_rate_decay",
        "learning_rate_every",
        "momentum",
        "mixed_precision",
        "weight_decay",
    ):
        del _parameter_constraints[_name]
    del _name

    def __init__(
        self,
        estimator,
        *,
        groups=None,
        times=None,
        time_zone=None,
        album_size=24,
        missing_times="error",
        preset=None,
        hidden="auto",
        cv=5,
        n_jobs=None,
        solver="adam",
        learning_rate_init="auto",
        batch_size=16,
        max_iter="auto",
        tol=1e-4,
        n_iter_no_change=10,
        validation_fraction=0.1,
        device="auto",
        verbose=0,
        warm_start=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.groups = groups
        self.times = times
        self.time_zone = time_zone
        self.album_size = album_size
        self.missing_times = missing_times
        self.preset = preset
        self.hidden = hidden
        self.cv = cv
        self.n_jobs = n_jobs
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.device = device
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Fit what is wrapped, and learn what photos of an album tell each other.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            What the wrapped estimator reads, and columns of groups and times.

        y : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees, or whatever the wrapped estimator takes.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts. One of weight 0 is still a part of its album.

        times : array-like of shape (n_photos,), default=None
            When photos were taken, where that is no column of X.

        groups : array-like of shape (n_photos,), default=None
            Whose photos they are, where that is no column of X.

        Returns
        -------
        self : AlbumGeolocator
            The fitted estimator.
        """
        go_on = self.warm_start and hasattr(self, "net_")
        with all_or_nothing(self):
            photos = self._read_features(Given(X, times, groups), reset=not go_on)
            weights = self._read_weights(sample_weight, photos)
            seed = self._draw_seed(go_on)
            first, folds = self._fit_cross(
                photos, y, weights, n_first=_N_FIRST, seed=self._seed
            )
            cells = self._learnt_cells(photos, y, weights, first, go_on)
            known = None if folds is None else known_elsewhere(cells, folds)
            if known is not None and known.any():
                cells = np.where(known, cells, -1)
            rows = AlbumRows(first, photos.times)
            if self.preset is None:
                self._judge(rows, photos, cells, weights)
            else:
                self.corrects_, self.held_out_gain_ = True, np.nan
            self._learn(rows, photos, cells, weights, seed=seed, go_on=go_on)
        return self

    # Prediction -----------------------------------------------------------------------

    def _read_features(self, X, reset=False):
        photos = super()._read_features(X, reset=reset)
        if photos.groups is None:
            raise ValueError(
                "There are no groups: set groups= to the column of X that tells whose "
                "photo each is, or pass groups= to this method, one for each photo. "
                "For photos without owners see TimeAdjustedGeolocator."
            )
        if photos.times is not None and self.missing_times == "error":
            check_times(
                photos.times,
                'missing_times="last", which puts them after the others of their user',
            )
        return photos

    def _log_scores(self, photos, known):
        self._check_same_cells()
        if not self.corrects_:
            yield from self._wrapped_scores(photos, known)
            return
        module = self.net_.module_.eval()
        # The paper's network has its own say about photos without others.
        n_taken = np.bincount(photos.groups) + (not isinstance(module, AlbumMessages))
        first = FirstCells.empty(len(photos), len(self.cell_shares_), _N_FIRST)
        for part, scores in score_parts(self.estimator_, photos):
            alone = n_taken[photos.groups[part]] == 1
            if alone.any():
                at = np.arange(len(photos))[part][alone]
                # In the precision that the others have.
                single = log_softmax(scores[alone]).astype(np.float32)
                add_known(single, known, at)
                yield at, single
            first.put(part, softmax(scores))
        rows = AlbumRows(first, photos.times)
        albums = by_user(photos.groups, photos.times, self.album_size)
        shared = np.flatnonzero(n_taken[albums.users] > 1)
        device = next(module.parameters()).device
        for batch in like_lengths(albums.lengths[shared], self._slots(len(photos))):
            padded = albums.padded(shared[batch])
            blocks = rows.tensors(padded).to(device)
            with answering():
                scores = module.dense(module(blocks), blocks)
            there = padded >= 0
            scores = scores.cpu().numpy()[there]
            at = padded[there]
            add_known(scores, known, at)
            yield at, scores

    def _slots(self, n_photos):
        """Return how many photos and how much padding a batch may have."""
        # Inputs, scores of all cells, those of photos, and what is done with them.
        return rows_in_memory(32 * (len(self.cell_shares_) + 4096), _SLOTS)

    def _wrapped_scores(self, photos, known):
        for rows, scores in score_parts(self.estimator_, photos):
            add_known(scores, known, rows)
            yield rows, scores

    def __sklearn_is_fitted__(self):
        return "net_" in self.__dict__
