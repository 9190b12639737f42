from apps.demo.domain.catalogue.parts import DARK, Choice, Flag, Leaf, Number

COMPUTERS = (
    Leaf(
        "electronics/computers/laptops",
        "Laptops",
        ("Laptop", "Ultrabook", "Gaming Laptop", "2-in-1 Laptop"),
        (449, 2399),
        (
            Number("screen_size_inch", (13.3, 14, 15.6, 16)),
            Number("memory_gb", (8, 16, 32)),
            Number("capacity_gb", (256, 512, 1000, 2000)),
            Choice("processor", ("6-core", "8-core", "12-core")),
        ),
        (
            "The {model} is a quiet, quick notebook for work that travels.",
            "Thin enough for a tote and fast enough for a deadline: the {model}.",
        ),
        (
            "{memory_gb} GB of memory and {capacity_gb} GB of storage come as standard.",
            "Its {processor} processor keeps cool under load.",
            "The keyboard is backlit and the lid opens with one finger.",
            "Two USB-C ports charge it, and a third drives a second screen.",
        ),
        ("Silver", "Graphite", "Midnight Blue"),
        share=1.4,
        title="{brand} {model} {screen_size_inch} Inch {noun}, {memory_gb} GB RAM",
    ),
    Leaf(
        "electronics/computers/keyboards",
        "Keyboards",
        ("Mechanical Keyboard", "Wireless Keyboard", "Compact Keyboard"),
        (29, 189),
        (
            Choice("layout", ("QWERTY UK", "QWERTY US", "QWERTZ", "AZERTY")),
            Choice("switches", ("linear", "tactile", "silent", "scissor")),
            Flag("backlit", 0.6),
        ),
        ("The {model} makes long typing days shorter.", "A solid desk companion: the {model}."),
        (
            "Its {switches} keys have a short, even travel.",
            "The layout is {layout}, with keycaps that will not fade.",
            "[backlit] White backlighting dims by itself at night.",
            "It switches between three computers at the press of a key.",
        ),
        ("Black", "White", "Graphite"),
    ),
    Leaf(
        "electronics/computers/mice",
        "Mice",
        ("Wireless Mouse", "Ergonomic Mouse", "Gaming Mouse", "Travel Mouse"),
        (15, 119),
        (
            Number("resolution_dpi", (1600, 4000, 8000, 16000)),
            Choice("connectivity", ("Bluetooth", "2.4 GHz receiver")),
        ),
        (
            "The {model} fits the hand and leaves the wrist alone.",
            "A precise mouse for every day.",
        ),
        (
            "The sensor follows at up to {resolution_dpi} dpi, on glass too.",
            "It connects by {connectivity}.",
            "Quiet clicks keep the peace in shared offices.",
            "One charge lasts about two months.",
        ),
        DARK,
        share=1.2,
    ),
    Leaf(
        "electronics/computers/monitors",
        "Monitors",
        ("Monitor", "Curved Monitor", "4K Monitor", "Gaming Monitor"),
        (129, 899),
        (
            Number("screen_size_inch", (24, 27, 32, 34)),
            Number("refresh_rate_hz", (60, 75, 144, 165)),
            Choice("panel", ("IPS", "VA", "OLED")),
        ),
        (
            "The {model} gives your desk room to think.",
            "Sharp text and honest colour make the {model} easy on the eyes.",
        ),
        (
            "The {screen_size_inch} inch {panel} panel refreshes at {refresh_rate_hz} Hz.",
            "Height, tilt and turn adjust without tools.",
            "A single USB-C cable carries picture and power.",
        ),
        title="{brand} {model} {screen_size_inch} Inch {noun}",
    ),
    Leaf(
        "electronics/computers/storage",
        "Storage",
        ("Portable SSD", "External Hard Drive", "USB-C Flash Drive", "Memory Card"),
        (12, 329),
        (
            Number("capacity_gb", (128, 256, 500, 1000, 2000, 4000)),
            Number("speed_mb_s", (150, 400, 1000, 2000)),
        ),
        ("Keep a second copy close with the {model}.", "The {model} carries work between places."),
        (
            "It holds {capacity_gb} GB and reads at up to {speed_mb_s} MB/s.",
            "A rubber sleeve takes the knocks of a bag.",
            "It works with computers, tablets, phones and consoles.",
        ),
        ("Black", "Silver", "Coral"),
        title="{brand} {model} {noun} {capacity_gb} GB",
    ),
)
