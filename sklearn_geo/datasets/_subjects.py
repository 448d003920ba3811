# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What synthetic photos show: subjects, where they are found, and scene groups.

The three-level scene hierarchy has the shape of the one used for photo geolocation
(scenes, 16 groups, then indoor, urban and nature); its groups are those of Places365.
"""

from dataclasses import dataclass, field

import numpy as np

from sklearn_geo.datasets._terrain import TERRAINS

#: What is known about a place: the land, and what towns make of it.
TRAITS = (*TERRAINS, "urban", "historic", "business", "leisure")

#: The 16 scene groups, and which of the three kinds of scene each belongs to.
SCENE_GROUPS = {
    "shopping_dining": "indoor",
    "workplace": "indoor",
    "home_hotel": "indoor",
    "vehicle_station": "indoor",
    "indoor_sports": "indoor",
    "indoor_culture": "indoor",
    "roads_transport": "urban",
    "historic_building": "urban",
    "sports_parks": "urban",
    "industry": "urban",
    "houses_gardens": "urban",
    "commercial_streets": "urban",
    "water_snow": "nature",
    "mountain_desert_sky": "nature",
    "forest_field": "nature",
    "man_made_outdoors": "nature",
}
SCENE_KINDS = ("indoor", "urban", "nature")


@dataclass(frozen=True)
class Subject:
    """One thing that photos show.

    Parameters
    ----------
    name : str
        What it is called.

    popularity : float
        Log of how often it is photographed where the place does not matter.

    groups : str
        Names of its one or two scene groups.

    view : float
        How much of the place is seen in such a photo, between 0 and 1.

    likes : dict
        How much each trait of a place adds to the log of its frequency there.
    """

    name: str
    popularity: float
    groups: str
    view: float
    likes: dict = field(default_factory=dict)


# The order turns through nature, urban and indoor, so that a short scene list has all.
SUBJECTS = (
    Subject("beach", -1.0, "water_snow", 0.8, {"coast": 4.5, "snow": -2}),
    Subject("street", 0.6, "commercial_streets", 1.0, {"urban": 2.0}),
    Subject("food", 0.6, "shopping_dining", 0.25, {"urban": 0.8, "leisure": 2}),
    Subject("mountain", -1.2, "mountain_desert_sky", 0.9, {"mountain": 4.5}),
    Subject("church", -0.2, "historic_building", 0.9, {"historic": 3}),
    Subject("room", 0.5, "home_hotel", 0.2, {"urban": 0.5}),
    Subject("forest", -0.6, "forest_field", 0.6, {"forest": 2.5, "urban": -2.5}),
    Subject("road", -0.2, "roads_transport", 0.8, {"grassland": 1, "desert": 1}),
    Subject("museum", -0.8, "indoor_culture", 0.5, {"historic": 3, "urban": 1}),
    Subject("desert", -3.5, "mountain_desert_sky", 0.8, {"desert": 6, "urban": -2}),
    Subject("market", -1.0, "commercial_streets", 0.9, {"leisure": 2, "tropics": 1.5}),
    Subject("concert", -0.4, "indoor_culture", 0.2, {"leisure": 2.5, "urban": 1}),
    Subject("snow", -2.5, "water_snow", 0.6, {"snow": 4.5, "mountain": 1}),
    Subject("bridge", -0.7, "roads_transport", 0.9, {"urban": 1.5, "business": 1}),
    Subject("shop", -0.7, "shopping_dining", 0.4, {"business": 2, "urban": 1}),
    Subject("lake", -1.0, "water_snow", 0.6, {"forest": 1.2, "mountain": 1.5}),
    Subject(
        "castle", -1.2, "historic_building man_made_outdoors", 0.9, {"historic": 3}
    ),
    Subject("station", -0.9, "vehicle_station", 0.5, {"business": 2.5, "urban": 1}),
    Subject("field", -0.8, "forest_field", 0.5, {"grassland": 2.5, "urban": -2}),
    Subject(
        "harbour", -1.8, "roads_transport water_snow", 0.9, {"coast": 3, "urban": 1}
    ),
    Subject("office", -1.0, "workplace", 0.2, {"business": 3}),
    Subject("sunset", -0.5, "mountain_desert_sky", 0.3, {"coast": 1.5, "desert": 1}),
    Subject("farm", -1.4, "houses_gardens industry", 0.7, {"grassland": 2.5}),
    Subject("stadium", -1.0, "sports_parks indoor_sports", 0.5, {"urban": 1.5}),
)


def subject_tables():
    """Return the subjects as arrays.

    Returns
    -------
    popularity : ndarray of shape (n_subjects,)
    view : ndarray of shape (n_subjects,)
    likes : ndarray of shape (n_traits, n_subjects)
    groups : ndarray of shape (n_subjects, 16), uint8
    """
    group_names = list(SCENE_GROUPS)
    popularity = np.array([subject.popularity for subject in SUBJECTS])
    view = np.array([subject.view for subject in SUBJECTS])
    likes = np.zeros((len(TRAITS), len(SUBJECTS)))
    groups = np.zeros((len(SUBJECTS), len(group_names)), dtype=np.uint8)
    for column, subject in enumerate(SUBJECTS):
        for trait, liking in subject.likes.items():
            likes[TRAITS.index(trait), column] = liking
        for group in subject.groups.split():
            groups[column, group_names.index(group)] = 1
    return popularity, view, likes, groups


def scene_kind_table():
    """Return which of the three kinds each of the 16 groups is, as 0/1 of (16, 3)."""
    kinds = np.array(list(SCENE_GROUPS.values()))
    return (kinds[:, np.newaxis] == np.array(SCENE_KINDS)).astype(np.uint8)
