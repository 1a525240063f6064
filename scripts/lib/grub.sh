#!/bin/sh
# What GRUB is given on every medium: hypervisor, guest and menu. For scripts/iso and scripts/netboot, which
# read it in (`.`).
# From the environment: KERNEL (build/meridian.elf), CMDLINE, GUEST (build/guest.elf), GUEST_CMDLINE;
# PREPARE: a command of GRUB's to be run first, from the module of its name (wrmsr, ...); cutmem too;
# or, last, as multiboot2 itself sets it, a video mode: set gfxpayload=800x600x16;
# TIMEOUT (3): seconds that the menu waits; 0: no menu, and the guest gets no words but GUEST_CMDLINE's;
# SOURCE_DATE_EPOCH: the date that all in it bears (the commit's). The same files give the same bits.

kernel=${KERNEL:-build/meridian.elf}
guest=${GUEST:-build/guest.elf}
prepare=${PREPARE:-}
timeout=${TIMEOUT:-3}

fail() {
    echo "scripts/${0##*/}: $*" >&2
    exit 1
}

# GRUB's script would take these characters as its own.
plain() {
    case $2 in
    *[!A-Za-z0-9\ =,._:/+@%-]*)
        fail "$1='$2': only letters, digits, blanks and = , . _ : / + @ % - can be passed on"
        ;;
    esac
}
plain CMDLINE "${CMDLINE:-}"
plain GUEST_CMDLINE "${GUEST_CMDLINE:-}"
plain PREPARE "$prepare"
case $prepare in
set*) late=$prepare prepare= ;;
*) late= ;;
esac
case $timeout in
'' | *[!0-9]*) fail "TIMEOUT=$timeout: must be seconds" ;;
esac
[ -r "$kernel" ] || fail "no hypervisor at $kernel: run make first"
[ -r "$guest" ] || fail "no guest at $guest: GUEST= must name an ELF file that can be read"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1120780800)}
case $SOURCE_DATE_EPOCH in
'' | *[!0-9]*) fail "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH: must be seconds since 1970" ;;
esac
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C

# Those of GRUB's modules that the menu needs, on any medium, beside all_video.
case $prepare in
cutmem*) module=mmap ;;
*) module=${prepare%% *} ;;
esac
# shellcheck disable=SC2034 # used by who reads this in
menu_modules="multiboot2 normal configfile serial terminal test echo sleep $module"

# Ours without debug information, which names the folder it was built in; another's guest is left as it is.
lean() {
    "${CROSS_COMPILE:-}objcopy" --strip-debug "$1" "$2" || fail "$1 could not be stripped: run make first"
}

# The guest's end, where a person chooses and nobody says otherwise: the last duration= counts.
minute='' short='' exercise="down=400 setters=2"
if [ "$timeout" -gt 0 ]; then minute=duration=60 short=duration=10; fi

# entry KEY TITLE MERIDIAN'S-WORDS GUEST'S-WORDS VIDEO: one of the menu. Of two words with one name the last
# counts: the entry's for Meridian, since it must do what it says, and the builder's for the guest. multiboot2
# sets a video mode, so ours comes after it.
entry() {
    echo "menuentry \"$2 [$1]\" --hotkey=$1 {"
    echo "    $prepare"
    echo "    if multiboot2 /boot/meridian.elf ${CMDLINE:-}${CMDLINE:+ }$3; then"
    echo "    module2 /boot/guest.elf $4${4:+ }${GUEST_CMDLINE:-}"
    echo "    $5"
    echo "    $late"
    echo "    boot"
    echo "    else"
    # The menu comes back by itself, over what was said.
    echo "    echo \"/boot/meridian.elf cannot be loaded from (\$root): is it there?\""
    echo "    sleep --interruptible 60"
    echo "    fi"
    echo "}"
}

# Serial and screen, so that GRUB's own complaints are seen in either place. COM1 and COM2 each have lines of
# their own: where one is absent GRUB answers its lines with an error, and goes on with the other's. Where
# nobody chooses, the first entry is booted.
menu() {
    cat <<END
serial --unit=0 --speed=115200
terminal_input --append serial_com0
terminal_output --append serial_com0
serial --unit=1 --speed=115200
terminal_input --append serial_com1
terminal_output --append serial_com1
if [ "\$grub_platform" = efi ]; then insmod efi_gop; insmod efi_uga; else insmod all_video; fi
set timeout=$timeout
set default=0
END
    # shellcheck disable=SC2016 # GRUB's variable, not the shell's
    usual='if [ "$grub_platform" = pc ]; then set gfxpayload=text; fi'
    entry m "Check this machine's clocks (1 minute)" "" "$minute" "$usual"
    entry s "The same with nothing drawn: by the serial port alone" screen=off "$minute" "$usual"
    entry 1 "The same on one CPU" nosmp "$minute" "$usual"
    entry t "The same without a framebuffer: text, where there is any" "" "$minute" "set gfxpayload=text"
    # shellcheck disable=SC2016
    echo 'if [ "$grub_platform" = pc ]; then'
    entry g "The same in graphics" "" "$minute" "set gfxpayload=1024x768,800x600,auto"
    echo 'fi'
    entry l "Look first for time that is taken from CPUs (10 seconds)" stolen=10 "$minute" "$usual"
    entry f "A clock that runs free, as in 2005 (1 minute)" discipline=off "$minute" "$usual"
    entry o "Self-test (10 seconds), then off if it is passed" end=poweroff "$short $exercise" "$usual"
}

# fill FOLDER: puts it all into FOLDER/boot/.
fill() {
    mkdir -p "$1/boot/grub"
    lean "$kernel" "$1/boot/meridian.elf"
    case $guest in
    build/guest.elf) lean "$guest" "$1/boot/guest.elf" ;;
    *) cp "$guest" "$1/boot/guest.elf" ;;
    esac
    menu | grep -v '^ *$' >"$1/boot/grub/grub.cfg"
}
