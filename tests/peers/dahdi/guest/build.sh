#!/bin/sh
# Runs by chroot in the builder: compiles the driver for its kernel, completes /system, and packs kernel, first file system and disk into /out.
set -eu
exec 2>&1
mount -t proc proc /proc # objtool of newer kernels reads it
kernel=$(basename /usr/lib/modules/*) driver=$(basename /usr/src/dahdi-*)
echo "I: compiling $driver for Linux $kernel"
cd "/usr/src/$driver"
# The core, the dynamic spans that stand for cards, and the echo canceller; no card drivers.
sed -i -E '/^obj-/{/dahdi\.o|DYNAMIC|ECHOCAN_MG2/!d}' drivers/dahdi/Kbuild
# simulate_alarm(), an ioctl that only tests use, returns with rcu_read_lock held in this version: the kernel warns of it.
perl -0pi -e 's/(dahdi_alarm_notify\(&d->span\);\n\t\t\t)(return 0;)/$1rcu_read_unlock();\n\t\t\t$2/;
  s/(static int simulate_alarm.*?)(\n\treturn -ENODEV;)/$1\n\trcu_read_unlock();$2/s' drivers/dahdi/dahdi_dynamic.c
flags=
grep -q timer_container_of /usr/src/linux-headers-*-common/include/linux/timer.h || flags=-Dtimer_container_of=from_timer
make -j"$(nproc)" KVERS="$kernel" KCFLAGS="$flags" modules
echo "I: packing the machine"
modules=/system/usr/lib/modules/$kernel
mkdir -p "$modules/vm" /out
for name in failover net_failover virtio_net; do
  find "/usr/lib/modules/$kernel/kernel" -name "$name.ko*" -exec cp {} "$modules/vm/" \;
done
cp drivers/dahdi/*.ko "$modules/vm/"
for module in "$modules"/vm/*.ko; do strip -g "$module"; done
cp "/usr/lib/modules/$kernel"/modules.builtin "/usr/lib/modules/$kernel"/modules.order "/usr/lib/modules/$kernel"/modules.builtin.modinfo "$modules/"
depmod -b /system "$kernel"
printf 'options dahdi auto_assign_spans=1\n' >/system/etc/modprobe.d/vm.conf
install -m755 /guest/init /system/sbin/vm-init
install -m644 /guest/agent.py /system/usr/lib/vm-agent.py
rm -rf /system/var/cache/apt /system/var/lib/apt/lists
# The first file system only finds the disk.
mkdir -p /first/bin /first/dev /first/proc /first/sys /first/root
cp "$(command -v busybox)" /first/bin/busybox
find "/usr/lib/modules/$kernel/kernel" -name 'virtio_blk.ko*' -exec cp {} /first/ \;
for packed in /first/*.ko.xz; do [ ! -e "$packed" ] || xz -d "$packed"; done
install -m755 /guest/first /first/init
(cd /first && find . | cpio -o -H newc --quiet | gzip -6) >/out/initrd.gz
cp "/boot/vmlinuz-$kernel" /out/vmlinuz
size=$(du -sm /system | cut -f1)
mke2fs -q -t ext4 -O ^has_journal -m 0 -d /system /out/system.ext4 "$((size * 115 / 100 + 96))M"
chroot /system dpkg-query -Wf '${Package} ${Version}\n' >/out/packages
echo "$driver for $kernel" >>/out/packages
umount /proc
