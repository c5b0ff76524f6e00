// The doctor tries things, tells what this process may not do, and leaves nothing behind.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Finding } from "../../src/engine/doctor/finding.ts";
import { overall } from "../../src/engine/doctor/finding.ts";
import { lookAtBun, lookAtSystem } from "../../src/engine/doctor/ground.ts";
import { privateHost } from "../harness/private-host.ts";
import { isRoot, rootTest, skipUnless } from "../harness/skip.ts";

const host = privateHost();
const program = [process.execPath, join(import.meta.dir, "../../src/main.ts")];

const rootWith = (name: string) => skipUnless(isRoot && Bun.which(name), `needs root and ${name}`);

interface Diagnosis {
  readonly code: number;
  readonly verdicts: Readonly<Record<string, Finding["verdict"]>>;
  readonly findings: readonly Finding[];
}

function read({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }): Diagnosis {
  expect(stderr).toBe("");
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return { code, findings, verdicts: Object.fromEntries(findings.map((it) => [it.id, it.verdict])) };
}

const namespaces = ["user", "mount", "pid", "uts", "ipc", "network"].map((it) => `namespaces.${it}`);

rootTest("root can make every namespace, an overlay, a cgroup and a filter", async () => {
  const { code, verdicts } = read(await host.minidocker(["doctor", "--json"]));
  for (const id of [...namespaces, "overlay", "seccomp", "cgroups"]) expect(verdicts[id], id).toBe("yes");
  expect(code).toBe(Object.values(verdicts).includes("limited") ? 2 : 0);
});

rootTest("so can an ordinary user, except for cgroups of version 1", async () => {
  const { code, verdicts } = read(await host.minidocker(["doctor", "--json"], { rootless: true }));
  for (const id of [...namespaces, "overlay", "seccomp"]) expect(verdicts[id], id).toBe("yes");
  expect([0, 2]).toContain(code);
  expect(verdicts["rootless.ids"]).toBeDefined();
});

rootWith("setpriv")("root without CAP_SYS_ADMIN cannot, and is told what to do", async () => {
  const run = host.start(["setpriv", "--bounding-set", "-sys_admin", ...program, "doctor", "--json"]);
  const { code, verdicts, findings } = read(await run.outcome);
  expect(code).toBe(1);
  for (const id of namespaces.slice(1)) expect(verdicts[id], id).toBe("no");
  const pid = findings.find((it) => it.id === "namespaces.pid");
  expect(pid?.saw).toBe("clone3 = EPERM");
  expect(pid?.remedy).toContain("root lacks CAP_SYS_ADMIN");
});

rootWith("unshare")("the switch that forbids user namespaces is named", async () => {
  // the limit is each user namespace's own, so this one concerns nobody else
  const script = `echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"`;
  const run = host.start([
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    script,
    "sh",
    ...program,
    "doctor",
    "--json",
  ]);
  const { findings } = read(await run.outcome);
  const user = findings.find((it) => it.id === "namespaces.user");
  expect(user?.verdict).toBe("limited");
  expect(user?.saw).toBe("clone3 = ENOSPC; user.max_user_namespaces is 0");
  expect(user?.remedy).toContain("sysctl -w user.max_user_namespaces=");
});

rootTest("without a stage nothing is tried", async () => {
  const env = { MINIDOCKER_STAGE: "/nowhere/stage" };
  const { code, verdicts, findings } = read(await host.minidocker(["doctor", "--json"], { env }));
  expect(code).toBe(1);
  expect(verdicts["stage"]).toBe("no");
  expect(findings.find((it) => it.id === "stage")?.remedy).toContain("npm run postinstall");
  expect(verdicts["namespaces.pid"]).toBeUndefined();
});

describe("what is only looked at", () => {
  test("another system has no containers", () => {
    expect(lookAtSystem("darwin")).toMatchObject({ verdict: "no", saw: "this is darwin" });
    expect(lookAtSystem().verdict).not.toBe("no");
  });

  test("an older Bun than the tests use is a limit", () => {
    expect(lookAtBun("1.0.0").verdict).toBe("limited");
    expect(lookAtBun("99.0.0").verdict).toBe("yes");
  });

  test("the whole is as bad as its worst part", () => {
    const of = (...verdicts: Finding["verdict"][]) =>
      overall(verdicts.map((verdict) => ({ id: "", title: "", verdict, saw: "" })));
    expect([of("yes", "yes"), of("yes", "limited"), of("limited", "no", "yes")]).toEqual(["yes", "limited", "no"]);
  });
});
