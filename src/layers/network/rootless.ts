// Without root: no link can be made in the host's namespace. pasta(1), an ordinary program of the user's, stands in:
// it makes a link inside the container's namespace, reads what the container sends there, and says it again through
// sockets of its own.

import { ENOENT } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { HostProgramFailed } from "../../core/host-program.ts";
import type { Context } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { extension, type Network, type PublishedPort } from "../../core/spec.ts";
import type { Stage } from "../../stage/stage.ts";
import { nameItself } from "./names.ts";
import { reservePorts } from "./ports.ts";

const howToGet = "install pasta (Debian, Ubuntu, Fedora: the package passt)";

/** Starts pasta for the container, or says what is missing. */
export async function connectByPasta(ctx: Context, { ports }: Network): Promise<void> {
  const { facts, host } = ctx;
  const program = facts.tools["pasta"];
  if (program === undefined) {
    if (ports.length > 0)
      throw new Refusal(`-p needs pasta where minidocker runs without root: ${howToGet}, or run as root`);
    ctx.notice(`no network but loopback: without root it takes pasta: ${howToGet}, or run as root`);
    return;
  }
  if (ports.length > 0) {
    ctx.step("reserve ports");
    // pasta binds them itself, and says little when it cannot
    const sockets = await reservePorts(host, ports);
    for (const it of sockets) await host.close(it);
  }
  ctx.step("start pasta");
  const link = `${facts.stateDir}/containers/${extension(ctx.spec, "id") ?? ""}/netns`;
  ctx.intend({ kind: "pasta", link });
  // pasta watches the folder of the name it was given, and ends when the name is removed: so no pid has to be
  // remembered
  await host.symlinkat(`/proc/${ctx.pid}/ns/net`, AT_FDCWD, link);
  try {
    await ctx.runOnHost(program, pastaArguments(ctx.pid, link, ports));
    await nameItself(host, facts.stateDir, ctx.spec);
  } catch (error) {
    if (!(error instanceof HostProgramFailed)) throw error;
    // what nobody asked for is not worth a failure; a published port that does not answer is
    if (ports.length > 0)
      throw new Refusal(`-p needs pasta where minidocker runs without root, and ${reasonOf(error)}`);
    ctx.notice(`no network but loopback: ${reasonOf(error)}`);
  }
}

/** What it complained of, without its trouble with syslog. */
function reasonOf({ said }: HostProgramFailed): string {
  const complaints = said.filter((line) => !line.includes("syslog"));
  const tun = complaints.some((line) => line.includes("tun")) ? " (/dev/net/tun has to be there, and open to you)" : "";
  return `pasta failed: ${complaints.join("; ") || "it did not say why"}${tun}`;
}

/** Each default of pasta's that would connect more than was asked for is switched off. */
function pastaArguments(pid: number, link: string, ports: readonly PublishedPort[]): string[] {
  const published = ports.flatMap(({ address, host, container, protocol }) => [
    protocol === "tcp" ? "-t" : "-u",
    `${address === undefined ? "" : `${address}/`}${host}:${container}`,
  ]);
  const none = (["-t", "-u"] as const).flatMap((it) => (published.includes(it) ? [] : [it, "none"]));
  return [
    "pasta",
    "--config-net",
    "--quiet",
    "--ns-ifname",
    "eth0",
    ...published,
    ...none,
    // else ports that the host listens on at 127.0.0.1 would answer inside
    ...["-T", "none", "-U", "none"],
    // else the gateway's address would mean the host's 127.0.0.1
    "--no-map-gw",
    ...["--userns", `/proc/${pid}/ns/user`],
    ...["--netns", link],
  ];
}

export async function stopPasta(host: Stage, link: string): Promise<void> {
  await host.unlinkat(AT_FDCWD, link, 0, { tolerate: [ENOENT] });
}
