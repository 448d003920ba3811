# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether an error says that memory ran out."""

__all__ = ["ran_out"]

# What torch says where it raises no error of its own for it.
_WORDS = ("can't allocate memory", "not enough memory", "out of memory")


def ran_out(error):
    """Say whether an error is that memory ran out, of the machine or of a card."""
    if isinstance(error, MemoryError):
        return True
    # A class of torch, which is not imported to know of it.
    if type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in _WORDS
    )
