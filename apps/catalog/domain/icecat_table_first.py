"""The first half of the rule table that icecat_table.py explains."""

RULES_FIRST = r"""
services | \b(care ?pack|warranty|e-?care|pickup ?(&|and)? ?return|onsite|on-site|
    next business day|nbd|adp\w*rtn|service plan|servicepack|service pack|installation service|
    start-?up service|on-site service|\dyr?\b.*\b(service|support|svc|hw)|extended service|
    technical support) | type=on-site|pick-up&return
software | \b(licen[cs]es?|e-icard|software|antivirus|office 20\d\d|upgrade key|emulation upgrade|
    firmware|pro ?pack|subscription) |
calculators | \bcalculator |
toys | \b(meccano|for kids|steam model|doll|collectible|action figure|candylocks|batman|dolls|
    puzzle|paw patrol|l\.o\.l\.|sylvanian|baby born|toy|toys|plush|beedz|jigsaw|playset|lego|
    barbie|hatchimals|board game|\d+ pieces|sticker book|video game|maze game|crayola|
    scratch surprise|card game|jumbo|goula|diset|ravensburger|schleich|zapf|figurine|play ?house|
    kids'|craft kit|cool maker|bakugan|playmobil|nerf|beyblade|bunchems|air hogs|kinetic sand|
    iron on beads|top trumps|monopoly) |
toner | \bprint cartridge for label |
labels | ^herma (?!.*(self-adhesive film|photo corner|tape|glue|cover|folder|storage|pocket|mount|
    dispenser|remover)).*(label|sticker|decor|magic|marking tag|pcs|film) |
labels | \b(^brother t[xcz]e?-?\d+|plastic tape|^brother .*\d mm .*tape|^dymo (ind|rhino|d1|
    letratag|omega)|label-making|label tape|d1 (standard|tape|label)|labelmanager|labelwriter|
    label printer tape|labels?\b|label roll|p-touch|laminated tape|dymo .*tape|tze-|tz-\w+ tape|
    embossing tape) |
paper | \b(printing film|photo paper|paper roll|bond paper|coated paper|art paper|
    large format media|plain paper|inkjet paper|printing paper|matte? paper|glossy paper|canvas|
    printable textile|transparency|film 24|clearproof|vellum|banner|wallpaper|paper\b(?!.*(tray|
    feed|cassette|cutter|handling|case|stand|deck)).*(sheet|g/m|mm x|roll|a4|a3|letter|"|gloss|
    matt|satin)|fine art|adhesive vinyl|proofing paper|poster|polypropylene|self-adhesive|backlit|
    iron-on transfer|satin|tracing|premium paper|business paper|colou?r laser paper|
    presentation paper|greeting card|photo cards?|card stock|media roll|polyester film|overhead|
    creased cards|photo sheets) | grammage|!paper_weight
enclosures | \bhdd tray |
toner | ^xerox.*\b(toner|ink stick|solid ink)(?!.*(waste|collect|container)) |
printer_parts | \b(image drum|printer drum|imaging unit|imaging drum|drum (unit|cartridge|kit)|
    photoconductor|drum\b|fuser|transfer (belt|kit|unit|roll\w*)|maintenance (kit|cartridge|tank|
    box)|waste toner|toner (collect\w+|waste)|waste (box|ink)|paper (tray|cassette|feeder|deck|
    drawer|handling)|sheet feeder|sheet (paper )?(tray|drawer|cassette)|sheet (input|universal)|
    media tray|input tray|tray|feeder|duplex(er)? unit|\bduplexer|duplex unit|separation pad|
    pick-?up roll\w*|printer roller|roller kit|roller exchange|print ?head|printhead|stapler?s?\b|
    finisher|printer (cabinet|stand|memory|kit)|cabinet stand|media spindle|spindle|print server|
    jetdirect|pcl|postscript|printer (access|part|interface)|cleaning kit|developer|belt unit|
    fusing|pick roller|pad assy|printer belt|printer cleaning|printer/scanner spare part|
    mk-\d{3}$|mk-\d{3}\b|duplex module|foreign device|productivity kit|language font|forms card|
    image express card|upgrade kit f phaser|flash card|inserter|interface kit|user maintenance|
    auto ?cutter|roll adapter|platen|exchange roller|country kit|bridge unit|hole punch|copy tray|
    tractor|stacker|mailbox|offset catch|cleaning cartridge|oil roll|charge (roller|unit|kit)|
    corona|imaging kit|hp .*fonts?) |
ribbons | \b(ribbon|correction tape|lift-off|fax film) |
ups_batteries | \b(ups battery|battery (cartridge|module|cabinet|unit|enclosure)|rbc ?\d*|
    replacement battery cartridge|external battery|replacement battery|maintenance bypass|
    bypass (panel|switch)|ups (rail|mount|network|management)|network management card|symmetra|
    matrix-ups battery|extended run battery)\b(?!.*(uninterruptible|kva)) |
ups_batteries | \b(interface card|management card)\b.*uninterrupt |
ups | ^(?!.*(mounting|rail kit|bracket|network card|batter(y|ies) (pack|module|
    cartridge)\b(?!.*kva))).*\b(uninterruptible|smart-?ups|back-?ups|\d?kva\b.*ups|
    ups\b(?!.*(cable|cord|kit|card))) |
cooling | \b(inrow|air removal|rack air) |
racks | ^(?!.*(pdu|\bups\b|netbotz|sensor|\bkvm|keyboard)).*\b(rack (shelf|accessory|cabinet|rail|
    mount(ing)? (kit|bracket)|enclosure|kit|console shelf)|rackmount(ing)? (kit|bracket|shelf)|
    freestanding rack|server rack|smartrack|netshelter|rack\b(?!.*(pdu|server|switch|u\)|console|
    kvm|patch panel))|cage nut|blanking panel|blank panel|cable management|rail kit|sliding shelf|
    castor|2-post|4-post|wall-?mount (cabinet|rack)|side panel|cable (manager|trough|ladder|ring|
    duct|organi[sz]er)|rackmount (cable|screws|drawer)|cable runway|roof|aisle|
    shelf) | type=freestanding rack
monitoring | \b(netbotz|leak sensor|fluid detector|temperature (&|and) humidity|environmental|
    temperature sensor|humidity|door switch|security camera|surveillance|ip camera|cctv|
    network camera|smoke sensor|vibration sensor|alarm beacon|envirosense|nvr|dvr\b) |
pdu | \b(pdu|power distribution|distribution (module|panel)|transfer switch|ats\b|
    isolation transformer|automatic voltage|line conditioner|voltage regulator|transformer|busway|
    breaker) |
surge | \b(surge|power (strip|bar)|protection (box|strip)|outlet\b.*(ac|strip|socket)|
    multi-?socket|power plug adapter|power plug|ac outlet|protect it|surgearrest|spike|protectnet|
    line-?r\b|travel adapter|power outlet|proline) |
network | \b(ethernet extender|poe repeater|vdsl\d?) |
kvm | \bkvm (over ip )?switch(?!.*(cable kit for|cable for)) |
kvm_cables | \b(rj45 / db25 cable|kvm cable|cable kit for kvm|kvm\b.*cable|cable\b.*kvm|
    ps/2 (cable|adapter)|keyboard/mouse cable|ps/2 m/m|(keyboard|mouse)\b.*(extension|adapter|
    splitter)|usb to ps/2) |
cooling | \b(case fan|cpu cooler|\bfan w/) |
serial_cables | \b(sas cable|sff-\d{4}) |
fibre | ^(?!.*(dms-59|lfh-59)).*\b(fibre optic|fiber optic|fiber patch|fibre patch|
    fiber\b.*\b(cable|patch|coupler|adapter)|fibre\b.*cable|om[1234]\b|os[12]\b|mtp/mpo|multimode|
    singlemode|lc/lc|lc/sc|sc/sc|lc/st|sc/st|st/st|mode conditioning) |
network_cables | ^(?!.*(test kit|tester|crimp|analyser|\btool|router|
    kvm cable)).*\b(networking cable|patch (cable|cord|lead)|cat ?\.? ?\d[ea]?\b.*(cable|cord|utp|
    ftp|rj-?45)|category \d|cat5e?|cat6a?|ethernet cable|crossover|rj-?45 .*(cable|m/m|to rj)|utp|
    s/ftp|network cable|modular plug|rj-?45 (plug|connector|coupler|boot)|keystone|patch panel|
    rj-?11|telephone cable|modular (cable|coupler)|snagless|patchcord|patchcable|
    wire cable\b.*305) |
cables | \bantenna cable |
network | \b(tl-s[gf]\d+|(un)?managed|netgear gs\d+|procurve|allied telesis|networking card|
    lightpulse|media converter|network (switch|media|transceiver|card|adapter|repeater|extender|
    splitter|interface)|transceiver|sfp\+?|xfp|gbic|powerline|access point|router|switch\b.*(port|
    gigabit|ethernet|managed)|(managed|ethernet|gigabit|poe\+?|smart|unmanaged|
    -port .*)\b.*switch(?!.*(kvm|video|hdmi|vga|dvi|usb))|firewall|zywall|modem|antenna|
    wireless (adapter|bridge|lan)|wlan|wi-?fi (adapter|extender|repeater)|bluetooth (adapter|
    dongle)|usb .*(ethernet|network)|nic\b|network interface|ethernet (adapter|card|
    server adapter)|server adapter|fast ethernet|poe (injector|adapter|splitter)|bridge/repeater|
    host bus|hba\b|mifi|print server|dsl|homeplug|mesh) | type=network interface card|
    network repeater
kvm | \b(kvm|lcd console|rackmount console|rack console|console switch|server console|
    server interface module) |
av | ^(?!.*(headphone|speaker)).*\b(video splitter|video switch|hdmi (splitter|switch|extender|
    matrix)|vga (splitter|switch|extender)|dvi (splitter|switch|extender)|av (extender|
    transmitter|receiver|repeater)|audio/video|video (extender|converter|distribution|capturing|
    capture|receiver|transmitter)|signal (amplifier|booster|converter)|matrix switch|
    scan converter|extender\b|-port\b.*(splitter|switch)|displayport (splitter|switch|mst)|edid|
    hdbaset|video over) | type=av transmitter & receiver|av transmitter|av repeater|av receiver
adapters | \b(ac adapter|power adapter/inverter) |
power_cables | \b(power (cable|cord|lead|extension cord)|iec320|iec 320|c1[345]\b|c1[39]/|
    nema \S+ .*(cord|cable)|power\b.*(y-cable|y cable|splitter)|power extension|mains (lead|
    cable)|ac cord|cord\b|sata power|lp4|molex|whip|iec309|cordset) |
docks | \b(keyboard (drawer|platform|tray)|monitor stand) |
cards | \bexternal sound card |
power_cables | \b\d\d[- ]pin .*\b(atx|molex|power)\b.*(adapter|cable) |
audio_cables | \baudio cable |
video_cables | ^(?!.*(enclosure|motherboard|geforce|radeon)).*\b(lfh-59|vga|hdmi|dvi(-[dia])?|
    displayport|display port|mini ?dp|hd-?15|s-video|svideo|component (?!processor)|composite|
    coax\w*|rg-?\d+|rca video|bnc|d-sub|monitor cable|ux[g]a|sxga|f-type|f type|video cable|scart|
    thunderbolt|video\b.*(cable|adapter|coupler)|n-female|sma\b|dms-59|
    velocity.*rca)(?!.*(projector|monitor \d|graphics|motherboard)) |
audio_cables | \b(audio (cable|adapter|y-cable|splitter|coupler)|3\.5 ?mm|6\.3 ?mm|trs\b|xlr|
    rca\b|toslink|digital audio|speaker (cable|wire)|stereo .*(cable|m/m|m/f|adapter)|phono|
    speaker wall plate|audio)(?!.*(headset|speaker system|player|dock|micro system|conference|
    earphone)) |
network | \bwi-?fi usb adapter |
usb_cables | ^(?!.*(mouse|port lock|keyboard|pci|\bcard\b)).*\b(usb\b.*(cable|adapter|m/m|a/b|
    a to b|a-b|converter|extension|charge|to serial|to rs)|lightning|usb-c to|firewire.*(cable|
    adapter)|ieee-?1394.*cable|micro usb|usb type-c .*to|otg)(?!.*(hub|card reader|switch|
    display adapter|network)) |
serial_cables | ^(?!.*(pci|\bcard|hub|server|\d+ ?gb)).*\b(db-?9\w*|db-?25\w*|db-?37|
    serial (cable|adapter|ata)|sata\b.*(cable|cord|adapter)|sas\b.*cable|scsi\b.*(cable|adapter|
    terminator)|parallel.*cable|printer cable|null modem|ide .*cable|ribbon cable|ata .*cable|
    rs-?232 cable|floppy cable|centronics|vhdci|hd68|mini-?sas|gender changer|hpdb|dte|v\.35|
    console cable|cable scsi|scsi cable|rs-?232|rs-?485|internal\b.*cable) |
drives | \b\d+ ?(gb|tb)\b.*\b(sata|sas|scsi|hd|hdd|rpm|7\.2k|10k|15k)\b(?!.*(enclosure|notebook|
    ghz|windows|cable|ddr|raid|adapter|ssd .*wi-fi|card|core)) |
enclosures | \b(drive (enclosure|caddy|cage|bay|drawer|dock\w*|tray|mount\w*)|hdd (enclosure|case|
    dock\w*)|hard drive (enclosure|protector|dock\w*|adapter|case|cage|bay|tray|drawer|
    duplicator)|enclosure\b(?!.*monitor)|removable (drive|frame)|mobile rack|disk array|nas\b|
    disk (enclosure|station)|storage (server|array|works)|storageworks|msa\d+|
    docking station.*(hdd|sata|drive)|backplane|keys for drw|hot ?swap) | type=storage server|nas
drives | \bpocket media drive |
media | \b(trimpak|clear cases|cd-rw?|cd-r|dvd[-+]r\w*|dvd-ram|bd-re?|blu-ray disc|lto\b.*(media|
    cartridge|tape|ultrium)?|ultrium|data cartridge|blank (video|data) tape|dat \d+|dds-?\d|dlt|
    sdlt|ait|cleaning (tape|media)|video cassette|audio cassette|mini ?dv|diskette|floppy disk|
    backup tape|tape media|rdx|20ltx\w+|^sony dm\w?\d+|\d*dvm\d+|dpr\d|magneto|data ?life|
    jewel case|disc (storage|wallet|sleeve)|cd (wallet|sleeve|case)|cd/dvd|dvd (sleeve|wallet)|
    dvm\d+|micro ?dv) | type=cd-r|dvd-r|dvd+r|dvd-rw|cd-rw|dvd+rw|dvd+r dl|bd-r|dvd-ram|
    video cassette
optical | \b(dvd(\+/-rw?|-rom| writer| burner|rw)|optical (disc )?drive|cd-rom|tape (drive|
    auto\w*|library|array)|autoloader|blu-ray (writer|burner)|floppy (disk )?drive|
    super ?multi drive|combo drive)(?!.*(notebook|ghz|player)) |
flash | \b(usb flash|flash drive|memory card|compactflash|compact flash|sdhc|sdxc|sd card|
    microsd\w*|memory stick|flash memory|datatraveler|jumpdrive|usb (stick|key|drive)|cf card|
    xd-picture|secure digital|multimedia ?card|thumb drive|store ?'?n'? ?go)(?!.*(reader|printer|
    camera)) |
usb_hubs | \b(usb hub|hub\b|interface hub|card reader|multi-?card|port usb .*(hub|box)|smart card|
    barcode reader|bar code reader) |
drives | \b(hd kit|\d{4,5} ?rpm|hdd kit|serial ata ii)(?!.*(notebook|windows|ghz|enclosure)) |
graphics | ^matrox |
memory | ^(?!.*(flash|notebook pc|thin client|linux)).*\b(memory module|dimm|so-?dimm|sodimm|
    ddr\d?\b.*(mhz|pin|memory)|\d ?[mg]b .*(memory|sdram|ram)\b|valueram|system specific memory|
    sdram memory|ecc (memory|reg)|memory (upgrade|kit|expansion|board)|rambus|fully buffered|
    hyperx|simm|[mg]b (ram|sdram)|memory (1|2|4|8|16|32|64|128|256|512)|\d+ ?[mg]b\b.*ddr|
    sdram\b)(?!.*(notebook|ghz|pc\b|printer|windows|tower|desktop|server|wi-fi|laptop|graphics|
    geforce|radeon|quadro|hdd|ssd|workstation|tablet|hybrid)) |
motherboards | \b(lga \d+ .*atx|motherboard|(desktop|server|server/workstation|workstation|main|
    system) ?board|mainboard|\d+ lga|micro atx|mini-?itx board|socket (am|lga|
    tr)\w+ .*atx) | type=desktop board|server/workstation board
graphics | \b(geforce|radeon|quadro|graphics (card|adapter|board)|firepro|firegl|nvs ?\d+|
    vga card|matrox|video card|tesla|nvidia)(?!.*(notebook|ghz|windows|laptop|tower|gb ssd|hdd|
    workstation|desktop|core)) |
"""
