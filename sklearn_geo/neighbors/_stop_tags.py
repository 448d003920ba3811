# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags that say nothing about a place: function words, upload marks, cameras."""

# Short on purpose: lists made for running text also hold words such as "fire", "mill"
# or "bottom", which are what some photos show.
_FUNCTION_WORDS = """
a about after all also am an and are as at be been before but by can did do does
for from had has have he her here him his how i if in into is it its just me more
most my no not of off on or our out over she so some than that the their them then
there these they this those to too under up us very was we were what when where
which while who why will with you your
"""

_UPLOAD_MARKS = """
app cameraphone flickr flickrandroidapp flickriosapp foursquare geo geotag geotagged
image images img instagram instagramapp iphoneography mapped photo photograph
photographer photographs photography photos pic pics picture pictures snapshot
square squareformat untitled uploaded
"""

# No brand is here that is more often a thing, as apples are.
_CAMERA_BRANDS = """
agfa blackberry bronica canon canoneos casio contax cybershot dji dslr eos epson
exilim finepix fujifilm gopro hasselblad holga htc huawei iphone ipad ipod kodak
konica konicaminolta leica lomography lumix mamiya minolta motorola nikkor nikon nokia
olympus panasonic pentax polaroid powershot ricoh rolleiflex samsung slr sony
sonyalpha sonyericsson tamron tokina voigtlander xiaomi yashica zeiss
"""

STOP_TAGS = frozenset((_FUNCTION_WORDS + _UPLOAD_MARKS).split())
CAMERA_BRANDS = frozenset(_CAMERA_BRANDS.split())
