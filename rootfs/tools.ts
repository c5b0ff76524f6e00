// Which of the machine's own programs go into `base` where there is no busybox. Those that are missing are left out,
// apart from `sh`. Scripts are left out as well, and setuid bits are not kept.

interface Tools {
  readonly why: string;
  readonly names: string;
}

export const tools: readonly Tools[] = [
  { why: "a shell, without which nothing can be tried", names: "sh bash" },
  {
    why: "files and folders",
    names: `ls cat cp mv rm ln mkdir rmdir touch chmod chown chgrp stat readlink realpath basename dirname pwd df du dd sync
      truncate mktemp mknod mkfifo find install test [`,
  },
  {
    why: "text",
    names: `echo printf grep sed awk head tail cut sort uniq wc tr tee nl od seq comm paste split rev tac diff cmp less more
      base64 md5sum sha256sum yes xargs`,
  },
  { why: "archives: files in and out of a container", names: "tar gzip" },
  {
    why: "processes: what a pid namespace shows, what a limit does",
    names: "ps kill sleep timeout nice nproc true false env nohup setsid top free uptime pgrep pkill taskset",
  },
  { why: "who and where am I", names: "id whoami groups hostname uname date tty stty arch" },
  {
    why: "what isolation is made of: the lessons look at it, and try what must fail",
    names: "mount umount findmnt chroot unshare nsenter setpriv capsh dmesg lsns prlimit ipcs ipcmk mountpoint",
  },
  { why: "the network", names: "ip ss ping nc wget getent" },
  { why: "terminals", names: "clear reset tput" },
];

/**
 * Libraries that programs load by name at run time, so no program's headers mention them. Name services, before glibc
 * 2.34.
 */
export const loadedByName: readonly string[] = ["libnss_files.so.2", "libnss_dns.so.2"];

/**
 * Data that these programs look for: what the usual terminals can do (terminfo(5)). Copied from the first folder that
 * has it.
 */
export const terminals = {
  folders: ["/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo"],
  names: [
    "d/dumb",
    "l/linux",
    "s/screen",
    "s/screen-256color",
    "t/tmux-256color",
    "v/vt100",
    "x/xterm",
    "x/xterm-256color",
  ],
} as const;
