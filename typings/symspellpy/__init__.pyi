from enum import Enum

class Verbosity(Enum):
    TOP = 0
    CLOSEST = 1
    ALL = 2

class SuggestItem:
    term: str
    distance: int
    count: int

class SymSpell:
    def __init__(self, max_dictionary_edit_distance: int = 2, prefix_length: int = 7) -> None: ...
    @property
    def word_count(self) -> int: ...
    def create_dictionary_entry(self, key: str, count: int) -> bool: ...
    def lookup(
        self, phrase: str, verbosity: Verbosity, max_edit_distance: int | None = None
    ) -> list[SuggestItem]: ...
