#!/usr/bin/env bash
# Build the lab's guest images: a kernel, a small initramfs and (optionally) a
# Debian root file system with systemd.  Idempotent: what is up to date is kept.
#
#   build-image.sh mini      kernel + initramfs only            (seconds)
#   build-image.sh full      the above + the systemd root image (about a minute)
#   build-image.sh clean     forget everything built
#
# Needs a Debian 12 host, root (or sudo) for apt and for the root image.
# Output: $LAB_CACHE (default /var/tmp/lab): vmlinuz, initrd.gz, root.ext4
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${LAB_CACHE:=/var/tmp/lab}"
: "${LAB_KERNEL_PKG:=linux-image-amd64}"       # the cloud flavour has no USB
: "${LAB_SUITE:=bookworm}"
: "${LAB_ROOT_MB:=640}"
what=${1:-full}
SUDO=; [ "$(id -u)" = 0 ] || SUDO=sudo
t0=$SECONDS
say() { printf '[%3ds] %s\n' $((SECONDS - t0)) "$*" >&2; }

# Modules that the guests carry; dependencies are added by depmod's own data.
MODULES="virtio_pci virtio_blk virtio_console virtio_net virtio_rng
 9p 9pnet_virtio ext4 overlay squashfs loop
 xhci_pci ehci_pci usbhid hid_generic uhid uinput evdev
 usbserial ftdi_sio cp210x pl2303 ch341 cdc_acm
 hid_cp2112
 dummy_hcd libcomposite usb_f_hid usb_f_acm usb_f_serial
 i6300esb softdog"

case $what in
mini|full) ;;
clean) rm -rf "$LAB_CACHE"; exit 0 ;;
*) sed -n '2,11p' "$0"; exit 2 ;;
esac
mkdir -p "$LAB_CACHE"
# Two test runs may want the images at once: the second waits and finds them made.
exec 9>"$LAB_CACHE/lock"
flock 9

# 1. Host packages -----------------------------------------------------------
need="qemu-system-x86 busybox-static cpio kmod e2fsprogs gcc libc6-dev linux-libc-dev python3-minimal"
[ "$what" = full ] && need="$need mmdebstrap"
missing=
for p in $need; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
  say "apt-get install$missing"
  $SUDO apt-get update -qq || true
  # A qemu-utils from another release conflicts with this release's QEMU; take it
  # along in the matching version instead of letting apt remove it.
  extra=
  if dpkg-query -W -f '${Status}' qemu-utils 2>/dev/null | grep -q '^install ok installed'; then
    v=$(apt-cache policy qemu-system-x86 | awk '/Candidate:/{print $2}')
    extra="--allow-downgrades qemu-utils=$v"
  fi
  # shellcheck disable=SC2086
  $SUDO env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $extra $missing >"$LAB_CACHE/apt.log" 2>&1 \
    || { tail -20 "$LAB_CACHE/apt.log" >&2; exit 1; }
fi

# 2. Kernel (unpacked, never installed on the host) ---------------------------
kpkg=$(apt-cache depends "$LAB_KERNEL_PKG" | awk '/Depends: linux-image-/{print $2; exit}')
[ -n "$kpkg" ] || { echo "cannot resolve $LAB_KERNEL_PKG" >&2; exit 1; }
kver=${kpkg#linux-image-}
if [ "$(cat "$LAB_CACHE/kver" 2>/dev/null)" != "$kver" ] || [ ! -d "$LAB_CACHE/kernel/lib/modules/$kver" ]; then
  say "kernel $kver"
  rm -rf "$LAB_CACHE/kernel" "$LAB_CACHE/dl"; mkdir -p "$LAB_CACHE/kernel" "$LAB_CACHE/dl"
  (cd "$LAB_CACHE/dl" && apt-get download -qq "$kpkg" 2>"$LAB_CACHE/download.log")
  dpkg-deb -x "$LAB_CACHE"/dl/*.deb "$LAB_CACHE/kernel"
  rm -rf "$LAB_CACHE/dl"
  cp "$LAB_CACHE/kernel/boot/vmlinuz-$kver" "$LAB_CACHE/vmlinuz"
  cp "$LAB_CACHE/kernel/boot/config-$kver" "$LAB_CACHE/config"
  depmod -b "$LAB_CACHE/kernel" "$kver"
  echo "$kver" >"$LAB_CACHE/kver"
  rm -f "$LAB_CACHE/initrd.gz" "$LAB_CACHE/root.ext4"
fi

# 3. Module subset -------------------------------------------------------------
sum=$( (echo "$MODULES"; cat "$here"/guest/* "$LAB_CACHE/kver") | sha256sum | cut -c1-16)
if [ "$(cat "$LAB_CACHE/mini.sum" 2>/dev/null)" != "$sum" ] || [ ! -s "$LAB_CACHE/initrd.gz" ]; then
  say "initramfs"
  sub=$LAB_CACHE/modules; rm -rf "$sub"; mkdir -p "$sub/lib/modules/$kver"
  for m in $MODULES; do
    modprobe -d "$LAB_CACHE/kernel" -S "$kver" --show-depends "$m" 2>/dev/null |
      awk '$1=="insmod"{print $2}' || echo "no module $m" >&2
  done | sort -u | while read -r f; do
    rel=${f#"$LAB_CACHE/kernel/"}; mkdir -p "$sub/${rel%/*}"; cp "$f" "$sub/$rel"
  done
  cp "$LAB_CACHE/kernel/lib/modules/$kver"/modules.builtin* "$LAB_CACHE/kernel/lib/modules/$kver/modules.order" "$sub/lib/modules/$kver/"
  depmod -b "$sub" "$kver" 2>/dev/null

  # 4. Guest tools (static, so that they run in either guest) -------------------
  mkdir -p "$LAB_CACHE/bin"
  for c in "$here"/guest/*.c; do
    b=$(basename "$c" .c)
    gcc -O1 -Wall -static -o "$LAB_CACHE/bin/$b" "$c"; strip "$LAB_CACHE/bin/$b"
  done
  for s in "$here"/guest/*.sh; do install -m755 "$s" "$LAB_CACHE/bin/$(basename "$s" .sh)"; done

  # 5. Initramfs -------------------------------------------------------------
  r=$LAB_CACHE/initrd; rm -rf "$r"
  mkdir -p "$r"/{bin,sbin,etc,proc,sys,dev,run,tmp,root,host,newroot,lib,lab}
  cp /bin/busybox "$r/bin/busybox"
  cp -a "$sub/lib/modules" "$r/lib/"
  cp "$LAB_CACHE"/bin/* "$r/lab/"
  install -m755 "$here/guest/init.sh" "$r/init"
  rm -f "$r/lab/init"
  (cd "$r" && find . -print0 | cpio --null -o -H newc --quiet | gzip -1) >"$LAB_CACHE/initrd.gz.new"
  mv "$LAB_CACHE/initrd.gz.new" "$LAB_CACHE/initrd.gz"
  echo "$sum" >"$LAB_CACHE/mini.sum"
fi
say "mini: $(du -h "$LAB_CACHE/initrd.gz" | cut -f1) initrd.gz, $(du -h "$LAB_CACHE/vmlinuz" | cut -f1) vmlinuz ($kver)"
[ "$what" = full ] || exit 0

# 6. Root image with systemd ----------------------------------------------------
PKGS="systemd,systemd-sysv,udev,dbus,kmod,mosquitto,mosquitto-clients,sqlite3,python3,libudev1,libusb-1.0-0,procps,usbutils"
fsum=$( (echo "$sum $PKGS $LAB_SUITE $LAB_ROOT_MB"; sed -n '/^# 6\./,$p' "$0") | sha256sum | cut -c1-16)
if [ "$(cat "$LAB_CACHE/full.sum" 2>/dev/null)" != "$fsum" ] || [ ! -s "$LAB_CACHE/root.ext4" ]; then
  # The package set is the slow part; keep it as a tar so that a change of the
  # guest tools does not fetch it again.
  psum=$(echo "$PKGS $LAB_SUITE" | sha256sum | cut -c1-16)
  if [ ! -s "$LAB_CACHE/base-$psum.tar" ]; then
    say "packages of the root image"
    rm -rf "$LAB_CACHE"/base-*.tar
    $SUDO mmdebstrap --quiet --format=tar --variant=minbase --include="$PKGS" \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' \
      "$LAB_SUITE" "$LAB_CACHE/base.new.tar" >"$LAB_CACHE/mmdebstrap.log" 2>&1 \
      || { tail -20 "$LAB_CACHE/mmdebstrap.log" >&2; exit 1; }
    mv "$LAB_CACHE/base.new.tar" "$LAB_CACHE/base-$psum.tar"
  fi
  say "root image"
  r=$LAB_CACHE/root; $SUDO rm -rf "$r"; $SUDO mkdir -p "$r"
  $SUDO tar -C "$r" --numeric-owner -xf "$LAB_CACHE/base-$psum.tar"
  $SUDO cp -a "$LAB_CACHE/modules/lib/modules" "$r/usr/lib/"
  $SUDO mkdir -p "$r/lab" "$r/host" "$r/data"
  $SUDO cp "$LAB_CACHE"/bin/* "$r/lab/"
  $SUDO rm -f "$r/lab/init"
  $SUDO sh -s "$r" <<'INNER'
set -e
cd "$1"
echo lab >etc/hostname
echo '127.0.0.1 localhost lab' >etc/hosts
: >etc/machine-id
printf '/dev/vda / ext4 rw,noatime 0 0\nhost /host 9p trans=virtio,version=9p2000.L,msize=131072,nofail 0 0\n' >etc/fstab
cat >etc/systemd/system/lab-channel.service <<'U'
[Unit]
Description=Lab command channel
DefaultDependencies=no
After=local-fs.target systemd-udevd.service
[Service]
ExecStart=/lab/channel
Restart=always
StandardInput=null
[Install]
WantedBy=sysinit.target
U
mkdir -p etc/systemd/system/sysinit.target.wants etc/systemd/journald.conf.d
ln -sf ../lab-channel.service etc/systemd/system/sysinit.target.wants/lab-channel.service
printf '[Journal]\nStorage=volatile\n' >etc/systemd/journald.conf.d/lab.conf
# Nothing of this is under test; it costs boot time when the CPU is emulated.
for u in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer getty@tty1.service systemd-pstore.service \
  systemd-timesyncd.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  getty.target serial-getty@ttyS0.service mosquitto.service; do
  case $u in mosquitto.service) rm -f etc/systemd/system/multi-user.target.wants/$u ;;
  *) ln -sf /dev/null etc/systemd/system/$u ;; esac
done
INNER
  truncate -s "${LAB_ROOT_MB}M" "$LAB_CACHE/root.ext4.new"
  $SUDO /sbin/mkfs.ext4 -q -F -L labroot -O ^metadata_csum -E lazy_itable_init=1 -d "$r" "$LAB_CACHE/root.ext4.new"
  $SUDO rm -rf "$r"
  mv "$LAB_CACHE/root.ext4.new" "$LAB_CACHE/root.ext4"
  echo "$fsum" >"$LAB_CACHE/full.sum"
fi
say "full: $(du -h "$LAB_CACHE/root.ext4" | cut -f1) root.ext4"
