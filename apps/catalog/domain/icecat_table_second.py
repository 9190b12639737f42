"""The second half of the rule table that icecat_table.py explains."""

RULES_SECOND = r"""
processors | \b(processor\b.*(ghz|mb l\d)|ghz box|mb l\d|cpu\b.*(kit|upgrade|option)|
    processor (kit|option|upgrade)|xeon\b.*(kit|upgrade|option)|opteron\b.*kit)(?!.*(notebook|
    tower|windows|desktop|sff|server|hdd|minitower|laptop|workstation|convertible)) |
processors | ghz\b.*xeon processor |
processors | ^(intel|amd)\b.*processor | type=processor
bags | \bslip case |
cooling | \b(hardware cooling|air shroud|fan\b|cooler|heat ?sink|cooling (fan|pad|unit|stand)|
    radiator|thermal (paste|grease|pad|compound)|air conditioner|air removal|fan tray|case fan|
    cpu cooling|inrow|liquid cooling|coolant|ventilation|water block) | type=fan|cooler|radiator
cooling | \b(liquid cooling|cpu cooler) |
chassis | \b(computer case|superchassis|chassis|power supply unit|psu\b|(atx|redundant|hot-?plug|
    computer) power supply|power supply (?!.*adapter)\d+ ?w|bezel|midi tower|mid tower case|
    full tower|slot cover|expansion slot|pc case|tower case|drive cover|power supply unit|
    front panel) | type=bezel panel|chassis
cards | \b(interface (card|cards|hub|adapter)|interface cards/adapter|(pci|pcie|pci express|
    pci-?x|expresscard|pcmcia|cardbus|agp|isa|cnr)\b.*(card|adapter|controller|riser)|(scsi|raid|
    sas|sata|serial|parallel|sound|firewire|tv|usb) (controller|card)|riser( card)?|
    raid (controller|key|battery)|controller card|sound (card|blaster)|tv tuner|port (serial|pci|
    usb|firewire|parallel)\b.*card|slot\b.*adapter|smart array|video capture|m\.2.*(adapter|card)|
    megaraid|serveraid|disk controller|accelerator) | type=raid
batteries | \b(rechargeable battery|single-use battery|battery charger|camcorder battery|
    camera/camcorder battery|laptop battery|notebook battery|notebook spare part battery|
    cell (li-?ion|battery)|li-?ion( battery| pack)?|ni-?mh|alkaline|cr\d{4}|lr\d+|battery\b|
    batteries|charger\b|power ?bank|lithium|\d[ -]cell|akku)(?!.*(notebook (black|silver|gray)|
    drill|shaver|toothbrush|clipper|microphone|android)) | type=battery|indoor battery charger|aa|
    aaa
adapters | \b(power adapter|ac adapter|ac/dc|inverter|power (pack|injector)|adapter .*\d+ ?w\b|
    mobile device charger|auto/air|power supply|dc adapter|ac power) |
bags | ^(?!.*(tool kit|gadget bag)).*\b(notebook case|laptop (bag|case|roller|sleeve|backpack)|
    backpack|briefcase|messenger|sleeve|carry(ing)? case|toploader|trolley case|rolling case|
    laptop tote|bag\b|backpack case|topload|rucksack|attach[eé]|luggage|travel case|clamshell case|
    sling)(?!.*(camera|camcorder|photo|lens|vacuum|dust|gadget|refill)) |
camera_accessories | \b(camera case|et-\d\d|ew-\d\d|ec-[a-z]\b|es-\d\d|neutral density|
    \d\d ?mm filter|filter vf|f\d\dreg|dcc-\d+|vct-|lens filter|lens (hood|cap|cover)|
    camera (lens adapter|bag|strap|housing|grip|kit|filter|remote|flash|mount|battery)|
    camcorder (flash|kit|mount)|camera lens adapter|tripod|underwater (camera )?housing|
    gadget bag|flash (unit|bracket|cable)|speedlite|macro flash|lcs-\w+|filter set|
    remote (release|switch)|viewfinder|eyecup|waterproof case|wrist strap|neck strap|memory case|
    video light|wide ?converter|tele-?converter|teleconverter|wide attachment|extension tube|
    close-?up lens|focusing screen|battery grip|lens case|soft case|camera\b.*case|case .*(camera|
    camcorder|ixus|powershot|cyber-?shot)|photo light|battery holder bg|angle finder|uv filter|
    circular polari|monopod) |
lenses | \b(binocular|camera lens|^canon ef|canon ef(-s)?\b|ef \d+|ts-e|mp-e|slr .*lens|telephoto|
    macro lens|fisheye|zoom lens|telescope|microscope|lens\b) |
lamps | \b(projector lamp|projection lamp|elplp|projector (accessor\w+|filter|cable)|air filter|
    replacement lamp|elp\w+|spare lamp|lamp\b.*(projector|uhp|p-vip|elplp)|p-vip|uhp|uhe\b|
    lamp module|lamp\b) |
tvs | \bsignage display(?!.*(stand|mount)) |
docks | \b(notebook (stand|riser)|cpu desk mount) |
mounts | \b(mount\w*|desk stand|wall bracket|ceiling|flat panel|tv (stand|cart)|monitor (arm|
    stand)|bracket|av cart|multimedia (cart|stand)|floor stand|interface plate|column|pole|truss|
    turnstile|vesa|chief (?!.*connector)|newstar|neomounts|signage display stand|display stand|
    cart\b|stand\b(?!.*(notebook|laptop|tablet|ipad)))(?!.*(server|switch|rack\b|barebone|
    printer)) |
screens | \b(projection screen|projector screen|screen\b.*(electrol|tripod|manual|format|contour)|
    da-?lite|cosmopolitan|tensioned) |
projectors | \b(projector|multimedia projector|data projector|emp-\w+|eb-\w+|powerlite) |
locks | ^(?!.*rackmount).*\b(cable lock|privacy (filter|screen)|lock\b|locking|security (anchor|
    lock|cable|kit|slot)|anti-?glare|screen protector|microsaver|clicksafe|combolock|
    desk mount security|master key|
    frameless display privacy) | type=frameless display privacy filter|
    framed display privacy filter
docks | \b(docking station|dock\b|port replicator|notebook (stand|riser)|laptop (stand|riser)|
    cradle|cpu holder|footrest|foot rest|wrist rest|monitor (riser|shelf)|tablet (stand|holder)|
    copyholder|document holder|smartfit|palm rest|holder|keyboard (platform|tray|drawer|arm|
    system)|mouse ?pad|wristrest|desktop stand) | type=desk-mounted cpu holder
scanners | \b(scanner|scanjet|document camera|dr-?\d{4}c|canoscan|flatbed|perfection) |
toner | \b(toner cartridge) |
printers | ^(?!.*(printer belt|spare part|accessor|tool kit)).*\b(printer\b|multifunction|mfp|
    all-in-one (printer|inkjet|laser)|laserjet (?!.*(cartridge|toner|kit|ink|paper|memory|font|
    cable|original)).*(dpi|ppm|a4|\d{3,4}[a-z]*$|series|enterprise|pro)|officejet (?!.*(cartridge|
    ink)).*|deskjet (?!.*(cartridge|ink)).*|designjet (?!.*(cartridge|ink|media|kit|paper|
    stand)).*|photosmart (?!.*(camera|paper|ink|cartridge|digital|\bm\d)).*|
    phaser \w+ (?!.*(toner|cartridge|ink|magenta|cyan|yellow|black|kit|tray|feeder|drum|roll|
    cabinet|stand|finisher|imaging|fuser|maintenance)).*|workcentre|\d+ x \d+ dpi|dpi a[0-4]|
    dpi\b.*ppm|copier|inkjet \d|ppm\b|plotter|pixma|selphy|imageprograf|i-sensys|tm-[a-z]\d+\w*|
    lq-\d+|fx-\d+|dfx-|stylus (photo|pro|color|office|c\d+|sx\d+|dx\d+|d\d+)(?!.*(cartridge|ink|
    singlepack))|workforce|ecotank|mfc-|dcp-|hl-\w+|receipt|pos printer|label printer|cps\b|
    scx-\d+|clp-\d+\w*$|ml-\d{4}\w*$|ecosys|imagerunner|
    dell [bcehs]?\d{4}[cd]?[dnwf]+\b)(?!.*(mouse|toner|cartridge|singlepack|kit\b|cable|ink (tank|
    bottle))) |
toner | ^(?!.*inkjet).*\b(toner|print cartridge|laser cartridge|
    imaging cartridge) | black_toner_page_yield|colour_toner_page_yield
ink | \b(ink\b|inks\b|inkjet cartridge|singlepack|multipack|ink-?tank|ultra ?chrome|durabrite|
    photo (black|magenta|cyan)|light (cyan|magenta|black)|matte? black|gloss optimi[sz]er|
    (^canon (bci|pgi|cli|pfi|bc|cl|pg)-?\s?\d)) | ink_type
toner | original\b.*$|cartridge | !print_technology=laser
ink | original\b.*$|cartridge | !print_technology=inkjet
toner | ^(canon (c-exv|npg|gpr|fx|ep|t0?3|exv)|lexmark|oki|xerox|kyocera|samsung|brother tn|
    hp (lj )?\d+[ax]\b|hp (c|q|ce|cb|cf)\d{3,4}[axcyzb]|dell|konica|sharp|ricoh|toshiba|utax|
    triumph|develop)\b.*(original|compatible|cartridge) |
ink | ^(hp \d+(xl)? |epson|brother lc|canon).*(original|compatible|cartridge|tri-?colou?r) |
ink_toner | \b(original\b.*(black|cyan|magenta|yellow|pc\(s\))|print cartridge|cartridge\b|
    compatible (black|cyan|magenta|yellow)|original$) | type=original|compatible
headphones | ^(?!.*(extension cable|splitter|adapter)).*\b(headphones?|headset|earphones?|earhook|
    earbuds?|in-ear|earset|headband) | type=headphones|headset
speakers | \b(speakers?\b|loudspeaker|sound ?bar|audio micro system|audio mini system|home audio|
    subwoofer|home (cinema|theater|theatre)|micro (hi-?fi|system|music)|hi-?fi|soundbar|boombox|
    docking (system|speaker)|amplifier|conference phone|speakerphone|microphone|karaoke|turntable|
    radio\b|icf-\w+|music station|streamium|clock radio|dictation|car audio|
    megaphone) | type=home audio micro system|home audio mini system
camera_accessories | \bremote control .*camera |
players | \b(flash audio player|mp[34] (player|video)|dvd player|blu-?ray (disc )?player|
    dvd/blu-ray|cd player|media player|voice recorder|recorder|portable (dvd|cd)|
    digital audio player|gogear|cassette|walkman|set-?top|fm link|fm transmitter|dvd recorder|
    ipod|jukebox|zen\b|muvo|streaming|dvp\d+|remote control) | type=mp3 player|mp4 player
tvs | \b(flat tv|lcd tv|led tv|tv\b|television|led tv|lcd tv|flat tv|smart tv|hotel tv|
    professional display|public display|signage|digital widescreen|plasma|ambilight|
    interactive (whiteboard|display|flat)|large format display|touchscreen display) |
monitors | \b(monitor\b|monitors\b|lcd (monitor|display)|computer monitor|flat panel monitor|crt|
    tft|\d+-inch (widescreen|lcd|tft)|full hd led|wled|(le|lp|l|la|zr|w|s|v)\d{4}\w* \d\d.*cm|
    thinkvision|ultrasharp|brilliance|syncmaster|(\d\d(\.\d)? cm).*\bpixels\b.*(lcd|led|full hd|
    quad hd|4k)(?!.*(ghz|ssd|ddr|core|gb\b))) | response_time|!display_brightness
phones | \b(smartphone|mobile phone|android \d|dual sim|sim\b.*mah|mah\b.*(android|black|blue)|
    moto\b|galaxy (s|a|note|xcover|m)\d+|iphone|4g usb type-c|\d+ ?mah (?!.*(battery|charger|
    bank))|lumia|xperia|blackberry|ipaq.*voice messenger|android)(?!.*(case|cover|tablet|tab\b|
    holder|protector|folio|headset)) |
phone_accessories | \b(mobile phone|phone (case|holder|cover)|mobile phone faceplate|
    screen protector|handheld (device )?accessory|stylus|ipad|folio|tablet case|armband|car (kit|
    holder)|galaxy\b.*(case|cover)|handheld mobile computer (case|accessory)|selfie|bumper|
    pop ?socket) |
telephones | \b(dect|telephone|corded phone|cordless phone|ip phone|voip|fax\b|answering machine|
    skype|wireless phone|conference|phone\b|sip\b) | type=dect telephone
input | \b(keyboard|mouse\b|mice\b|trackball|keypad|presenter|joystick|game ?pad|graphic tablet|
    pen tablet|wacom|touchpad|desktop set|stylus pen|steering wheel|wireless desktop|
    remote presenter|gaming (mouse|keyboard)|expert mouse|g80-|g84-|g83-|space ?mouse|
    space ?navigator|pointing) | type=keyboard
tablets | \b(tablet|galaxy tab|ipad|e-?book reader|handheld (mobile )?computer|ipaq|pda\b|
    mediapad|tab \w+\d|handheld|slate|jornada|palm\b) |
laptops | \b(notebook|laptop|chromebook|ultrabook|thinkpad|netbook|elitebook|probook|macbook|
    ideapad|hybrid \(2-in-1\)|2-in-1|latitude|vivobook|zenbook|thinkbook|mobile workstation|
    travelmate|aspire (one|\d|e|v|s)|swift|zbook|omnibook|satellite|tecra|lifebook|compaq (nc|nx|
    nw|6[57]\d\d)|pavilion (dv|zd|ze|tx|g\d)|toughbook|vaio|qosmio)(?!.*(stand|cable|battery|
    adapter|lock|memory|module|compatible)) | type=notebook|hybrid (2-in-1)|chromebook|netbook|
    mobile workstation
servers | \b(server\b|proliant|poweredge|system x|blade (server|system|enclosure)|thinksystem|
    superserver|integrity|primergy|xseries|superstorage|storeeasy|storage system|p4000|
    eternus) | type=server
laptops | \b\d\d(\.\d)? cm \(\d\d.*pixels.*(ddr|ghz|core|celeron)(?!.*(all-in-one|tower|pc\b)) |
desktops | \b(pos ds\d+|desktop|pc\b|workstation|tower|minitower|barebone|thin client|
    small form factor|optiplex|prodesk|elitedesk|all-in-one pc|mini ?pc|nuc\b|thinkcentre|
    ultra-?slim|sff\b|usdt|microtower|precision|compaq d[cx]\d+|presario|t5\d{3}\b|veriton|vectra|
    evo\b|pavilion|thinkstation|esprimo|imac|media ?center|xw\d{4}|pc/workstation) | type=pc|
    workstation|all-in-one pc|mini pc (<= 3l)|mini pc (<= 3l) barebone
drives | \b(hdd\b|hard (disk|drive)|ssd\b|solid state|internal (hard|solid)|external hard|
    \d+ ?(gb|tb)\b.*(sata|sas|scsi|rpm|7\.?2k|10k|15k|ide\b|ata\b|fc\b|fibre channel|pin)|
    7200 ?rpm|10000 ?rpm|nl-sas|portable hdd|microdrive|nvme|\d+gb 1[05]k|hot plug|\d+ ?k\b.*(sas|
    scsi)) | type=hdd
cameras | \b(digital camera|compact camera|camcorder|webcam|powershot|eos\b|ixus|cyber-?shot|
    handycam|coolpix|camera\b|slr\b|mvx|dc\d+|legria|hg\d\d|action cam|lumix|finepix|
    photosmart (m|r|c)\d+) |
care | \b(razor|oral-b|manicure|silkfinish|silk-?epil|shaver|shaving|toothbrush|sonicare|
    hair ?(clipper|dryer|straightener|styler|trimmer)|haircare|epilator|trimmer|styler|air brush|
    grooming|beard|lady ?shave|brush head|satinelle|massager|blood pressure|thermometer|baby|
    avent|bodygroom|philishave|light therapy|pulse oximeter|scale(?!.*kitchen)|nail|cosmetic|
    hairclipper|steri|bottle|nivea|coolskin|curler|lumea|multigroom|norelco|wake-?up) |
kitchen | \b(citrus press|crepe|roll maker|draft system|hob\b|fridge|coffee|espresso|blender|
    toaster|kettle|mixer|juicer|food processor|fryer|grill|vacuum|iron\b|steam|microwave|kitchen|
    rice cooker|washing|freezer|refrigerator|oven|saeco|senseo|cookware|air (purifier|cleaner|
    fryer)|exhaust filter|dust ?bag|s-bag|garment|soup maker|bread|humidifier|mop|descal\w+|
    water (filter|jug)|cup\b|crockery|dishwasher|cooker|hood|hepa\w*|cutlery|chopper|waffle|
    sandwich) |
tools | \b(bulb|led (lamp|spot|light|strip)|flashlight|torch|lighting|light fixture|luminaire|
    drill|screwdriver|tool ?(kit|set)?\b|crimp\w*|test kit|network analyser|tester|multimeter|
    wire stripper|lamp|wall light|spotlight|hue\b|punch.?down|solder\w*|smart plug|cable (tie|
    tracker)|tie wraps?|velcro|heat shrink) |
office | \b(cutter blade|binder|folder|stapl\w+|shredder|laminat\w+|hole punch|glue|adhesive|
    tape\b|envelope|pocket|notebook a[456]|notepad|pen\b|pencil|marker|whiteboard|flip ?chart|
    paper cutter|trimmer|cutter|filing|archive|document (holder|wallet)|desk (pad|organi[sz]er|
    tray)|desk\b|chair|book cover|photo corners?|photo album|guillotine|comb|ring\b|clip\b|leitz|
    rexel|esselte|fellowes|acco|gbc|exercise|school|eraser|scissors|bank ?note|money|cash|
    time (clock|recorder)|file\b|suspension|divider|sharpener|rubber|negative storage|
    cleaning (wipes|spray|cloth)|air duster|compressed gas|wipes|cleaner|cleaning|protector film|
    cover film|index|herma|dymo|badge|card printer) |
cables | \b(cable\b|cables\b|connector|coupler|gender changer|wall ?plate|adapter\b|plug\b|
    splitter|m/m|m/f|f/f|terminator|converter|wire\b|loopback|dongle|lead\b|junction|faceplate) |
"""
