# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How well tags are predicted: hit rates, coverage, average precision."""

import numpy as np
from scipy import sparse

from sklearn_geo.metrics._indicator import (
    check_indicator,
    check_ranked,
    check_scores,
    member_lookup,
    row_batches,
    score_blocks,
)
from sklearn_geo.metrics._omit import kept_tags, without_columns, without_entries
from sklearn_geo.metrics._ranked import RankedClass
from sklearn_geo.metrics._rows import (
    check_choice,
    check_flag,
    check_levels,
    check_row_weights,
    mean_of_rows,
    undefined,
)


def _hits_by_score(truth, scores, k, ties, kept):
    """Probability of every photo to have a true tag among its k first."""
    hits = np.zeros((truth.shape[0], k.size))
    for rows, true, score in score_blocks(truth, scores):
        true, score = without_columns(true, kept), without_columns(score, kept)
        best = np.where(true, score, -np.inf).max(axis=1)[:, np.newaxis]
        # No true tag scores more than the best one: whatever is above it is wrong.
        above = (score > best).sum(axis=1)
        tied = score == best
        wrong = (tied & ~true).sum(axis=1)
        if ties == "pessimistic":
            block = (above + wrong)[:, np.newaxis] < k
        elif ties == "optimistic":
            block = above[:, np.newaxis] < k
        else:
            right = (tied & true).sum(axis=1)
            block = np.transpose([_any_right(one - above, wrong, right) for one in k])
        hits[rows] = block
    return hits


def _any_right(drawn, wrong, right):
    """Probability that one of the first `drawn` of a shuffled block is right.

    That all are wrong is C(wrong, drawn) / C(wrong + right, drawn): the product of
    1 - right / (wrong + right - i) over all i < drawn, or the same with `drawn` and
    `right` in each other's place. Logarithms of factorials would lose its digits.
    """
    unsure = drawn <= wrong
    drawn = np.where(unsure, np.maximum(drawn, 0), 0)
    fewer, more = np.minimum(drawn, right), np.maximum(drawn, right)
    row = np.repeat(np.arange(len(fewer)), fewer)
    i = np.arange(len(row)) - np.repeat(np.cumsum(fewer) - fewer, fewer)
    logs = np.log1p(-more[row] / ((wrong + right)[row] - i))
    all_wrong = np.bincount(row, logs, minlength=len(fewer))
    return np.where(unsure, np.abs(np.expm1(all_wrong)), 1.0)


def _hits_by_rank(truth, ranked, k):
    hits = np.zeros((truth.shape[0], k.size))
    lookup = member_lookup(truth)
    for rows in row_batches(ranked.shape, 48):
        tags = ranked[rows]
        photos = np.arange(rows.start, rows.start + len(tags))[:, np.newaxis]
        right = lookup(np.broadcast_to(photos, tags.shape), tags)
        # Position of the first right tag; beyond the list if there is none.
        first = np.where(right.any(axis=1), right.argmax(axis=1), np.inf)
        hits[rows] = first[:, np.newaxis] < k
    return hits


def _hashtag_accuracy_rows(
    y_true,
    y_score,
    k=10,
    *,
    ranked=False,
    ties="pessimistic",
    untagged="skip",
    omit_tags=None,
    sample_weight=None,
):
    levels, scalar = check_levels(k, name="k", integer=True, least=1)
    check_flag(ranked, "ranked")
    check_choice(ties, ("pessimistic", "optimistic", "mean"), "ties")
    check_choice(untagged, ("skip", "miss", "error"), "untagged")
    truth = check_indicator(y_true, name="y_true")
    n_photos, n_tags = truth.shape
    kept = kept_tags(omit_tags, n_tags)
    weights = check_row_weights(sample_weight, n_photos)
    has_tags = np.diff(without_columns(truth, kept).indptr) > 0
    if not has_tags.all():
        if untagged == "error":
            besides = "" if kept is None else " besides omit_tags"
            raise ValueError(
                f"y_true, row {int(np.argmin(has_tags))}: the photo has no tag"
                f"{besides}, so no suggestion can be right. Leave such photos out "
                '(untagged="skip") or count them as misses (untagged="miss").'
            )
        if untagged == "skip":
            weights = has_tags * (1.0 if weights is None else weights)
    if ranked:
        lists = check_ranked(y_score, n_photos, n_tags, name="y_score", what="tag")
        hits = _hits_by_rank(truth, without_entries(lists, kept), levels)
    else:
        hits = _hits_by_score(truth, check_scores(y_score, truth), levels, ties, kept)
        hits[~has_tags] = 0.0
    return (hits[:, 0] if scalar else hits), weights


def hashtag_accuracy_at_k(
    y_true,
    y_score,
    k=10,
    *,
    ranked=False,
    ties="pessimistic",
    untagged="skip",
    omit_tags=None,
    sample_weight=None,
):
    """Share of photos with at least one true tag among the first k suggested.

    It is a hit rate: one right tag is as good as all of them [1]_.

    Parameters
    ----------
    y_true : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        1 where the photo has the tag, else 0.

    y_score : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        Scores, the higher the likelier the tag; tags of -inf come last, but come. With
        `ranked=True`, positions of tags instead, best first, of shape (n_photos,
        n_listed), with -1 where a list has ended.

    k : int or sequence of int, default=10
        How many suggestions count.

    ranked : bool, default=False
        Whether `y_score` lists tags instead of scoring all of them. A list shorter
        than `k` has fewer chances.

    ties : {"pessimistic", "optimistic", "mean"}, default="pessimistic"
        Who comes first among equal scores: the wrong tags, the right ones, or the mean
        over all orders. Whoever scores everything alike earns nothing by the first,
        everything by the second, and what chance would earn by the third.

    untagged : {"skip", "miss", "error"}, default="skip"
        What to do with photos that have no true tag: leave them out of the mean, as the
        published tables do, count them as misses, or raise.

    omit_tags : array-like of int, or of bool of shape (n_tags,), default=None
        Positions of tags that do not count, such as names of places, or True for each
        of them. They are deleted from the truth, from scores and from lists, where
        later tags move up: lists should be longer than `k` by as many. Photos that have
        no other tag are without tags then.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts.

    Returns
    -------
    float or ndarray of shape (n_levels,)
        Shares between 0 and 1, the best: a float for one `k`, an array for a sequence.
        NaN, with a warning, if no photo has a tag.

    Raises
    ------
    ValueError
        If `y_true` is no indicator, or if scores are NaN or do not fit it.

    See Also
    --------
    tag_coverage_at_k : How much of the vocabulary is ever suggested.
    macro_average_precision : A metric that asks for all tags of a photo.

    Notes
    -----
    This is A@k in tables 1 and 2 of the supplementary material of [1]_, which does not
    say how ties were broken; here they are broken against the predictor unless told
    otherwise. In table 2 names of places are left out (`omit_tags`).

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, and its supplementary material.

    Examples
    --------
    The first photo's best tag is right, the second's only right tag comes second, and
    the third one has no tags:

    >>> from sklearn_geo.metrics import hashtag_accuracy_at_k
    >>> y_true = [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    >>> y_score = [[0.9, 0.1, 0.5], [0.7, 0.6, 0.1], [0.3, 0.2, 0.1]]
    >>> hashtag_accuracy_at_k(y_true, y_score, k=1)
    0.5
    >>> hashtag_accuracy_at_k(y_true, y_score, k=[1, 2]).tolist()
    [0.5, 1.0]
    >>> hashtag_accuracy_at_k(y_true, [[0, 2], [0, -1], [0, 1]], k=2, ranked=True)
    0.5

    Without the first tag the first photo is one without tags, and the second one's best
    tag is right:

    >>> hashtag_accuracy_at_k(y_true, y_score, k=1, omit_tags=[0])
    1.0
    """
    values, weights = _hashtag_accuracy_rows(
        y_true,
        y_score,
        k,
        ranked=ranked,
        ties=ties,
        untagged=untagged,
        omit_tags=omit_tags,
        sample_weight=sample_weight,
    )
    return mean_of_rows(values, weights, "No photo that counts has a tag.")


def tag_coverage_at_k(
    y_true,
    y_score,
    k=10,
    *,
    correct=False,
    ranked=False,
    ties="pessimistic",
    omit_tags=None,
):
    """Share of the tags in use that are suggested at all, or rightly so.

    A tagger that always suggests the most frequent tags has a fair hit rate and hardly
    any coverage.

    Parameters
    ----------
    y_true : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        1 where the photo has the tag, else 0.

    y_score : {array-like, sparse array or matrix} of shape (n_photos, n_tags)
        Scores, the higher the likelier the tag; tags of -inf come last, but come. With
        `ranked=True`, positions of tags instead, best first, of shape (n_photos,
        n_listed), with -1 where a list has ended.

    k : int or sequence of int, default=10
        How many suggestions count.

    correct : bool, default=False
        Count a tag only if it is among the first `k` of a photo that has it.

    ranked : bool, default=False
        Whether `y_score` lists tags instead of scoring all of them.

    ties : {"pessimistic", "optimistic"}, default="pessimistic"
        Whether a tag is among the first `k` if it is so in every order of equal scores,
        or if it is so in some order.

    omit_tags : array-like of int, or of bool of shape (n_tags,), default=None
        Positions of tags that do not count, or True for each of them; deleted from the
        truth, from scores and from lists, where later tags move up.

    Returns
    -------
    float or ndarray of shape (n_levels,)
        Among the tags that some photo of `y_true` has, the share that is suggested for
        some photo: a float for one `k`, an array for a sequence. NaN, with a warning,
        if no photo has a tag.

    See Also
    --------
    hashtag_accuracy_at_k : The hit rate.

    Notes
    -----
    These are %pred and, with `correct=True`, %cpred of [1]_.

    References
    ----------
    .. [1] Gomez, R., Gibert, J., Gomez, L., Karatzas, D. "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020.

    Examples
    --------
    Two tags are in use. The first is suggested for both photos, the second for none:

    >>> from sklearn_geo.metrics import tag_coverage_at_k
    >>> y_true = [[0, 1, 0], [1, 0, 0]]
    >>> y_score = [[0.9, 0.2, 0.1], [0.8, 0.1, 0.3]]
    >>> tag_coverage_at_k(y_true, y_score, k=1)
    0.5
    >>> tag_coverage_at_k(y_true, y_score, k=[1, 2], correct=True).tolist()
    [0.5, 1.0]
    """
    levels, scalar = check_levels(k, name="k", integer=True, least=1)
    check_flag(ranked, "ranked")
    check_flag(correct, "correct")
    check_choice(ties, ("pessimistic", "optimistic"), "ties")
    truth = check_indicator(y_true, name="y_true")
    n_photos, n_tags = truth.shape
    kept = kept_tags(omit_tags, n_tags)
    counted = slice(None) if kept is None else np.flatnonzero(kept)
    used = np.zeros(n_tags, dtype=bool)
    used[truth.indices] = True
    if kept is not None:
        used &= kept
    if not used.any():
        nothing = undefined("No photo of y_true has a tag.")
        return nothing if scalar else np.full(levels.size, nothing)
    seen = np.zeros((levels.size, n_tags), dtype=bool)
    if ranked:
        lists = check_ranked(y_score, n_photos, n_tags, name="y_score", what="tag")
        lists = without_entries(lists, kept)
        lookup = member_lookup(truth)
        for rows in row_batches(lists.shape, 48):
            tags = lists[rows]
            photos = np.arange(rows.start, rows.start + len(tags))[:, np.newaxis]
            counts = tags >= 0
            if correct:
                counts &= lookup(np.broadcast_to(photos, tags.shape), tags)
            for found, level in zip(seen, levels, strict=True):
                found[tags[:, :level][counts[:, :level]]] = True
    else:
        scores = check_scores(y_score, truth)
        for _, true, score in score_blocks(truth, scores):
            true, score = without_columns(true, kept), without_columns(score, kept)
            for found, level in zip(seen, levels, strict=True):
                chosen = _among_first(score, level, ties)
                if correct:
                    chosen &= true
                found[counted] |= chosen.any(axis=0)
    shares = seen[:, used].mean(axis=1)
    return float(shares[0]) if scalar else shares


def _among_first(score, k, ties):
    """Which scores of every row are among its k highest."""
    n_tags = score.shape[1]
    if k >= n_tags:
        return np.ones(score.shape, dtype=bool)
    # Surely among them is what beats the best of the rest; possibly, what equals the
    # last of them.
    border = n_tags - k - 1 if ties == "pessimistic" else n_tags - k
    border = np.partition(score, border, axis=1)[:, border, np.newaxis]
    return score > border if ties == "pessimistic" else score >= border


def macro_average_precision(
    y_true, y_score, *, empty_classes="skip", sample_weight=None
):
    """Mean over classes of the average precision, with a stated rule for empty ones.

    Parameters
    ----------
    y_true : {array-like, sparse array or matrix} of shape (n_samples, n_classes)
        1 where the sample belongs to the class, else 0.

    y_score : {array-like, sparse array or matrix} of shape (n_samples, n_classes)
        Scores, the higher the likelier the class.

    empty_classes : {"skip", "zero", "error"}, default="skip"
        What to do with classes that no sample belongs to: leave them out of the mean,
        count them as 0, or raise.

    sample_weight : array-like of shape (n_samples,), default=None
        What every sample counts.

    Returns
    -------
    float
        Between 0 and 1, the best. NaN, with a warning, if all classes are empty.

    See Also
    --------
    sklearn.metrics.average_precision_score : The same where no class is empty.

    Notes
    -----
    For one class it is the sum over the distinct scores of (R_n - R_{n-1}) P_n, exactly
    scikit-learn's. They differ only where a class has no sample, which happens in small
    folds and in single regions of the world: `average_precision_score` counts such a
    class as 0 and warns, so that the mean falls with every class that could not be
    tested. This is mAP of tables 3 to 6 of [1]_.

    References
    ----------
    .. [1] Yin, Y., Zhang, Y., Liu, Z., Liang, Y., Wang, S., Shah, R. R., Zimmermann, R.
       "Learning Multi-context Aware Location Representations from Large-scale
       Geotagged Images", ACM Multimedia 2021.

    Examples
    --------
    Precision 1 and 1/2 at the two samples of the first class; nobody in the second:

    >>> from sklearn_geo.metrics import macro_average_precision
    >>> y_true = [[1, 0], [0, 0], [0, 0], [1, 0]]
    >>> y_score = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]
    >>> macro_average_precision(y_true, y_score)
    0.75
    >>> macro_average_precision(y_true, y_score, empty_classes="zero")
    0.375
    """
    check_choice(empty_classes, ("skip", "zero", "error"), "empty_classes")
    truth = check_indicator(y_true, name="y_true")
    scores = check_scores(y_score, truth)
    weights = check_row_weights(sample_weight, truth.shape[0])
    if sparse.issparse(scores):
        scores = scores.tocsc()
    if weights is None:
        weights = np.ones(truth.shape[0])
    present = (weights @ truth) > 0
    if not present.all() and empty_classes == "error":
        raise ValueError(
            f"y_true, column {int(np.argmin(present))}: no sample belongs to this "
            "class, so its average precision is not defined. Leave it out "
            '(empty_classes="skip") or count it as 0 (empty_classes="zero").'
        )
    if not present.any():
        if empty_classes == "zero":
            return 0.0
        return undefined("No sample of y_true belongs to any class.")
    truth = truth.tocsc()
    columns = np.flatnonzero(present)
    precision = np.zeros(truth.shape[1])
    for batch in row_batches((columns.size, truth.shape[0]), 32):
        chosen = columns[batch]
        block = scores[:, chosen]
        block = block.toarray() if sparse.issparse(block) else block
        for column, score in zip(chosen, block.T, strict=True):
            true = truth.indices[truth.indptr[column] : truth.indptr[column + 1]]
            ranked = RankedClass(true, score)
            precision[column] = ranked.average_precision(weights)
    return float(
        precision[present].mean() if empty_classes == "skip" else precision.mean()
    )


# For resampling: what the hit rate is the mean of.
ROWS_OF_MEANS = {hashtag_accuracy_at_k: _hashtag_accuracy_rows}
