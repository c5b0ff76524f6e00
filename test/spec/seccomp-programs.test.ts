// Programs under the filter: it comes with execve, ordinary programs do not notice it, and other ways into the kernel
// are no way around it.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { PR_SET_NO_NEW_PRIVS } from "../../src/abi/prctl.ts";
import { CLONE_NEWNS, CLONE_NEWUTS } from "../../src/abi/sched.ts";
import { findFacts } from "../../src/core/find-facts.ts";
import type { Seccomp } from "../../src/core/spec.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { defaultProfile } from "../../src/layers/seccomp/profile.ts";
import { no32BitCalls } from "../../src/probes/unavailable.ts";
import { defaultCapabilities, loadFilter } from "../harness/filter.ts";
import { ending, rawStages } from "../harness/raw.ts";
import { isRoot, rootTest, skipUnless } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const rawStage = rawStages();
const run = stages();
const arch = run.session.arch;
const usual = defaultProfile(defaultCapabilities, arch);

let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

/** How `argv` ends when a stage becomes it, with the filter of `profile` loaded in the frame of the execve. */
async function become(argv: readonly string[], profile: Seccomp | undefined): Promise<string> {
  const host = await run.host();
  const { stage, pid } = await rawStage(host, CLONE_NEWNS | CLONE_NEWUTS);
  await stage.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  await loadFilter(stage, profile);
  await stage.execve(argv[0] as string, argv, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]);
  stage.flush();
  return await ending(host, pid);
}

/** What a shell script prints under the default profile; throws unless it exits with 0. */
async function script(text: string): Promise<string> {
  const out = `${folder}/out`;
  const ended = await become(["/bin/sh", "-c", `exec >${out} 2>&1; cd ${folder}; ${text}`], usual);
  const printed = readFileSync(out, "utf8");
  if (ended !== "exit 0") throw new Error(`${text}: ${ended}: ${printed}`);
  return printed;
}

describe("the filter and execve", () => {
  rootTest("travel in one frame: a profile that forbids the stage to receive still starts the program", async () => {
    const profile: Seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["recvmsg", "sendto"], action: "SCMP_ACT_KILL_PROCESS" }],
    };
    expect(await become(["/bin/sh", "-c", "exit 7"], profile)).toBe("exit 7");
  });

  rootTest(
    "travel in one frame, however long the filter: 4,000 of the 4,096 instructions that the kernel takes",
    async () => {
      const values = Array.from({ length: 3975 }, (_, value) => ({ index: 0, value, op: "SCMP_CMP_EQ" as const }));
      const rules = values.map((it) => ({ names: ["getppid"], action: "SCMP_ACT_ERRNO", args: [it] }));
      const profile: Seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [...rules, { names: ["recvmsg"], action: "SCMP_ACT_KILL_PROCESS" }],
      };
      expect(compile(profile, arch).length / 8).toBeWithin(4000, 4097);
      expect(await become(["/bin/sh", "-c", "exit 7"], profile)).toBe("exit 7");
    },
  );

  rootTest("the program and its children have the filter, and cannot take it off", async () => {
    const printed = await script("grep -h ^Seccomp /proc/self/status; sh -c 'grep ^Seccomp: /proc/self/status'");
    expect(printed.replaceAll("\t", "").split("\n")).toEqual(["Seccomp:2", "Seccomp_filters:1", "Seccomp:2", ""]);
  });

  rootTest("a profile that forbids execve is an error of execve, with its errno", async () => {
    const profile: Seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["execve"], action: "SCMP_ACT_ERRNO" }],
    };
    const failing = become(["/bin/true"], profile);
    expect(failing).rejects.toThrow(
      'execve("/bin/true", ["/bin/true"], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]) = EPERM',
    );
  });
});

describe("ordinary programs work under the default profile", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["cat", "echo one > a; cat a a", "one\none\n"],
    ["cp, mv, ln, rm", "echo x > b; cp -a b c; mv c d; ln d e; ln -s e f; cat f; rm b d e f", "x\n"],
    ["sort, in several threads", "seq 200000 | sort --parallel=2 -S 1M -rn -T . | head -n 1; true", "200000\n"],
    [
      "tail -f",
      "echo here > log; (sleep 0.1; echo more >> log) & timeout 0.4 tail -f log; echo $?; rm log",
      "here\nmore\n124\n",
    ],
    ["pipes, subshells, wait", "(sleep 0.01; echo late) & wait; echo a | tr a b | (cat)", "late\nb\n"],
    [
      "mkdir, find, stat, chmod, chown",
      "mkdir -p g/h; chmod 750 g; chown 1:1 g; find g; stat -c %a:%u g; rm -r g",
      "g\ng/h\n750:1\n",
    ],
    ["mkfifo and mknod", "mkfifo p; echo through > p & cat p; wait; rm p", "through\n"],
    [
      "tar with attributes",
      "mkdir t; echo z > t/z; tar --xattrs -cf t.tar t; rm -r t; tar -xf t.tar; cat t/z; rm -r t t.tar",
      "z\n",
    ],
    [
      "date, id, hostname, nproc, ulimit",
      "date +%Y >/dev/null && id -u && hostname >/dev/null && nproc >/dev/null && ulimit -n 64 && ulimit -n",
      "0\n64\n",
    ],
    [
      "nice, timeout, kill, trap",
      "trap 'echo caught' USR1; kill -USR1 $$; nice true; timeout 5 echo done",
      "caught\ndone\n",
    ],
    [
      "dd, truncate, sync of a file",
      "dd if=/dev/zero of=s bs=4k count=2 conv=fsync 2>/dev/null; truncate -s 9 s; wc -c < s; rm s",
      "9\n",
    ],
    ["chroot, which is among Docker's capabilities", "chroot / echo in", "in\n"],
    ["setpriv: another user", "setpriv --reuid 1234 --regid 1234 --clear-groups id -u", "1234\n"],
    [
      "flock, mktemp, readlink",
      "flock s.lock readlink -f . >/dev/null; f=$(mktemp -p .); rm $f s.lock; echo ok",
      "ok\n",
    ],
  ];
  for (const [name, text, printed] of cases) {
    rootTest(name, async () => expect(await script(text)).toBe(printed));
  }

  rootTest("a JavaScript engine, with its threads, its timers and its own memory management", async () => {
    const text =
      "await Promise.all([1,2].map(n=>new Promise(r=>setTimeout(r,n))));console.log((await Bun.$`echo sub`.text()).trim())";
    expect(await script(`${process.execPath} -e '${text}'`)).toBe("sub\n");
  });

  rootTest("what needs a namespace of its own is refused, with EPERM", async () => {
    const attempts = "for it in 'unshare -U true' 'unshare -m true' 'mount -t tmpfs x .' 'hostname x'";
    expect(await script(`${attempts}; do $it 2>/dev/null; echo $?; done`)).toBe("1\n1\n32\n1\n");
    expect(await become(["/usr/bin/unshare", "-U", "true"], undefined)).toBe("exit 0");
  });
});

/** An x86-64 program of 150 bytes, written by hand: makes one call and exits with its errno (0 if it succeeded). */
function tinyProgram(name: string, number: number, entry: readonly number[]): string {
  const code = new Uint8Array([
    ...[0xb8, number & 0xff, (number >> 8) & 0xff, (number >> 16) & 0xff, number >>> 24], // mov eax, number
    ...entry,
    ...[0xf7, 0xd8], // neg eax
    ...[0xba, 0xff, 0x0f, 0, 0, 0x39, 0xd0, 0x19, 0xc9, 0x21, 0xc8], // mov edx, 4095; cmp eax, edx; sbb ecx, ecx; and eax, ecx
    ...[0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05], // mov edi, eax; mov eax, exit; syscall
  ]);
  const head = new DataView(new ArrayBuffer(120));
  const base = 0x400000;
  head.setUint32(0, 0x7f454c46); // an ELF file
  head.setUint32(4, 0x02010100); // of 64 bits, little-endian
  head.setUint16(16, 2, true); // an executable
  head.setUint16(18, 62, true); // for x86-64
  head.setUint32(20, 1, true);
  head.setBigUint64(24, BigInt(base + 120), true); // begins behind this head
  head.setBigUint64(32, 64n, true); // one program header, right here
  head.setUint16(52, 64, true);
  head.setUint16(54, 56, true);
  head.setUint16(56, 1, true);
  head.setUint32(64, 1, true); // load the file
  head.setUint32(68, 5, true); // readable, executable
  head.setBigUint64(80, BigInt(base), true);
  head.setBigUint64(96, BigInt(120 + code.length), true);
  head.setBigUint64(104, BigInt(120 + code.length), true);
  const path = `${folder}/${name}`;
  writeFileSync(path, Buffer.concat([new Uint8Array(head.buffer), code]));
  chmodSync(path, 0o755);
  return path;
}

describe("other ways into the kernel", () => {
  const int80 = [0xcd, 0x80];
  const syscall = [0x0f, 0x05];
  const x86Test = skipUnless(isRoot && arch === "x86_64", "needs root on x86-64", { expected: arch !== "x86_64" });
  const without = arch === "x86_64" ? no32BitCalls(findFacts({ state: "/", data: "/" })) : undefined;
  const int80Test = without === undefined ? x86Test : skipUnless(false, without, { expected: true });
  const native: Seccomp = { ...usual, architectures: ["SCMP_ARCH_X86_64"] };

  int80Test("int 0x80: without a filter, a 32-bit getpid works in a 64-bit program", async () => {
    expect(await become([tinyProgram("getpid32", 20, int80)], undefined)).toBe("exit 0");
  });

  int80Test("int 0x80: a filter that knew only the numbers would take 32-bit keyctl (288) for accept4", async () => {
    const keyctl = tinyProgram("keyctl32", 288, int80);
    expect(await become([keyctl], undefined)).not.toBe("exit 1");
    expect(await become([keyctl], usual)).toBe("exit 1"); // EPERM
    expect(await become([tinyProgram("accept4", 288, syscall)], usual)).toBe("exit 88"); // ENOTSOCK: it was made
  });

  int80Test("int 0x80: every 32-bit call is refused, harmless ones too", async () => {
    expect(await become([tinyProgram("getpid32", 20, int80)], usual)).toBe("exit 1");
  });

  int80Test("int 0x80: kills where the profile does not list the architecture", async () => {
    expect(await become([tinyProgram("getpid32", 20, int80)], native)).toBe("signal 31");
    expect(await become([tinyProgram("getpid", 39, syscall)], native)).toBe("exit 0");
  });

  x86Test("x32: refused where the profile lists it, else killed", async () => {
    const getpid = tinyProgram("getpidx32", 0x40000000 + 39, syscall);
    expect(await become([getpid], usual)).toBe("exit 1");
    expect(await become([getpid], native)).toBe("signal 31");
  });
});
