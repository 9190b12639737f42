"""More drawings, for the house and for sports; the same rules as in `shapes`."""

BODY: dict[str, str] = {
    "sofa": (
        '<path d="M84 150a28 28 0 0 1 28-28h176a28 28 0 0 1 28 28v70H84z" fill="{c}"/>'
        '<path d="M52 196a24 24 0 0 1 48 0v34h200v-34a24 24 0 0 1 48 0v84H52z" fill="{d}"/>'
        '<rect x="96" y="206" width="102" height="40" rx="10" fill="{l}"/>'
        '<rect x="202" y="206" width="102" height="40" rx="10" fill="{l}"/>'
        '<path d="M76 280v26m248-26v26" stroke="#5a4632" stroke-width="12"/>'
    ),
    "chair": (
        '<path d="M134 70h132l-10 132H144z" fill="{c}"/>'
        '<path d="M122 202h156l6 32H116z" fill="{d}"/>'
        '<path d="m132 234-16 102m152-102 16 102M160 234l-4 70m84-70 4 70" stroke="{d}"'
        ' stroke-width="12" stroke-linecap="round"/>'
        '<path d="M168 84v104m32-104v104m32-104v104" stroke="{l}" stroke-width="6"/>'
    ),
    "table": (
        '<path d="M52 150h296v28H52z" fill="{c}"/><path d="M52 170h296v10H52z" fill="{d}"/>'
        '<path d="m92 180-14 142m230-142 14 142M150 180l-4 96m104-96 4 96" stroke="{d}"'
        ' stroke-width="14" stroke-linecap="round"/>'
    ),
    "shelf": (
        '<rect x="96" y="60" width="208" height="280" rx="6" fill="{c}"/>'
        '<path d="M112 76h176v70H112zm0 86h176v70H112zm0 86h176v76H112z" fill="{d}"/>'
        '<path d="M124 94h14v52h-14zm20-8h12v60h-12zm22 14h16v46h-16z" fill="{l}"/>'
        '<path d="M214 182h12v50h-12zm18-10h16v60h-16zm22 16h12v44h-12z" fill="{l}"/>'
        '<circle cx="160" cy="300" r="24" fill="{l}"/>'
    ),
    "lamp": (
        '<path d="M148 76h104l36 118H112z" fill="{l}"/>'
        '<path d="M148 76h104l8 26H140z" fill="{c}" opacity=".5"/>'
        '<path d="M188 194h24v70h-24z" fill="{d}"/>'
        '<path d="M164 264h72c26 22 26 56 0 62h-72c-26-6-26-40 0-62z" fill="{c}"/>'
    ),
    "pendant": (
        '<path d="M200 40v92" stroke="{d}" stroke-width="6"/>'
        '<path d="M182 128h36l10 24h-56z" fill="{d}"/>'
        '<path d="M84 262a116 116 0 0 1 232 0z" fill="{c}"/>'
        '<path d="M116 262h168a84 30 0 0 1-168 0z" fill="{l}"/>'
    ),
    "pan": (
        '<circle cx="164" cy="210" r="112" fill="{c}"/><circle cx="164" cy="210" r="88"'
        ' fill="{d}"/><path d="M258 152 340 84" stroke="{d}" stroke-width="26"'
        ' stroke-linecap="round"/><path d="M112 176a66 66 0 0 1 60-36" fill="none" stroke="{l}"'
        ' stroke-width="8" stroke-linecap="round" opacity=".6"/>'
    ),
    "knife": (
        '<path d="M64 268C120 160 190 98 268 62l16 24-96 128z" fill="#c9d1d6"/>'
        '<path d="M64 268 188 214l-14-10z" fill="#e8edf0"/>'
        '<path d="m188 200 34 30 108 92a20 20 0 0 0 28-28L252 186l-36-24z" fill="{c}"/>'
        '<circle cx="252" cy="226" r="6" fill="{l}"/><circle cx="298" cy="266" r="6" fill="{l}"/>'
    ),
    "kettle": (
        '<path d="M126 150h148l26 156a20 20 0 0 1-20 22H120a20 20 0 0 1-20-22z" fill="{c}"/>'
        '<path d="M148 150a52 40 0 0 1 104 0z" fill="{d}"/>'
        '<circle cx="200" cy="100" r="12" fill="{d}"/>'
        '<path d="m284 200 48-34-8 60z" fill="{c}"/>'
        '<path d="M120 178c-60 6-64 106-14 116" fill="none" stroke="{d}" stroke-width="18"/>'
    ),
    "coffee": (
        '<rect x="104" y="72" width="192" height="60" rx="16" fill="{c}"/>'
        '<path d="M104 132h58v160h-58z" fill="{d}"/>'
        '<rect x="104" y="288" width="192" height="40" rx="12" fill="{c}"/>'
        '<path d="M200 132h56v24h-56z" fill="{d}"/>'
        '<path d="M188 204h84v50a26 26 0 0 1-26 26h-32a26 26 0 0 1-26-26z" fill="{l}"/>'
        '<path d="M272 216a20 20 0 0 1 0 40" fill="none" stroke="{l}" stroke-width="10"/>'
    ),
    "bed": (
        '<rect x="52" y="108" width="296" height="96" rx="16" fill="{d}"/>'
        '<rect x="72" y="168" width="112" height="52" rx="20" fill="#fbfaf7"/>'
        '<rect x="216" y="168" width="112" height="52" rx="20" fill="#fbfaf7"/>'
        '<path d="M52 214h296v86H52z" fill="{c}"/><path d="M52 214h296v22H52z" fill="{l}"/>'
        '<path d="M64 300v22m272-22v22" stroke="{d}" stroke-width="14"/>'
    ),
    "pillow": (
        '<path d="M76 118c80 16 168 16 248 0 16 56 16 112 0 168-80-16-168-16-248 0-16-56-16-112'
        ' 0-168z" fill="{c}"/><path d="M112 150c60 10 116 10 176 0" fill="none" stroke="{d}"'
        ' stroke-width="5" opacity=".5"/><path d="M120 246c50-8 110-8 160 0" fill="none"'
        ' stroke="{d}" stroke-width="5" opacity=".5"/>'
    ),
    "rug": (
        '<path d="M96 70h208v260H96z" fill="{c}"/><path d="M116 94h168v212H116z" fill="{l}"/>'
        '<path d="m200 120 60 80-60 80-60-80z" fill="{d}"/>'
        '<path d="m200 156 32 44-32 44-32-44z" fill="{c}"/>'
        '<path d="M106 70V54m27 16V54m27 16V54m27 16V54m27 16V54m27 16V54m27 16V54m27 16V54M106'
        ' 346v-16m27 16v-16m27 16v-16m27 16v-16m27 16v-16m27 16v-16m27 16v-16m27 16v-16"'
        ' stroke="{d}" stroke-width="5"/>'
    ),
    "vase": (
        '<path d="M200 160V70m-8 96c-8-50-40-60-48-84m64 84c8-50 40-60 48-84" fill="none"'
        ' stroke="#5e7d5a" stroke-width="6"/><circle cx="200" cy="66" r="18" fill="{l}"/>'
        '<circle cx="142" cy="78" r="15" fill="{l}"/><circle cx="258" cy="78" r="15"'
        ' fill="{l}"/><path d="M164 158h72c-6 40 46 60 40 116-4 40-34 60-76 60s-72-20-76-60'
        'c-6-56 46-76 40-116z" fill="{c}"/><path d="M130 256h140" stroke="{d}"'
        ' stroke-width="10" opacity=".5"/>'
    ),
    "helmet": (
        '<path d="M64 236c0-92 60-150 140-150s132 62 132 150c-40 26-80 30-136 30s-100-6-136-30z"'
        ' fill="{c}"/><path d="M120 214c6-50 30-84 60-100m20 104c0-50 4-80 14-108m66 104c-8-46'
        '-24-72-44-94" fill="none" stroke="{d}" stroke-width="16" stroke-linecap="round"/>'
        '<path d="m104 260 70 66 90-62" fill="none" stroke="{d}" stroke-width="8"/>'
    ),
    "light": (
        '<rect x="92" y="148" width="170" height="104" rx="34" fill="{c}"/>'
        '<path d="M240 148h22a52 52 0 0 1 0 104h-22z" fill="{l}"/>'
        '<path d="M330 160l30-16m-26 56h34m-38 40 30 16" stroke="#f2c14e" stroke-width="9"'
        ' stroke-linecap="round"/><path d="M140 252h60v52h-60z" fill="{d}"/>'
    ),
    "mat": (
        '<path d="M76 268 262 96a40 40 0 0 1 60 52L150 320z" fill="{c}"/>'
        '<circle cx="114" cy="294" r="44" fill="{d}"/><circle cx="114" cy="294" r="26"'
        ' fill="{c}"/><circle cx="114" cy="294" r="10" fill="{l}"/>'
        '<path d="m196 160 62 60" stroke="{l}" stroke-width="10"/>'
    ),
    "weights": (
        '<path d="M120 200h160" stroke="#8b949a" stroke-width="22"/>'
        '<rect x="92" y="132" width="44" height="136" rx="14" fill="{c}"/>'
        '<rect x="264" y="132" width="44" height="136" rx="14" fill="{c}"/>'
        '<rect x="60" y="156" width="34" height="88" rx="12" fill="{d}"/>'
        '<rect x="306" y="156" width="34" height="88" rx="12" fill="{d}"/>'
    ),
    "ball": (
        '<circle cx="200" cy="200" r="128" fill="#fbfaf7"/>'
        '<path d="m200 146 52 38-20 60h-64l-20-60z" fill="{c}"/>'
        '<path d="M200 146V74m52 110 70-22m-90 82 44 60m-108-60-44 60m24-120-70-22" stroke="{d}"'
        ' stroke-width="8"/><circle cx="200" cy="200" r="128" fill="none" stroke="{d}"'
        ' stroke-width="8"/>'
    ),
    "tent": (
        '<path d="M200 84 348 300H52z" fill="{c}"/><path d="m200 84 54 216H146z" fill="{d}"/>'
        '<path d="m200 84 22 216h-44z" fill="{l}"/>'
        '<path d="M52 300H28m320 0h24M200 84V62" stroke="{d}" stroke-width="6"/>'
    ),
    "sleeping": (
        '<path d="M128 120a72 60 0 0 1 144 0l-18 176a54 44 0 0 1-108 0z" fill="{c}"/>'
        '<ellipse cx="200" cy="118" rx="46" ry="38" fill="{l}"/>'
        '<path d="M136 190h128m-122 52h116" stroke="{d}" stroke-width="5"/>'
        '<path d="M200 156v164" stroke="{d}" stroke-width="6" stroke-dasharray="6 6"/>'
    ),
    "wetsuit": (
        '<path d="M160 66h80l50 34 16 116h-34l-16-70-4 64 8 126h-44l-16-108-16 108h-44l8-126-4'
        '-64-16 70H94l16-116z" fill="{c}"/><path d="M160 66h80l-14 24h-52z" fill="{d}"/>'
        '<path d="m142 146 10 64-6 60m112-124-10 64 6 60" fill="none" stroke="{l}"'
        ' stroke-width="8"/>'
    ),
    "goggles": (
        '<path d="M40 176h320" stroke="{d}" stroke-width="22"/>'
        '<rect x="72" y="144" width="256" height="112" rx="50" fill="{c}"/>'
        '<path d="M104 168h80a14 14 0 0 1 14 14v18a38 38 0 0 1-38 38h-24a40 40 0 0 1-40-40v-22a8'
        " 8 0 0 1 8-8zm192 0h-80a14 14 0 0 0-14 14v18a38 38 0 0 0 38 38h24a40 40 0 0 0"
        ' 40-40v-22a8 8 0 0 0-8-8z" fill="{l}"/><path d="m118 214 34-34m82 34 34-34"'
        ' stroke="#fff" stroke-width="8" opacity=".7"/>'
    ),
    "box": (
        '<path d="m200 78 122 58v132l-122 60-122-60V136z" fill="{c}"/>'
        '<path d="m200 78 122 58-122 58-122-58z" fill="{l}"/>'
        '<path d="M200 194v134l122-60V136z" fill="{d}"/>'
    ),
}
