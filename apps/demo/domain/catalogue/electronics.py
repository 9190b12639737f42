from apps.demo.domain.catalogue.electronics_computers import COMPUTERS
from apps.demo.domain.catalogue.parts import BRIGHT, DARK, Branch, Choice, Flag, Leaf, Number

_AUDIO = (
    Leaf(
        "electronics/audio/headphones",
        "Headphones",
        ("Wireless Over-Ear Headphones", "Wireless On-Ear Headphones", "Studio Headphones"),
        (39, 399),
        (
            Number("battery_life_hours", (20, 28, 35, 40, 60)),
            Choice("connectivity", ("Bluetooth 5.2", "Bluetooth 5.3", "Bluetooth and cable")),
            Flag("noise_cancelling", 0.55),
        ),
        (
            "The {model} is a pair of headphones for people who listen all day.",
            "{brand} tuned the {model} by ear, with a warm low end and clear voices.",
        ),
        (
            "One charge lasts for {battery_life_hours} hours of music.",
            "It connects over {connectivity} and remembers two devices.",
            "[noise_cancelling] Active noise cancelling takes the edge off trains and offices.",
            "Soft memory-foam cushions sit lightly even with glasses.",
        ),
        DARK,
        share=1.5,
    ),
    Leaf(
        "electronics/audio/earbuds",
        "Earbuds",
        ("True Wireless Earbuds", "Wireless Earbuds", "Sport Earbuds"),
        (25, 249),
        (
            Number("battery_life_hours", (5, 6, 8, 10)),
            Choice("water_resistance", ("IPX4", "IPX5", "IPX7")),
            Flag("noise_cancelling", 0.45),
        ),
        (
            "Small, light and quick to pair, the {model} goes wherever you go.",
            "The {model} earbuds stay in place on a run and disappear on a call.",
        ),
        (
            "They play for {battery_life_hours} hours, and the case holds three more charges.",
            "Rated {water_resistance}, they shrug off sweat and rain.",
            "[noise_cancelling] Noise cancelling adapts to where you are.",
            "Three sizes of soft tips are in the box.",
        ),
        BRIGHT,
        share=1.4,
    ),
    Leaf(
        "electronics/audio/speakers",
        "Speakers",
        ("Portable Bluetooth Speaker", "Bookshelf Speaker", "Smart Speaker", "Soundbar"),
        (29, 549),
        (
            Number("power_watts", (10, 20, 40, 60, 120)),
            Choice("connectivity", ("Bluetooth", "Wi-Fi", "Bluetooth and Wi-Fi")),
        ),
        (
            "The {model} fills a room without shouting.",
            "{brand} built the {model} around one idea: music should sound like people playing.",
        ),
        (
            "{power_watts} watts drive a long-throw woofer and a silk tweeter.",
            "Stream over {connectivity} from any phone or laptop.",
            "Pair two of them for true stereo.",
            "The woven front comes off for cleaning.",
        ),
        DARK,
    ),
)
_REST = (
    Leaf(
        "electronics/phones/smartphones",
        "Smartphones",
        ("Smartphone", "5G Smartphone"),
        (179, 1199),
        (
            Number("screen_size_inch", (6.1, 6.4, 6.7)),
            Number("capacity_gb", (128, 256, 512)),
            Number("camera_megapixels", (48, 50, 64, 108)),
        ),
        (
            "The {model} is a phone that lasts the day and then some.",
            "{brand} put its best camera into a phone that fits a pocket.",
        ),
        (
            "The {screen_size_inch} inch display is bright enough for the beach.",
            "A {camera_megapixels} megapixel camera sees well after sunset.",
            "{capacity_gb} GB leave room for years of pictures.",
            "Five years of updates are promised.",
        ),
        ("Black", "White", "Mint", "Lilac", "Midnight Blue"),
        share=1.5,
        title="{brand} {model} {noun} {capacity_gb} GB",
    ),
    Leaf(
        "electronics/phones/phone-cases",
        "Phone Cases",
        ("Silicone Phone Case", "Clear Phone Case", "Leather Phone Wallet"),
        (9, 49),
        (Choice("material", ("silicone", "recycled plastic", "leather")), Flag("magnetic", 0.5)),
        ("The {model} saves screens.", "A slim coat for a bare phone: the {model}."),
        (
            "Made of {material}, it adds two millimetres and no bulk.",
            "[magnetic] Magnets hold a charger or a card holder in place.",
            "Raised edges keep camera and glass off the table.",
        ),
        BRIGHT,
    ),
    Leaf(
        "electronics/phones/chargers",
        "Chargers",
        ("USB-C Charger", "Wireless Charging Pad", "Power Bank", "Car Charger"),
        (14, 99),
        (Number("power_watts", (20, 30, 45, 65, 100)), Number("ports", (1, 2, 3))),
        ("Small charger, quick work: the {model}.", "The {model} replaces a drawer of chargers."),
        (
            "{power_watts} watts bring a phone to half in under half an hour.",
            "The number of ports is {ports}, and they share the power sensibly.",
            "It stays cool and switches off when the work is done.",
        ),
        ("White", "Black"),
        title="{brand} {model} {power_watts} W {noun}",
    ),
    Leaf(
        "electronics/tv-and-video/televisions",
        "Televisions",
        ("LED TV", "OLED TV", "4K Smart TV"),
        (249, 2499),
        (
            Number("screen_size_inch", (32, 43, 50, 55, 65)),
            Choice("resolution", ("Full HD", "4K", "8K")),
            Flag("smart", 0.9),
        ),
        (
            "Film night starts with the {model}.",
            "The {model} turns a wall into a window.",
        ),
        (
            "The picture is {screen_size_inch} inches across in {resolution}.",
            "[smart] Apps for the big streaming services are built in.",
            "A thin frame and a low stand suit small rooms.",
            "Game mode cuts the delay to a blink.",
        ),
        title="{brand} {model} {screen_size_inch} Inch {noun}",
    ),
    Leaf(
        "electronics/photo/cameras",
        "Cameras",
        ("Mirrorless Camera", "Compact Camera", "Action Camera", "Instant Camera"),
        (89, 1899),
        (
            Number("camera_megapixels", (12, 20, 24, 33)),
            Choice("video", ("Full HD", "4K", "4K at 60 frames")),
        ),
        (
            "The {model} makes you want to walk the long way home.",
            "Light in the hand and serious about pictures, the {model} is ready when you are.",
        ),
        (
            "A {camera_megapixels} megapixel sensor keeps detail in the shadows.",
            "Video is recorded in {video}.",
            "Dials for what matters, menus for the rest.",
            "The body is sealed against dust and drizzle.",
        ),
        ("Black", "Silver"),
    ),
    Leaf(
        "electronics/wearables/smartwatches",
        "Smartwatches",
        ("Smartwatch", "Fitness Tracker", "GPS Sports Watch"),
        (39, 449),
        (
            Number("battery_life_days", (2, 5, 7, 14, 21)),
            Choice("water_resistance", ("3 ATM", "5 ATM", "10 ATM")),
            Flag("gps", 0.6),
        ),
        (
            "The {model} counts what counts.",
            "A coach on the wrist that does not nag: the {model}.",
        ),
        (
            "The battery lasts up to {battery_life_days} days.",
            "Water resistant to {water_resistance}, it swims with you.",
            "[gps] Built-in GPS draws your route without a phone.",
            "Sleep, pulse and stress are shown in plain words.",
        ),
        ("Black", "Silver", "Coral", "Sage"),
    ),
)
ELECTRONICS = Branch(
    "electronics",
    "Electronics",
    (
        ("electronics/audio", "Audio"),
        ("electronics/computers", "Computers"),
        ("electronics/phones", "Phones"),
        ("electronics/tv-and-video", "TV and Video"),
        ("electronics/photo", "Photo"),
        ("electronics/wearables", "Wearables"),
    ),
    ("Teklanta", "Ohmera", "Pixenna", "Lumivox", "Kestrane", "Brightmoor", "Voltaryn", "Nordvik"),
    ("Aria", "Pulse", "Orbit", "Vega", "Fjell", "Nova", "Quartz", "Echoic", "Lyra", "Stratos"),
    (
        "Two years of guarantee are included.",
        "It arrives in packaging without plastic.",
        "Spare parts are kept for seven years.",
        "Set-up takes a minute, without an account.",
        "A repair guide is part of the manual.",
    ),
    210.0,
    _AUDIO + COMPUTERS + _REST,
)
