# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The answers of a ranker: tags for photos, photos for tags, in the light of places."""

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._settings import check_settings
from sklearn_geo.nets import rows_in_memory
from sklearn_geo.ranking._gallery import (
    Gallery,
    Prepared,
    check_not_empty,
    read_queries,
    search,
)
from sklearn_geo.ranking._levels import pick_state
from sklearn_geo.ranking._photo_rows import PhotoPart
from sklearn_geo.ranking._scorers import ScorerWithPrior, make_scorer
from sklearn_geo.ranking._tagger import TaggerMixin, check_k
from sklearn_geo.ranking._top_k import top_k

__all__ = ["RankerAnswers"]


class RankerAnswers(TaggerMixin):
    """The answers of :class:`LocSensRanker`, which is fitted by `RankerTraining`."""

    def decision_function(self, X, *, granularity=None, tag_vectors=None):
        """Score every tag for every photo at its place.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features of photos and the two columns of their place.

        granularity : str, float or None, default=None
            How exactly places are meant; picks the state of a training by
            ``location_mode="sampling"`` or "dropout". A name ("street", "city",
            "region", "country", "continent", "anywhere") or a distance in km. None is
            the last state.

        tag_vectors : array-like of shape (n_others, n_columns), default=None
            Vectors of other tags, which were never taught, in the space of
            `tag_vectors_`: these are scored instead.

        Returns
        -------
        scores : ndarray of shape (n_photos, n_tags)
            The higher, the better photo, tag and place go together. -inf for tags of
            `omit_tags`.
        """
        check_is_fitted(self)
        if tag_vectors is None:
            inputs, n_tags = None, self.n_tags_
        else:
            inputs = self._other_vectors(tag_vectors, "tag_vectors")
            n_tags = len(inputs)
        vocabulary = self._tags_now()
        places, photos = self._read_photos(X)
        scores = np.empty((len(places), n_tags), dtype=np.float32)
        for at, scorer, *asked in self._asked(places, photos, granularity, n_tags):
            scores[at] = scorer.of_tags(*asked, inputs)
        return scores if inputs is not None else vocabulary.silence(scores)

    def predict_topk(self, X, k=10, *, granularity=None, return_scores=False):
        """Return the tags with the highest scores, best first.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features of photos and the two columns of their place.

        k : int, default=10
            How many.

        granularity : str, float or None, default=None
            As in :meth:`decision_function`.

        return_scores : bool, default=False
            Return their scores as well.

        Returns
        -------
        tags : ndarray of int64 of shape (n_photos, k)
            Columns of y, best first; of equal scores the first column first. A list
            that has ended is filled up with -1.

        scores : ndarray of shape (n_photos, k)
            Only with `return_scores=True`; -inf where a list has ended.
        """
        check_is_fitted(self)
        k, vocabulary = check_k(k, self.n_tags_), self._tags_now()
        places, photos = self._read_photos(X)
        tags = np.full((len(places), k), -1, dtype=np.int64)
        scores = np.full((len(places), k), -np.inf, dtype=np.float32)
        n_listed = self._n_shortlisted(k)
        quick = self._quick_scorer() if n_listed < self.n_tags_ else None
        for at, scorer, *asked in self._asked(places, photos, granularity):
            if quick is None:
                block = vocabulary.silence(scorer.of_tags(*asked))
                tags[at], scores[at] = top_k(block, k)
                continue
            vectors = quick.photo_vectors(PhotoPart(photos, at))
            block = vocabulary.silence(quick.of_tags(vectors, *asked[1:]))
            # In the order of tags, so that ties are broken as without a shortlist.
            listed, _ = top_k(block, n_listed)
            listed = np.sort(listed, axis=1)
            block = scorer.of_pairs(*asked, np.maximum(listed, 0))
            block[listed < 0] = -np.inf
            found, scores[at] = top_k(block, k)
            some = np.take_along_axis(listed, np.maximum(found, 0), axis=1)
            tags[at] = np.where(found >= 0, some, -1)
        return (tags, scores) if return_scores else tags

    def location_share(self, X, tags, *, granularity=None):
        """Return how much of a score is owed to the place.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features of photos and the two columns of their place.

        tags : str, int or sequence of them
            The tags to explain, by name or number.

        granularity : str, float or None, default=None
            As in :meth:`decision_function`.

        Returns
        -------
        share : ndarray of shape (n_photos, n_tags)
            The score minus the score with the place silenced: positive where the place
            speaks for the tag.
        """
        check_is_fitted(self)
        numbers = self._vocabulary.positions(tags)
        places, photos = self._read_photos(X)
        share = np.empty((len(places), len(numbers)), dtype=np.float32)
        for at, scorer, vectors, encoded, heard in self._asked(
            places, photos, granularity
        ):
            pairs = np.broadcast_to(numbers, (len(vectors), len(numbers)))
            with_place = scorer.of_pairs(vectors, encoded, heard, pairs)
            silent = scorer.of_pairs(vectors, encoded, np.zeros_like(heard), pairs)
            share[at] = with_place - silent
        return share

    def index(self, X):
        """Take photos into the gallery that :meth:`retrieve` looks through.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Features of photos and the two columns of their place. The gallery refers
            to them, as far as nothing has to be converted; a memory map stays one.

        Returns
        -------
        self : LocSensRanker
            The estimator, whose gallery before is forgotten.
        """
        check_is_fitted(self)
        check_not_empty(X)
        places, photos = self._read_photos(X)
        self._gallery = Gallery(photos, places)
        return self

    def retrieve(
        self,
        tag=None,
        place=None,
        k=10,
        *,
        tag_vector=None,
        granularity=None,
        within_km=None,
        exclude=None,
        return_scores=False,
    ):
        """Return photos of the gallery that a tag and a place call for.

        Parameters
        ----------
        tag : str, int, or sequence of them, default=None
            The tag, by name or number; several are a batch of queries.

        place : array-like of shape (2,) or (n_queries, 2), default=None
            Latitude and longitude in degrees; several are a batch of queries. None (and
            a pair of NaN) is anywhere: the place is silenced. With one tag and several
            places, or the other way round, the one is for all.

        k : int, default=10
            How many photos.

        tag_vector : array-like of shape (n_columns,) or (n_queries, n_columns), \
                default=None
            Instead of `tag`: the vector of a tag that was never taught, in the space of
            `tag_vectors_`; several are a batch of queries.

        granularity : str, float or None, default=None
            How exactly the place is meant, as in :meth:`decision_function`.

        within_km : float, default=None
            Return only photos that were taken at most so far from the place; the answer
            may be shorter than `k`. They are all looked at, so the answer is exact, but
            for the trunk where they are more than `shortlist`: it ranks the best so
            many of them. None and infinity take all photos, those without a place too.

        exclude : int or array-like of int, default=None
            Rows of the gallery that are no answer: one or more if there is one query,
            a row a query if there are several (-1 for none).

        return_scores : bool, default=False
            Return scores as well.

        Returns
        -------
        photos : ndarray of int64 of shape (k,) or (n_queries, k)
            Rows of the gallery, best first; of equal scores the first row first. A list
            that has ended is filled up with -1.

        scores : ndarray of the same shape
            Only with `return_scores=True`; -inf where a list has ended. They are those
            of :meth:`decision_function` but for what `place_prior` adds, which is the
            same for all photos.
        """
        check_is_fitted(self)
        gallery = self._gallery
        if gallery is None:
            raise ValueError(
                "There are no photos to look through: call index(X) with the gallery "
                "first."
            )
        k = check_k(k, len(gallery))
        vectors = None
        if tag_vector is not None:
            vectors = self._other_vectors(tag_vector, "tag_vector")
        queries = read_queries(
            self._vocabulary,
            tag,
            place,
            exclude,
            len(gallery),
            vectors=vectors,
            one_vector=np.ndim(tag_vector) == 1,
        )
        within_km = self._check_radius(within_km, queries)
        known = self._places(queries.places)
        scorer = self._scorer(granularity)

        def score_by(scorer):
            def ask(at):
                encoded, is_known = known.rows(at)
                heard = self._heard(is_known, granularity)
                if queries.vectors is not None:
                    return scorer.ask(encoded, heard, None, queries.vectors[at])
                return scorer.ask(encoded, heard, queries.tags[at])

            def score(at, rows):
                return scorer.answer(gallery.vectors(scorer), *asked[at], rows=rows)

            asked = Prepared(ask, len(queries.places))
            return score

        n_listed, quick = self._n_shortlisted(k), None
        if n_listed < len(gallery):
            quick = score_by(self._quick_scorer())
        photos, scores = search(
            gallery,
            queries,
            score_by(scorer),
            k,
            within_km=within_km,
            quick_score=quick,
            n_listed=n_listed,
            bytes_a_query=12 * scorer.n_place_columns,
        )
        if queries.is_one:
            photos, scores = photos[0], scores[0]
        return (photos, scores) if return_scores else photos

    def _other_vectors(self, vectors, name):
        """Return vectors of tags that were not taught."""
        vectors = self._check_vectors(vectors, name, unit=not self._learns_tags)
        n_columns = self.tag_vectors_.shape[1]
        if vectors.shape[1] != n_columns:
            raise ValueError(
                f"{name} has {vectors.shape[1]} columns, but the tags of fit have "
                f"{n_columns}."
            )
        return vectors

    def _check_radius(self, within_km, queries):
        """Return the radius, None if there is no limit."""
        if within_km is None:
            return None
        fine = isinstance(within_km, Real)
        fine = fine and not isinstance(within_km, (bool, np.timedelta64))
        if not fine or not within_km >= 0:
            raise ValueError(
                f"within_km is a distance, 0 or more kilometres; got {within_km!r}."
            )
        if np.isinf(float(within_km)):  # a fraction, or an integer beyond 2**64
            return None
        nowhere = np.isnan(queries.places[:, 0])
        if nowhere.any():
            raise ValueError(
                f"within_km={within_km} needs a place, but query "
                f"{int(np.argmax(nowhere))} has none."
            )
        return float(within_km)

    def _read_photos(self, X):
        check_settings(self, "allow_missing")
        places, features = self._read(X, reset=False)
        return places, self._photos(features)

    def _n_shortlisted(self, k):
        """Return how many candidates the trunk is asked about."""
        check_settings(self, "shortlist")
        quick = self.shortlist is not None and self._quick_scorer() is not None
        return max(self.shortlist, k) if quick else np.inf

    def _quick_scorer(self):
        if self._quick is None:
            return None
        if "quick" not in self._scorers:
            self._scorers["quick"] = make_scorer(self._quick)
        return self._scorers["quick"]

    def _scorer(self, granularity):
        number = pick_state(self.states_, granularity)
        if number not in self._scorers:
            self._scorers[number] = make_scorer(self.states_[number].module)
        return self._scorers[number]

    def _state_for(self, granularity):
        return self.states_[pick_state(self.states_, granularity)]

    def _heard(self, known, granularity):
        """Return 0 for places that are not to be heard, 1 for others."""
        silent = np.isinf(self._state_for(granularity).sigma_km)
        return known.astype(np.float32) * (0.0 if silent else 1.0)

    def _asked(self, places, photos, granularity, n_tags=0):
        """Yield parts of photos with what the scorer takes."""
        known = self._places(places)
        scorer = self._scorer(granularity)
        # The photos around are those of the exact place: rougher states do not ask.
        exact = self._state_for(granularity).sigma_km == 0
        prior = self._prior if exact else None
        # Scores, and once more to sort them; encoded places, in both precisions.
        bytes_a_row = 8 * max(n_tags, self.n_tags_) + 12 * scorer.n_place_columns
        step = rows_in_memory(bytes_a_row, len(places))
        for start in range(0, len(places), step):
            at = slice(start, min(start + step, len(places)))
            vectors = scorer.photo_vectors(PhotoPart(photos, at))
            told, is_known = known.told(at)
            heard = self._heard(is_known, granularity)
            asked = scorer
            if prior is not None:
                asked = ScorerWithPrior(scorer, prior, told)
            yield at, asked, vectors, known.encoded(told), heard

    def _score_blocks(self, X):
        for at, scorer, *asked in self._asked(*self._read_photos(X), None):
            yield at, scorer.of_tags(*asked)
