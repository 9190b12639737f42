from apps.demo.domain.catalogue.parts import EARTH, Choice, Flag, Leaf, Number

KITCHEN = (
    Leaf(
        "home/kitchen/cookware",
        "Cookware",
        ("Frying Pan", "Cast Iron Casserole", "Saucepan", "Wok"),
        (19, 289),
        (
            Choice("material", ("cast iron", "stainless steel", "carbon steel", "aluminium")),
            Number("width_cm", (20, 24, 28, 30)),
            Flag("induction", 0.8),
        ),
        ("The {model} will outlive the stove.", "Even heat, easy handle: the {model}."),
        (
            "It is {width_cm} cm of {material}.",
            "[induction] Works on every hob, induction included.",
            "The handle stays cool and the rim pours clean.",
        ),
        ("Black", "Terracotta", "Sage", "Navy"),
        share=1.2,
        title="{brand} {model} {noun} {width_cm} cm",
    ),
    Leaf(
        "home/kitchen/knives",
        "Knives",
        ("Chef's Knife", "Bread Knife", "Paring Knife", "Knife Set"),
        (15, 249),
        (
            Choice("material", ("carbon steel", "stainless steel", "layered steel")),
            Number("blade_cm", (9, 15, 20, 24)),
        ),
        ("The {model} makes onions a pleasure.", "A knife that wants to be used."),
        (
            "The blade is {blade_cm} cm of {material}, ground thin.",
            "The handle is oiled beech and sits deep in the palm.",
            "It takes an edge from any whetstone.",
        ),
        title="{brand} {model} {noun} {blade_cm} cm",
    ),
    Leaf(
        "home/kitchen/kettles",
        "Kettles",
        ("Electric Kettle", "Gooseneck Kettle", "Stovetop Kettle"),
        (25, 169),
        (Number("volume_litres", (0.8, 1.2, 1.7)), Flag("temperature_control", 0.4)),
        ("The {model} is quick with the tea.", "Boils fast, pours slow: the {model}."),
        (
            "It holds {volume_litres} litres.",
            "[temperature_control] Set the water to the degree for green tea or coffee.",
            "The lid opens wide for cleaning.",
        ),
        EARTH,
    ),
    Leaf(
        "home/kitchen/coffee-makers",
        "Coffee Makers",
        ("Espresso Machine", "Filter Coffee Maker", "Coffee Grinder", "French Press"),
        (19, 749),
        (
            Number("volume_litres", (0.35, 0.6, 1, 1.8)),
            Choice("material", ("steel", "glass", "plastic")),
        ),
        (
            "Good mornings are made with the {model}.",
            "Coffee as in your favourite café, in slippers.",
        ),
        (
            "It makes {volume_litres} litres at a time.",
            "The parts that meet coffee are {material} and come apart for washing.",
            "It is ready in less than a minute.",
        ),
        ("Black", "Silver", "Oat"),
        share=1.2,
    ),
)
