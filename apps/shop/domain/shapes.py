"""Drawings by kind of product, on a canvas of 400 by 400.

`{c}` is the product's colour, `{d}` a darker one, `{l}` a lighter one. Only presentation
attributes are used: a strict content policy forbids inline styles.
"""

_SHIRT = (
    '<path d="M140 96 92 122 62 190l44 22 18-34v134h152V178l18 34 44-22-30-68-48-26'
    'c-10 22-36 30-60 30s-50-8-60-30z" fill="{c}"/>'
    '<path d="M140 96c10 22 36 30 60 30s50-8 60-30l-14-6c-10 14-28 20-46 20s-36-6-46-20z"'
    ' fill="{d}"/>'
)
_COAT = (
    '<path d="M144 80 96 106 66 224l38 14 22-58v162h148V180l22 58 38-14-30-118-48-26-56 46z"'
    ' fill="{c}"/><path d="m144 80 56 46 56-46-14-8-42 22-42-22z" fill="{d}"/>'
    '<path d="M200 126v216" stroke="{d}" stroke-width="4"/>'
    '<circle cx="214" cy="180" r="5" fill="{l}"/><circle cx="214" cy="226" r="5" fill="{l}"/>'
    '<circle cx="214" cy="272" r="5" fill="{l}"/>'
)
_TROUSERS = (
    '<path d="M136 70h128l16 264h-56l-24-176-24 176h-56z" fill="{c}"/>'
    '<path d="M136 70h128l2 28H134z" fill="{d}"/>'
    '<path d="M200 98v60" stroke="{d}" stroke-width="4"/>'
)
_SHOE = (
    '<path d="M66 232c30 4 54-18 66-58 18 22 40 22 62 6 26 36 66 54 116 62 26 4 30 22 28 38H70'
    'c-8-14-8-34-4-48z" fill="{c}"/><path d="M62 278h278c0 20-6 26-20 26H82c-14 0-20-8-20-26z"'
    ' fill="{l}"/><path d="m190 196 22-10m4 30 22-12m6 26 20-12" stroke="{l}" stroke-width="7"'
    ' stroke-linecap="round"/>'
)
_BOOT = (
    '<path d="M138 78h92v118c14 22 58 26 82 44 16 12 18 30 16 46H132c-8-66 14-130 6-208z"'
    ' fill="{c}"/><path d="M128 284h202v24H128z" fill="{d}"/>'
    '<path d="M138 78h92v22h-92z" fill="{d}"/>'
)
_PHONE = (
    '<rect x="130" y="62" width="140" height="276" rx="24" fill="{d}"/>'
    '<rect x="140" y="72" width="120" height="256" rx="16" fill="{c}"/>'
    '<circle cx="200" cy="90" r="6" fill="{d}"/>'
    '<path d="M140 250c40-40 80 20 120-26v88a16 16 0 0 1-16 16h-88a16 16 0 0 1-16-16z"'
    ' fill="{l}" opacity=".6"/>'
)
_CASE = (
    '<rect x="126" y="60" width="148" height="280" rx="32" fill="{c}"/>'
    '<rect x="142" y="78" width="64" height="72" rx="18" fill="{d}"/>'
    '<circle cx="162" cy="100" r="11" fill="{l}"/><circle cx="186" cy="126" r="11" fill="{l}"/>'
)
_SCREEN = (
    '<rect x="56" y="88" width="288" height="178" rx="12" fill="{d}"/>'
    '<rect x="66" y="98" width="268" height="158" rx="4" fill="{c}"/>'
    '<path d="M66 210c60-60 120 30 268-50v92a4 4 0 0 1-4 4H70a4 4 0 0 1-4-4z" fill="{l}"'
    ' opacity=".55"/><path d="M180 266h40l8 40h-56z" fill="{d}"/>'
    '<rect x="136" y="304" width="128" height="12" rx="6" fill="{d}"/>'
)
_LAPTOP = (
    '<rect x="92" y="96" width="216" height="150" rx="12" fill="{d}"/>'
    '<rect x="104" y="108" width="192" height="126" rx="4" fill="{l}"/>'
    '<path d="M104 200c50-50 100 20 192-40v74H104z" fill="{c}" opacity=".8"/>'
    '<path d="M56 252h288l-14 32a14 14 0 0 1-12 8H82a14 14 0 0 1-12-8z" fill="{c}"/>'
    '<rect x="166" y="252" width="68" height="10" rx="5" fill="{d}"/>'
)
_KEYBOARD = (
    '<rect x="52" y="148" width="296" height="112" rx="16" fill="{c}"/>'
    '<path d="M74 172h252M74 236h40m172 0h40" stroke="{l}" stroke-width="18"'
    ' stroke-dasharray="18 8"/><path d="M74 204h252" stroke="{d}" stroke-width="18"'
    ' stroke-dasharray="18 8"/><path d="M130 236h140" stroke="{l}" stroke-width="18"/>'
)
_MOUSE = (
    '<rect x="140" y="82" width="120" height="220" rx="60" fill="{c}"/>'
    '<path d="M200 82v84m-60 0h120" stroke="{d}" stroke-width="5" fill="none"/>'
    '<rect x="192" y="112" width="16" height="38" rx="8" fill="{l}"/>'
)
_HEADPHONES = (
    '<path d="M92 236v-24a108 108 0 0 1 216 0v24" fill="none" stroke="{d}" stroke-width="22"'
    ' stroke-linecap="round"/><rect x="72" y="212" width="58" height="104" rx="26" fill="{c}"/>'
    '<rect x="270" y="212" width="58" height="104" rx="26" fill="{c}"/>'
    '<rect x="118" y="224" width="18" height="80" rx="9" fill="{l}"/>'
    '<rect x="264" y="224" width="18" height="80" rx="9" fill="{l}"/>'
)
_EARBUDS = (
    '<rect x="96" y="196" width="208" height="126" rx="44" fill="{l}"/>'
    '<path d="M96 240h208" stroke="{d}" stroke-width="5"/>'
    '<path d="M146 90a34 34 0 0 1 34 34v82h-30v-50a34 34 0 1 1-4-66z" fill="{c}"/>'
    '<path d="M254 90a34 34 0 0 0-34 34v82h30v-50a34 34 0 1 0 4-66z" fill="{c}"/>'
)
_SPEAKER = (
    '<rect x="118" y="66" width="164" height="272" rx="28" fill="{c}"/>'
    '<circle cx="200" cy="240" r="62" fill="{d}"/><circle cx="200" cy="240" r="30" fill="{l}"/>'
    '<circle cx="200" cy="128" r="30" fill="{d}"/><circle cx="200" cy="128" r="12" fill="{l}"/>'
)
_DRIVE = (
    '<rect x="112" y="96" width="176" height="208" rx="26" fill="{c}"/>'
    '<path d="M142 262h70" stroke="{l}" stroke-width="12" stroke-linecap="round"/>'
    '<circle cx="254" cy="262" r="9" fill="{l}"/><path d="M186 304h28v34h-28z" fill="{d}"/>'
)
_CHARGER = (
    '<rect x="124" y="120" width="152" height="168" rx="30" fill="{c}"/>'
    '<path d="M166 120V74m68 46V74" stroke="{d}" stroke-width="18" stroke-linecap="round"/>'
    '<path d="m208 158-38 56h28l-8 44 40-58h-28z" fill="{l}"/>'
)
_CAMERA = (
    '<path d="M70 128h68l20-32h84l20 32h68a18 18 0 0 1 18 18v142a18 18 0 0 1-18 18H70a18 18 0'
    ' 0 1-18-18V146a18 18 0 0 1 18-18z" fill="{c}"/><circle cx="200" cy="214" r="68"'
    ' fill="{d}"/><circle cx="200" cy="214" r="44" fill="{l}"/>'
    '<circle cx="184" cy="198" r="14" fill="#fff" opacity=".7"/>'
    '<rect x="288" y="148" width="36" height="18" rx="9" fill="{l}"/>'
)
_WATCH = (
    '<path d="M160 54h80l8 82h-96zm0 292h80l8-82h-96z" fill="{d}"/>'
    '<rect x="126" y="120" width="148" height="160" rx="46" fill="{c}"/>'
    '<circle cx="200" cy="200" r="54" fill="{l}"/><path d="M200 164v36l24 16" fill="none"'
    ' stroke="{d}" stroke-width="8" stroke-linecap="round"/>'
)
_DRESS = (
    '<path d="M156 62h22c4 20 40 20 44 0h22l6 76-16 42 56 154H110l56-154-16-42z" fill="{c}"/>'
    '<path d="M166 180h68l4 14h-76z" fill="{d}"/>'
    '<path d="m150 300 20-90m80 90-20-90m-30 96v-96" stroke="{d}" stroke-width="3"'
    ' opacity=".6"/>'
)
_BAG = (
    '<path d="M84 160h232l18 158a18 18 0 0 1-18 20H84a18 18 0 0 1-18-20z" fill="{c}"/>'
    '<path d="M140 190v-44a60 60 0 0 1 120 0v44" fill="none" stroke="{d}" stroke-width="14"/>'
    '<path d="M76 216h248" stroke="{d}" stroke-width="4" opacity=".5"/>'
)
_PACK = (
    '<path d="M160 96V80a40 40 0 0 1 80 0v16" fill="none" stroke="{d}" stroke-width="12"/>'
    '<rect x="106" y="92" width="188" height="250" rx="54" fill="{c}"/>'
    '<rect x="132" y="220" width="136" height="94" rx="20" fill="{d}"/>'
    '<path d="M132 150h136" stroke="{l}" stroke-width="8"/>'
    '<path d="M150 248h100" stroke="{l}" stroke-width="5"/>'
)
_SCARF = (
    '<path d="M120 104c60 40 100 40 160 0l14 44c-62 46-126 46-188 0z" fill="{c}"/>'
    '<path d="M224 150h62l14 176h-66z" fill="{c}"/><path d="M106 148c62 46 126 46 188 0l-8-22'
    'c-60 42-112 42-172 0z" fill="{d}" opacity=".5"/>'
    '<path d="M238 326v24m20-24v24m20-24v24m18-24v24" stroke="{d}" stroke-width="6"/>'
)
_BOOK = (
    '<path d="M108 66h172a16 16 0 0 1 16 16v240H120a20 20 0 0 1-20-20V76z" fill="{c}"/>'
    '<path d="M100 302a20 20 0 0 1 20-20h176v40H120a20 20 0 0 1-20-20z" fill="#f6f1e4"/>'
    '<path d="M100 76a14 14 0 0 1 14-10h10v216h-4a20 20 0 0 0-20 20z" fill="{d}"/>'
    '<rect x="150" y="106" width="116" height="14" rx="4" fill="{l}"/>'
    '<rect x="150" y="132" width="80" height="10" rx="4" fill="{l}" opacity=".7"/>'
    '<circle cx="208" cy="210" r="36" fill="{l}" opacity=".55"/>'
)
BODY: dict[str, str] = {
    "shirt": _SHIRT,
    "coat": _COAT,
    "trousers": _TROUSERS,
    "shoe": _SHOE,
    "boot": _BOOT,
    "phone": _PHONE,
    "case": _CASE,
    "screen": _SCREEN,
    "laptop": _LAPTOP,
    "keyboard": _KEYBOARD,
    "mouse": _MOUSE,
    "headphones": _HEADPHONES,
    "earbuds": _EARBUDS,
    "speaker": _SPEAKER,
    "drive": _DRIVE,
    "charger": _CHARGER,
    "camera": _CAMERA,
    "watch": _WATCH,
    "dress": _DRESS,
    "bag": _BAG,
    "pack": _PACK,
    "scarf": _SCARF,
    "book": _BOOK,
}
