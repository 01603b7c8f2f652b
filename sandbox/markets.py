"""Which markets Spotify serves, and what it says of one that it does not."""

from __future__ import annotations

import re

MARKET = re.compile(r"[A-Z]{2}")
# As `available_markets` of an album that is out everywhere; Kosovo's XK is no ISO code.
MARKET_NAMES = (
    "AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CG "
    "CH CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FM FR GA GB GD GE GH "
    "GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ "
    "NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RW SA SB SC SE SG "
    "SI SK SL SM SN SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU "
    "WS XK ZA ZM ZW"
)
# The other codes of ISO 3166-1.
OTHER_NAMES = (
    "AF AI AQ AS AW AX BL BM BQ BV CC CF CK CN CU CX EH ER FK FO GF GG GI GL GP GS GU HM IM IO "
    "IR JE KP KY MF MM MP MQ MS NC NF NU PF PM PN RE RU SD SH SJ SO SS SX SY TC TF TK TM UM VA "
    "VG VI WF YE YT"
)
MARKETS = MARKET_NAMES.split()
UNLAUNCHED = OTHER_NAMES.split()


def refusal_of(market: str) -> str | None:
    """Spotify's words for a market that cannot be asked for."""
    if market in MARKETS:
        return None
    return "Unlaunched market" if market in UNLAUNCHED else "Invalid market code"
