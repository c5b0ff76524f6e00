// The default profile's tables: every system call of x86_64 and aarch64 stands in one of them, with the reason why it
// is let through, let through to the holder of a capability, or refused. The same calls as in Docker's default profile.

/** System calls (names, separated by blanks) that share a purpose and a fate. */
export interface Group {
  readonly purpose: string;
  readonly why: string;
  readonly calls: string;
}

/** Calls that become available together with a capability. */
export interface Privileged {
  readonly capability: string;
  readonly why: string;
  readonly calls: string;
}

/**
 * What ordinary programs need. The kernel still checks each of them: who owns the file, which user, which namespace.
 * A filter is there for what no ordinary program does.
 */
export const allowed: readonly Group[] = [
  {
    purpose: "reading and writing",
    why: "Works on descriptors that the process already holds; what they reach was decided when they were opened.",
    calls: `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek sendfile copy_file_range splice
      tee vmsplice readahead fadvise64 fallocate ftruncate truncate fsync fdatasync sync syncfs sync_file_range flock
      fcntl ioctl dup dup2 dup3 close close_range pipe pipe2 cachestat`,
  },
  {
    purpose: "files by name",
    why: "The mount namespace and pivot_root decided which names there are; owners and modes decide the rest.",
    calls: `open openat openat2 creat access faccessat faccessat2 stat lstat fstat newfstatat statx statfs fstatfs mkdir
      mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat readlink readlinkat chmod
      fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat umask getcwd chdir fchdir
      getdents getdents64 name_to_handle_at`,
  },
  {
    purpose: "device nodes",
    why: "mkfifo(3) is mknod(2), and so are the nodes in an image. That a made device cannot be opened is the device cgroup's work.",
    calls: "mknod mknodat",
  },
  {
    purpose: "extended attributes",
    why: "tar(1) and package managers keep them; CAP_SETFCAP and the user namespace rule over security.capability.",
    calls: `getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr
      listxattrat removexattr lremovexattr fremovexattr removexattrat`,
  },
  {
    purpose: "watching",
    why: "Waiting for many descriptors, for changes of files, for signals and timers as descriptors. fanotify_mark is of no use without fanotify_init.",
    calls: `select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old
      epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime
      inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark`,
  },
  {
    purpose: "asynchronous input and output",
    why: "The older interface (databases use it) and priorities of input and output. Not io_uring: see there.",
    calls: "io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents ioprio_get ioprio_set",
  },
  {
    purpose: "memory",
    why: "A process's own address space. memfd_secret and mseal only ever take rights away.",
    calls: `brk mmap munmap mremap mprotect msync madvise mincore mlock mlock2 mlockall munlock munlockall
      remap_file_pages membarrier memfd_create memfd_secret mseal map_shadow_stack pkey_alloc pkey_free pkey_mprotect`,
  },
  {
    purpose: "processes",
    why: "Programs start others, wait for them, end. The pid namespace bounds whom they can name. clone(2) has a filter of its own.",
    calls: `fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp setpgid getsid
      setsid set_tid_address restart_syscall prctl pidfd_open pidfd_send_signal process_mrelease`,
  },
  {
    purpose: "debugging",
    why: "A debugger reaches processes of its own pid namespace and user. Before Linux 4.8 a tracer could change a call after the filter had passed it; minidocker needs a newer kernel anyway.",
    calls: "ptrace process_vm_readv process_vm_writev",
  },
  {
    purpose: "threads",
    why: "What a C library's threads, locks and thread-local storage are made of.",
    calls: `futex futex_wait futex_wake futex_waitv futex_requeue set_robust_list get_robust_list rseq set_thread_area
      get_thread_area`,
  },
  {
    purpose: "this machine's own",
    why: "x86: the thread pointer, 16-bit segments for Wine, and where a traced function returns to.",
    calls: "arch_prctl modify_ldt uretprobe",
  },
  {
    purpose: "signals",
    why: "Sending is judged by pid namespace and user.",
    calls: `kill tkill tgkill pause rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo
      rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack`,
  },
  {
    purpose: "time",
    why: "Reading clocks, sleeping, timers. adjtimex also only reads for whoever lacks CAP_SYS_TIME.",
    calls: `time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep alarm getitimer setitimer times
      timer_create timer_settime timer_gettime timer_getoverrun timer_delete adjtimex clock_adjtime`,
  },
  {
    purpose: "scheduling",
    why: "Yielding, affinity, priorities; raising them takes CAP_SYS_NICE.",
    calls: `sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
      sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval getcpu
      getpriority setpriority`,
  },
  {
    purpose: "users and capabilities",
    why: "Servers give up root by these. They can give what the bounding set still holds, and nothing else.",
    calls: `getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid
      setfsuid setfsgid setgroups capget capset`,
  },
  {
    purpose: "limits and information",
    why: "About the process and, within the uts namespace, about the system.",
    calls: "getrlimit setrlimit prlimit64 getrusage sysinfo uname getrandom",
  },
  {
    purpose: "sockets",
    why: "The network namespace decides whom they can reach. socket(2) itself has a filter.",
    calls: `socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt sendto
      sendmsg sendmmsg recvfrom recvmsg recvmmsg`,
  },
  {
    purpose: "System V and POSIX messages, semaphores, memory",
    why: "All of it lives in the ipc namespace, which is the container's own.",
    calls: `shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
      mq_timedsend mq_timedreceive mq_notify mq_getsetattr`,
  },
  {
    purpose: "giving up more rights",
    why: "A program may lock itself in further: another filter on top, Landlock rules. Neither can ever open anything.",
    calls: "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self",
  },
  {
    purpose: "looking at mounts",
    why: "What /proc/self/mountinfo shows too.",
    calls: "statmount listmount",
  },
];

/**
 * The filter opens together with the capability that the kernel asks for anyway; without it there is nothing to gain.
 */
export const privileged: readonly Privileged[] = [
  {
    capability: "CAP_SYS_ADMIN",
    why: "Mounts, namespaces, host names, quotas, watching whole file systems: whoever holds this can undo most of a container.",
    calls: `mount umount2 open_tree move_mount mount_setattr fsopen fsconfig fsmount fspick unshare setns clone clone3
      sethostname setdomainname quotactl quotactl_fd fanotify_init lookup_dcookie bpf perf_event_open syslog
      lsm_get_self_attr lsm_set_self_attr lsm_list_modules`,
  },
  {
    capability: "CAP_SYS_CHROOT",
    why: "Docker's default capabilities include it. A chroot cannot get out of what pivot_root left: there is nothing above.",
    calls: "chroot",
  },
  {
    capability: "CAP_DAC_READ_SEARCH",
    why: "Opens a file by its inode number, past all folders: how a container of 2014 read its host's files (“shocker”).",
    calls: "open_by_handle_at",
  },
  {
    capability: "CAP_SYS_PTRACE",
    why: "Other processes' descriptors, memory and kernel objects.",
    calls: "kcmp pidfd_getfd process_madvise",
  },
  { capability: "CAP_SYS_BOOT", why: "Restarts the machine.", calls: "reboot" },
  { capability: "CAP_SYS_MODULE", why: "Code for the kernel itself.", calls: "init_module finit_module delete_module" },
  { capability: "CAP_SYS_PACCT", why: "A log of every process on the machine.", calls: "acct" },
  { capability: "CAP_SYS_RAWIO", why: "The ports of x86 hardware.", calls: "iopl ioperm" },
  { capability: "CAP_SYS_TIME", why: "The machine's clock has no namespace.", calls: "settimeofday clock_settime" },
  { capability: "CAP_SYS_TTY_CONFIG", why: "Takes a terminal away from everybody.", calls: "vhangup" },
  {
    capability: "CAP_SYS_NICE",
    why: "On which memory node pages lie: of use to databases, and a way to learn about the neighbours.",
    calls: "get_mempolicy set_mempolicy set_mempolicy_home_node mbind",
  },
  { capability: "CAP_SYSLOG", why: "The kernel's log, with its addresses.", calls: "syslog" },
  { capability: "CAP_BPF", why: "Programs that run in the kernel.", calls: "bpf" },
  { capability: "CAP_PERFMON", why: "Counters and traces of the whole machine.", calls: "perf_event_open" },
];

/** Nobody gets these through the default profile, whatever the capabilities. */
export const refused: readonly Group[] = [
  {
    purpose: "io_uring",
    why: "Does the work of most other system calls without making them, so no filter would see it; and it was long the kernel's richest source of exploits.",
    calls: "io_uring_setup io_uring_enter io_uring_register",
  },
  {
    purpose: "keys",
    why: "The kernel's keyrings belong to users, not to namespaces: the container's root would share the host's (CVE-2016-0728 was here).",
    calls: "add_key request_key keyctl",
  },
  {
    purpose: "page faults in user space",
    why: "Stops the kernel in the middle of a copy for as long as one likes, which turned narrow races into certain ones.",
    calls: "userfaultfd",
  },
  {
    purpose: "another root, another kernel",
    why: "Exchanging the root, the kernel or the swap space is the host's business.",
    calls: "pivot_root kexec_load kexec_file_load swapon swapoff",
  },
  {
    purpose: "moving pages between memory nodes",
    why: "Affects every container that shares the pages.",
    calls: "migrate_pages move_pages",
  },
  {
    purpose: "too new",
    why: "Came after the list was made. A list of what is allowed errs on this side: programs take EPERM or ENOSYS and use the older call.",
    calls: "open_tree_attr file_getattr file_setattr uprobe",
  },
  {
    purpose: "too old",
    why: "No program of today needs them; some only remain as numbers.",
    calls: `uselib ustat sysfs _sysctl nfsservctl create_module get_kernel_syms query_module getpmsg putpmsg afs_syscall
      tuxcall security vserver`,
  },
];
