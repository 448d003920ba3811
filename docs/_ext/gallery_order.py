# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The order of the gallery: that in which a reader needs the examples."""

#: First steps, places as columns, what places are like, where a photo was taken, and
#: which tag and photo belong together.
EXAMPLES = (
    "plot_ten_lines.py",
    "plot_honest_folds.py",
    "plot_search_encoders.py",
    "plot_plain_forest.py",
    "plot_three_grids.py",
    "plot_what_is_near.py",
    "plot_s2_against_triangles.py",
    "plot_teacher_and_student.py",
    "plot_seams.py",
    "plot_venue_annotation.py",
    "plot_image_classification.py",
    "plot_attention_bars.py",
    "plot_names_to_places.py",
    "plot_hierarchy.py",
    "plot_ninety_percent_region.py",
    "plot_time_and_albums.py",
    "plot_one_tag_four_cities.py",
    "plot_four_cities_tags.py",
)


class ReaderOrder:
    """Sorting key of sphinx-gallery for the files of a folder."""

    def __init__(self, src_dir):
        self.src_dir = src_dir

    def __call__(self, filename):
        """Return the position of an example."""
        if filename not in EXAMPLES:
            raise ValueError(
                f"Say where {filename} stands in the gallery: docs/_ext/"
                "gallery_order.py."
            )
        return EXAMPLES.index(filename)

    def __repr__(self):
        return "<ReaderOrder>"
