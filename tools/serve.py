"""`make serve`: show the built site."""

from __future__ import annotations

import functools
import http.server

from tools.book import HTML, INDEX

PORT = 8000


def main(words: list[str]) -> int:
    """Serve `_build/html` on this machine only, until Ctrl-C. A word is another port."""
    if not INDEX.is_file():
        raise RuntimeError("there is no site yet: build it with `make book` (python3 -m tools book)")
    port = int(words[0]) if words else PORT
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://localhost:{port} (Ctrl-C to stop)", flush=True)
        server.serve_forever()
    return 0
