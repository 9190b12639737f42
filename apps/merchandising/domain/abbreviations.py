"""Abbreviations that a shop starts with, and the index of them. No shop is named in here.

Kept: what titles write both ways and what means one thing in a shop; one way where the long form
is the only one that titles have. Left out: what also means something else (`pc` a piece, `vac` a
voltage, `specs` a specification), sizes (`s`, `m`, `xl`: attributes know them) and units (the
lexicon reads `500GB` and `500 gb` alike).
"""

from functools import cache

from apps.merchandising.contracts import SynonymEntry, SynonymIndex
from apps.merchandising.domain.synonyms import lines_parse, synonym_index_build

BUILT_IN = """\
tv, television
tvs, televisions
hdd, hard drive, hard disk drive
ssd, solid state drive
nas => network attached storage
ups, uninterruptible power supply
psu, power supply unit
cpu, processor
gpu => graphics card, video card
bt => bluetooth
kb => keyboard
mic, microphone
hifi, hi-fi
wifi, wi-fi, wlan
anc, active noise cancelling
dslr, digital slr
ps3, playstation 3
ps4, playstation 4
ps5, playstation 5
aio, all-in-one
mfp, multifunction printer
poe, power over ethernet
aircon, air conditioner
fridge, refrigerator
bbq, barbecue, barbeque
t-shirt, tshirt, tee
xmas, christmas
bday => birthday
sci-fi, science fiction
romcom, romantic comedy
diy, do-it-yourself
"""


@cache
def built_in_entries() -> tuple[SynonymEntry, ...]:
    """The entries of the list above."""
    return lines_parse(BUILT_IN)


@cache
def built_in_index() -> SynonymIndex:
    """What holds while nothing is published."""
    return synonym_index_build(built_in_entries(), 0)
