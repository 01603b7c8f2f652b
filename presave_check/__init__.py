"""What does a pre-save link ask for? Reads the address of Spotify's consent page.

`python -m presave_check ADDRESS`, and the page `/check`, which reads in the browser what `read`
reads here. It needs nothing but Python, knows nothing of the rest of Presave, and asks nobody.
"""

from __future__ import annotations

from presave_check.reading import Lasts as Lasts
from presave_check.reading import Reading as Reading
from presave_check.reading import Verdict as Verdict
from presave_check.reading import read as read
from presave_check.scopes import NEEDED as NEEDED
from presave_check.scopes import SCOPES as SCOPES
from presave_check.scopes import Kind as Kind
from presave_check.scopes import Scope as Scope
