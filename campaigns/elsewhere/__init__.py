"""The edge to the public catalogues of other services: which page has a release's code. No fan is
in what they are asked, and nothing that they answer is published unasked.
"""

from __future__ import annotations

from campaigns.elsewhere.catalogues import Answers as Answers
from campaigns.elsewhere.catalogues import FoundPage as FoundPage
from campaigns.elsewhere.catalogues import find as find
