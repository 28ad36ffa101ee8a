#!/bin/sh
# A root in which busybox is all that there is, beside a Python: busybox_root.sh ROOT SCRIPT [ARGUMENT ...]
#
# Runs SCRIPT under its /bin/sh. PYTHONS are the names of the interpreter, one a line, FOLDERS those of the machine
# that it needs, and BUSYBOX is the program. Mounts, so it is for a namespace of its own.
set -eu

APPLETS="sh ash cat chmod env find grep id ls mkdir printf rm rmdir sed sha256sum sleep sort test ["

main() {
    root=$1
    shift
    mount -t tmpfs tmpfs "$root"
    chmod 755 "$root"
    mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/dev" "$root/root" "$root/opt" "$root/var/lib" "$root/tmp"
    chmod 1777 "$root/tmp"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    printf '%s\n' "$FOLDERS" | while read -r folder; do
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
    done
    printf '%s\n' "$PYTHONS" | while read -r python; do
        mkdir -p "$root${python%/*}"
        [ -e "$root$python" ] || cp "$python" "$root$python"
    done
    cp "$BUSYBOX" "$root/bin/busybox"
    for name in $APPLETS; do
        ln -s busybox "$root/bin/$name"
    done
    printf '%s\n' root:x:0:0::/root:/bin/sh nobody:x:65534:65534::/:/bin/false \
        newcomer:x:4242:4242::/home/newcomer:/bin/sh >"$root/etc/passwd"
    printf '%s\n' root:x:0: nogroup:x:65534: newcomer:x:4242: >"$root/etc/group"
    mkdir -p "$root/home/newcomer"
    chown 4242:4242 "$root/home/newcomer"
    exec chroot "$root" /bin/sh -c "$@"
}

{
    main "$@"
    exit
}
