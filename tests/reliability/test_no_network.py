# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing goes for the network by itself: not to be imported, taught or asked."""

import re
import subprocess
import sys

from sklearn_geo import datasets
from tests.reliability.elsewhere import ADDRESS
from tests.reliability.subjects import SUBJECTS

# What a module may do when it is imported, and nothing else: it looks whether there is
# another address family, and opens no connection.
CONNECT = """
from tests.reliability.elsewhere import block
block()
import socket, urllib.request
for call in (
    socket.socket,
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
):
    try:
        call()
    except OSError as error:
        print(type(error).__name__)
"""


def test_the_block_blocks():
    out = subprocess.run(
        [sys.executable, "-c", CONNECT], capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == ["NetworkError"] * 4


def test_all_is_imported_taught_and_asked_without_a_network(elsewhere):
    assert elsewhere["failed"] == {}
    assert elsewhere["modules"] > 300
    assert elsewhere["answers"].keys() == {subject.name for subject in SUBJECTS}


def test_what_needs_a_network_names_the_address(elsewhere):
    fetches = elsewhere["fetches"]
    assert {name for name in datasets.__all__ if name.startswith("fetch_")} < set(
        fetches
    )
    for name, message in fetches.items():
        assert re.match(r"ConnectionError|UnreachedError", message), (name, message)
        assert re.search(r"https?://\S+", message), name
        assert "no network" in message
        if "from_pretrained" in name:
            assert ADDRESS in message
