#!/bin/sh
# PID 1 of the lab's kernel. The host's file tree is the root, read-only; all that can be written is memory of this
# kernel, and the one folder of the host that is mounted at /run/lab/share.
#
#   LAB_SHARE   (kernel command line) that folder of the host
#   LAB_CWD     (kernel command line) where commands start: the repository, also where it lies below /tmp
#
# It reads lines `NUMBER SECONDS` from the console, runs share/NUMBER.sh for at most so long, leaves what it wrote in
# share/NUMBER.out and NUMBER.err, and answers `lab NUMBER STATUS`. End of file switches the machine off.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8
cd /
mount --make-rshared /
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for folder in /tmp /run /var/tmp /var/lib; do
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 1777 /tmp /var/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
ip link set lo up
echo lab >/proc/sys/kernel/hostname

# The package keeps the modules where modprobe(8) does not look.
mkdir -p /run/lab/lib /run/lab/share
ln -s /usr/lib/uml/modules /run/lab/lib/modules
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/lab "$@"\n' >/run/lab/modprobe
chmod +x /run/lab/modprobe
echo /run/lab/modprobe >/proc/sys/kernel/modprobe

mount -t hostfs -o "$LAB_SHARE" none /run/lab/share
if [ ! -d "$LAB_CWD" ]; then
  mkdir -p "$LAB_CWD"
  mount -t hostfs -r -o "$LAB_CWD" none "$LAB_CWD"
fi
cd "$LAB_CWD"
stty -echo -onlcr
echo "lab ready"
while read -r number seconds; do
  setsid -w timeout -k 2 "$seconds" sh "/run/lab/share/$number.sh" </dev/null >/run/lab/out 2>/run/lab/err
  status=$?
  # hostfs writes back when a file is closed; whoever still holds the files open writes to the originals.
  cat /run/lab/out >"/run/lab/share/$number.out"
  cat /run/lab/err >"/run/lab/share/$number.err"
  echo "lab $number $status"
done
echo o >/proc/sysrq-trigger
