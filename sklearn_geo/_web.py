# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a web server sends, as it comes; what fails, in two kinds."""

import re

__all__ = [
    "PATIENCE",
    "Bounded",
    "RefusedError",
    "UnreachedError",
    "import_pooch",
    "stream",
]

# Seconds without a byte until a server is given up.
PATIENCE = 30
# What is read at once, so what a broken connection costs at most.
_CHUNK = 1 << 16
_LENGTH = re.compile(r"[0-9]{1,18}")
# Answers that may be others soon: too slow, too early, too many, and all of 5xx.
_PASSING = (408, 425, 429)


class UnreachedError(ConnectionError):
    """No answer, or not all of it: trying again may help."""


class RefusedError(OSError):
    """A server answers that it does not give the file.

    Parameters
    ----------
    address : str
        What was asked for.

    response : requests.Response
        The answer.
    """

    def __init__(self, address, response):
        self.status = response.status_code
        self.headers = response.headers
        self.answer = f"{response.status_code} {response.reason}"
        if 300 <= self.status < 400:
            self.answer += ", again and again"
        super().__init__(f"{address}: the server answers {self.answer}.")

    @property
    def passes(self):
        """Whether the answer may be another one soon."""
        return self.status >= 500 or self.status in _PASSING


def import_pooch(what, otherwise=""):
    """Return pooch, or say what it is needed for.

    Its downloader brings requests, and with it certificates that Python lacks on some
    systems, proxies and redirections.

    Parameters
    ----------
    what : str
        What needs it, as the beginning of a sentence.

    otherwise : str, default=""
        What goes without it, as a sentence.

    Returns
    -------
    module
        Pooch.
    """
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"{what} needs pooch: pip install 'sklearn-geo[data]'. {otherwise}".rstrip()
        ) from error
    return pooch


def stream(address, file, *, headers=None, see=None, timeout=PATIENCE):
    """Write what a server sends to a file, as it comes.

    Parameters
    ----------
    address : str
        Address, http or https.

    file : file-like
        What it is written to. It has to refuse what is too much, see :class:`Bounded`.

    headers : dict of str to str or None, default=None
        What is sent along.

    see : callable or None, default=None
        Called with the answer before the first byte of it is written. It may refuse it
        by an error.

    timeout : float, default=30
        Seconds without a byte until the server is given up.
    """
    answers = []

    def seen(response, **_):
        answers.append(response)
        if not _LENGTH.fullmatch(response.headers.get("Content-Length", "0").strip()):
            raise UnreachedError(
                f"{address}: the server says a length that is no number."
            )
        if "," in response.headers.get("Content-Encoding", ""):
            # Each time could make a thousand bytes of one, in memory.
            raise UnreachedError(f"{address}: what comes is compressed several times.")
        if see is not None and response.status_code < 300:
            see(response)

    # Compressed on the way, neither lengths nor ranges would be those of the file.
    headers = {"Accept-Encoding": "identity", **(headers or {})}
    download = import_pooch("A download").HTTPDownloader(
        chunk_size=_CHUNK, timeout=timeout, headers=headers, hooks={"response": seen}
    )
    try:
        download(address, file, None)
    except OSError as error:
        if not type(error).__module__.startswith("requests"):
            raise
        if error.response is None:
            begun = answers and answers[-1].status_code < 300
            fate = "broke off" if begun else "cannot be reached"
            raise UnreachedError(
                f"{address} {fate} ({_why(error).rstrip('.')})."
            ) from error
        raise RefusedError(address, error.response) from error
    finally:
        for response in answers:
            response.close()


class Bounded:
    """A file that takes no more bytes than it should have.

    Parameters
    ----------
    file : file-like
        The file.

    n_bytes : int
        What it may have.

    address : str
        Where they are from, for the message.
    """

    def __init__(self, file, n_bytes, address):
        self.file = file
        self.n_bytes = n_bytes
        self.address = address

    def write(self, data):
        """Write, or refuse what is too much."""
        self.n_bytes -= len(data)
        if self.n_bytes < 0:
            raise ValueError(
                f"{self.address} has more bytes than it may have; none of them is kept."
            )
        self.file.write(data)

    def flush(self):
        """Leave it to the end."""


def _why(error):
    """Return the words of what went wrong below requests, without their wrappings."""
    cause = error.args[0] if error.args else error
    cause = getattr(cause, "reason", cause)
    if isinstance(cause, Exception) and cause.args and isinstance(cause.args[0], str):
        cause = cause.args[0]
    # Which connection it was is said already: "HTTPConnection(host='a', port=80): ".
    return str(cause).split("): ", 1)[-1]
