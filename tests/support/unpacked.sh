# shellcheck shell=sh
# Enter private namespaces in which unpacked packages are installed: unpacked.sh ETC PACKAGES COMMAND ...
# ETC lies over /etc, and each of the PACKAGES (folders, apart by a space) over /usr.
etc=$1 packages=$2
shift 2
lower=$etc
for package in $packages; do
    for folder in bin sbin lib libexec; do
        [ ! -d "$package/usr/$folder" ] ||
            mount -t overlay -o "lowerdir=$package/usr/$folder:/usr/$folder" overlay "/usr/$folder" || exit
    done
    [ ! -d "$package/etc" ] || lower=$lower:$package/etc
done
mount -t overlay -o "lowerdir=$lower:/etc" overlay /etc &&
    mount -t tmpfs tmpfs /run && mkdir -p /run/user/0 /run/systemd/system &&
    mount -t tmpfs tmpfs /var/spool && mkdir -p /var/spool/cron/crontabs &&
    { mount -t cgroup2 cgroup2 /sys/fs/cgroup || mount -t tmpfs tmpfs /sys/fs/cgroup; } 2>/dev/null || exit
exec "$@"
