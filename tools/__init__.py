"""What is done with this repository: `python3 -m tools TARGET`.

A Python that is too old for the course reads this module and `tools/__main__.py`, and has to tell so: nothing newer
than 3.6 stands in them, and all other modules are imported after the look at the version.
"""

import sys

NEEDED = (3, 11)

if sys.version_info >= NEEDED:
    from gmcourse.console import accept_any_encoding

    accept_any_encoding()
