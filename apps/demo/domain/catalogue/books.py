"""Books: titles and authors are put together from invented parts."""

from apps.demo.domain.catalogue.parts import Branch, Choice, Leaf, Number

_PAGES = Number("pages", (128, 192, 224, 256, 304, 352, 416, 512))
_LANGUAGE = Choice("language", ("English", "English", "English", "German", "French"))
FORMATS = ("Paperback", "Hardback", "eBook", "Audiobook")
_FACTS = (
    "This edition has {pages} pages, in {language}.",
    "The text is set in a type that is kind to tired eyes.",
    "With a short afterword by the author.",
)


def _shelf(  # one call per genre keeps the sentences together
    path: str, name: str, price: tuple[float, float], about: tuple[str, ...], share: float = 1.0
) -> Leaf:
    """One genre: every book has the same attributes and formats."""
    return Leaf(
        f"books/{path}",
        name,
        (name,),
        price,
        (_PAGES, _LANGUAGE),
        about,
        _FACTS,
        sizes=FORMATS,
        size_key="format",
        share=share,
        title="{book} by {author}",
    )


BOOKS = Branch(
    "books",
    "Books",
    (
        ("books/fiction", "Fiction"),
        ("books/non-fiction", "Non-Fiction"),
        ("books/children", "Children"),
    ),
    ("Paper Heron", "Saltmarsh Editions", "Greywater House", "Thistle & Quire", "Ninth Meridian"),
    (),
    (
        "A favourite of reading groups.",
        "Bound in small print runs.",
        "Printed on paper from well-kept forests.",
        "Readers of {author}'s earlier books will feel at home.",
    ),
    900.0,
    (
        _shelf(
            "fiction/crime",
            "Crime",
            (8, 24),
            (
                "A detective close to retirement finds that the harbour keeps its own records.",
                "Two sisters, one will, and a winter in which nobody leaves the valley.",
            ),
            1.2,
        ),
        _shelf(
            "fiction/science-fiction",
            "Science Fiction",
            (9, 26),
            (
                "A cartographer of empty space finds a line that somebody else has drawn.",
                "When the last ship comes home early, the station has to decide who is on board.",
            ),
        ),
        _shelf(
            "fiction/fantasy",
            "Fantasy",
            (9, 28),
            (
                "A bell-founder's daughter learns what the bells were cast to keep asleep.",
                "Three thieves steal a river and must find somewhere to put it.",
            ),
            1.2,
        ),
        _shelf(
            "fiction/romance",
            "Romance",
            (7, 18),
            (
                "She repairs clocks; he is always late.",
                "A summer job on a ferry turns into a reason to stay.",
            ),
        ),
        _shelf(
            "non-fiction/history",
            "History",
            (12, 38),
            (
                "How one trade road carried grain, songs and illness across a continent.",
                "The story of a city, told from its bridges.",
            ),
        ),
        _shelf(
            "non-fiction/cookery",
            "Cookery",
            (14, 39),
            (
                "Ninety dinners for people who are tired, hungry and worth it.",
                "A year of bread, from the first starter to the perfect crust.",
            ),
        ),
        _shelf(
            "non-fiction/popular-science",
            "Popular Science",
            (11, 32),
            (
                "What light does when nobody is watching, in words and without equations.",
                "Why forests talk, and how we learnt to listen.",
            ),
        ),
        _shelf(
            "non-fiction/travel-writing",
            "Travel Writing",
            (10, 29),
            (
                "On foot from one sea to another, with a dog who had opinions.",
                "Slow trains, small stations and the people who wait in them.",
            ),
        ),
        _shelf(
            "children/picture-books",
            "Picture Books",
            (6, 18),
            (
                "A small bear looks for the quietest place in a loud town.",
                "Counting to ten, with foxes.",
            ),
        ),
        _shelf(
            "children/young-readers",
            "Young Readers",
            (6, 16),
            (
                "Four friends, a locked observatory and one very long night.",
                "Nobody believes Ada about the lighthouse, until it moves.",
            ),
        ),
    ),
)
TITLE_FIRST = (
    "Salt", "Glass", "Winter", "Paper", "Silent", "Amber", "Hollow", "Northern", "Borrowed",
    "Copper", "Distant", "Velvet", "Seventh", "Quiet", "Burning", "Lost", "Little", "Crooked",
)  # fmt: skip
TITLE_SECOND = (
    "Road", "Orchard", "Harbour", "Atlas", "Lantern", "Garden", "Tide", "House", "Meridian",
    "River", "Letters", "Clock", "Forest", "Bridge", "Cartographer", "Sky", "Kitchen", "Island",
)  # fmt: skip
TITLE_FORMS = (
    "The {first} {second}",
    "{first} {second}",
    "A {second} in {season}",
    "The {second} Keeper",
    "Beyond the {first} {second}",
    "Letters from the {first} {second}",
)
SEASONS = ("Winter", "Spring", "Summer", "Autumn", "August", "November")
FORENAMES = (
    "Imogen", "Tobias", "Mara", "Edwin", "Saskia", "Leopold", "Nadia", "Conrad", "Elodie",
    "Rafe", "Ottilie", "Jonas", "Priya", "Anselm", "Beatrix", "Kofi", "Yuki", "Magnus",
)  # fmt: skip
SURNAMES = (
    "Thackley", "Vellacott", "Orme", "Lindqvarn", "Castellow", "Brandreth", "Ashgrove", "Mwale",
    "Pellerin", "Quist", "Ravenhall", "Sutterby", "Tamworthy", "Underhay", "Wexcombe", "Yarrow",
)  # fmt: skip
