"""How many bytes reach a reader, as a server that compresses sends them."""

import functools
import gzip
from urllib.parse import unquote, urlsplit


@functools.cache
def size(path):
    """Bytes of a file, compressed if that helps."""
    content = path.read_bytes()
    return min(len(content), len(gzip.compress(content, 6)))


def files(addresses, home, root):
    """The files below `root` that the addresses which begin with `home` stand for."""
    own = (address for address in addresses if address.startswith(home))
    inside = (unquote(urlsplit(one.removeprefix(home)).path) for one in own)
    return {path for name in inside if (path := root / name).is_file()}


def total(paths):
    return sum(map(size, paths))
