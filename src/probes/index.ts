// All probes, in groups, in the order in which they are shown.

import { openDisk } from "./devices/open-disk.ts";
import { openKmsg } from "./devices/open-kmsg.ts";
import { changeImage } from "./files/change-image.ts";
import { escapeRoot } from "./files/escape-root.ts";
import { hostDevices } from "./files/host-devices.ts";
import { readFirmware, readInterrupts, readKcore, readKeys, readTimers } from "./files/masked.ts";
import { openByHandle } from "./files/open-by-handle.ts";
import { dropCaches, irqAffinity, sysrq, writeCgroup, writeCorePattern, writeSysfs } from "./files/settings.ts";
import { addKey } from "./filter/add-key.ts";
import { getMempolicy } from "./filter/get-mempolicy.ts";
import { int80 } from "./filter/int80.ts";
import { ioUring } from "./filter/io-uring.ts";
import { keyctl } from "./filter/keyctl.ts";
import { movePages } from "./filter/move-pages.ts";
import { personality } from "./filter/personality.ts";
import { userfaultfd } from "./filter/userfaultfd.ts";
import { cpu } from "./limits/cpu.ts";
import { forks } from "./limits/forks.ts";
import { memory } from "./limits/memory.ts";
import { acct } from "./machine/acct.ts";
import { adjtimex } from "./machine/adjtimex.ts";
import { bpf } from "./machine/bpf.ts";
import { clockSettime } from "./machine/clock-settime.ts";
import { deleteModule } from "./machine/delete-module.ts";
import { fanotify } from "./machine/fanotify.ts";
import { perf } from "./machine/perf.ts";
import { quotactl } from "./machine/quotactl.ts";
import { reboot } from "./machine/reboot.ts";
import { settimeofday } from "./machine/settimeofday.ts";
import { swapon } from "./machine/swapon.ts";
import { syslog } from "./machine/syslog.ts";
import { fsopen } from "./mounts/fsopen.ts";
import { mount } from "./mounts/mount.ts";
import { mountSetattr } from "./mounts/mount-setattr.ts";
import { openTree } from "./mounts/open-tree.ts";
import { pivotRoot } from "./mounts/pivot-root.ts";
import { remountSettings } from "./mounts/remount-settings.ts";
import { unmount } from "./mounts/unmount.ts";
import { unmountMask } from "./mounts/unmount-mask.ts";
import { abstractSocket } from "./network/abstract-socket.ts";
import { algSocket } from "./network/alg-socket.ts";
import { packetSocket } from "./network/packet-socket.ts";
import { seeLink } from "./network/see-link.ts";
import { setLink } from "./network/set-link.ts";
import { tcpLocalhost } from "./network/tcp-localhost.ts";
import { vsock } from "./network/vsock.ts";
import type { Probe } from "./probe.ts";
import { kcmp } from "./processes/kcmp.ts";
import { pidfdGetfd } from "./processes/pidfd-getfd.ts";
import { pidfdOpen } from "./processes/pidfd-open.ts";
import { procRoot } from "./processes/proc-root.ts";
import { ptrace } from "./processes/ptrace.ts";
import { raiseLimit } from "./processes/raise-limit.ts";
import { raisePriority } from "./processes/raise-priority.ts";
import { readMemory } from "./processes/read-memory.ts";
import { seeProcess } from "./processes/see-process.ts";
import { signalProcess } from "./processes/signal-process.ts";
import { fileRights } from "./rights/file-rights.ts";
import { regainRights } from "./rights/regain-rights.ts";
import { setuidProgram } from "./rights/setuid-program.ts";
import { cwd } from "./runtime/cwd.ts";
import { openFiles } from "./runtime/open-files.ts";
import { terminal } from "./runtime/terminal.ts";
import { cgroupPath } from "./sharing/cgroup-path.ts";
import { clone3 } from "./sharing/clone3.ts";
import { seeHostname } from "./sharing/see-hostname.ts";
import { sethostname } from "./sharing/sethostname.ts";
import { setns } from "./sharing/setns.ts";
import { sharedMemory } from "./sharing/shared-memory.ts";
import { unshareMount } from "./sharing/unshare-mount.ts";
import { unshareUser } from "./sharing/unshare-user.ts";
import { usernsMount } from "./sharing/userns-mount.ts";

export const groups: Readonly<Record<string, readonly Probe[]>> = {
  "Other processes": [
    seeProcess,
    signalProcess,
    pidfdOpen,
    ptrace,
    readMemory,
    procRoot,
    raisePriority,
    raiseLimit,
    kcmp,
    pidfdGetfd,
  ],
  "Names, shared memory, namespaces": [
    seeHostname,
    sethostname,
    sharedMemory,
    cgroupPath,
    setns,
    unshareMount,
    unshareUser,
    usernsMount,
    clone3,
  ],
  Files: [
    changeImage,
    escapeRoot,
    hostDevices,
    readTimers,
    readKeys,
    readInterrupts,
    readKcore,
    readFirmware,
    openByHandle,
    writeCorePattern,
    dropCaches,
    sysrq,
    irqAffinity,
    writeSysfs,
    writeCgroup,
  ],
  Mounts: [fsopen, mountSetattr, mount, openTree, pivotRoot, remountSettings, unmountMask, unmount],
  Devices: [openDisk, openKmsg],
  Limits: [cpu, forks, memory],
  Network: [abstractSocket, algSocket, packetSocket, seeLink, setLink, tcpLocalhost, vsock],
  Rights: [fileRights, regainRights, setuidProgram],
  "The machine": [
    acct,
    adjtimex,
    bpf,
    clockSettime,
    deleteModule,
    fanotify,
    perf,
    quotactl,
    reboot,
    settimeofday,
    swapon,
    syslog,
  ],
  "What only a filter refuses": [addKey, getMempolicy, int80, ioUring, keyctl, movePages, personality, userfaultfd],
  "What the runtime sees to": [cwd, openFiles, terminal],
};

export const probes: readonly Probe[] = Object.values(groups).flat();

export function findProbe(name: string): Probe | undefined {
  return probes.find((it) => it.name === name);
}
