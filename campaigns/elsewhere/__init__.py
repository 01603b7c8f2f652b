"""The edge to everything public that is neither Spotify nor a label's webhook: other services'
catalogues, our own address as a browser sees it, and the operator's dead-man's switch. No fan is in
what they are asked, and nothing that they answer is published unasked.
"""

from __future__ import annotations

from campaigns.elsewhere.catalogues import Answers as Answers
from campaigns.elsewhere.catalogues import FoundPage as FoundPage
from campaigns.elsewhere.catalogues import find as find
from campaigns.elsewhere.site import SiteAnswer as SiteAnswer
from campaigns.elsewhere.site import SiteError as SiteError
from campaigns.elsewhere.site import certificate_ends as certificate_ends
from campaigns.elsewhere.site import get as get
from campaigns.elsewhere.site import ping as ping
