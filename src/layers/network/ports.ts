// Published ports are held by sockets of the host stage: bound, never listening. So a second container, or any
// program of the host, that wants the same port is told so at once, and the port is free again when the supervisor
// has ended, however it ended. No packet arrives at these sockets: the redirection takes place before the kernel
// looks for one.

import { EACCES, EADDRINUSE, EADDRNOTAVAIL } from "../../abi/errno.ts";
import { sockaddrIn } from "../../abi/inet.ts";
import { AF_INET, SO_REUSEADDR, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from "../../abi/socket.ts";
import { Refusal } from "../../core/refusal.ts";
import type { PublishedPort } from "../../core/spec.ts";
import { Memory, type Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

/** Queues the reservation of each port; one that is in use fails with a message that says what to do. */
export async function reservePorts(host: Stage, ports: readonly PublishedPort[]): Promise<Result[]> {
  const sockets: Result[] = [];
  for (const port of ports) sockets.push(await reserve(host, port));
  return sockets;
}

async function reserve(host: Stage, { address = "0.0.0.0", host: number, protocol }: PublishedPort): Promise<Result> {
  if (address.includes(":")) {
    throw new Refusal(
      `-p [${address}]:${number}: ports are published on IPv4 addresses only: leave the address out, or name one of those`,
    );
  }
  const type = protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  const socket = await host.socket(AF_INET, type | SOCK_CLOEXEC, 0);
  // connections of a server that has just ended still hold the port for a minute (TIME_WAIT), which should keep
  // nobody away; but once it is ours nobody may share it: socket(7)
  if (protocol === "tcp") await reuse(host, socket, true);
  const memory = new Memory(sockaddrIn(address, number));
  const text = `{AF_INET, sin_addr=${address}, sin_port=${number}}`;
  await host.bind(socket, { memory, text }, memory.size, { cause: causes(address, number, protocol) });
  if (protocol === "tcp") await reuse(host, socket, false);
  return socket;
}

async function reuse(host: Stage, socket: Result, on: boolean): Promise<void> {
  await host.setsockopt_SOL_SOCKET(socket, SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0, 4);
}

function causes(address: string, number: number, protocol: "tcp" | "udp"): Record<number, string> {
  const where = address === "0.0.0.0" ? "on the host" : `on ${address}`;
  const list = protocol === "tcp" ? "ss -lntp" : "ss -lnup";
  return {
    [EADDRINUSE]: `port ${number}/${protocol} is in use ${where}, by another container or program (${list} shows programs): publish another one`,
    [EADDRNOTAVAIL]: `${address} is not an address of this host: ip address shows those`,
    [EACCES]: `port ${number} is reserved for root: publish one from 1024 on, or lower net.ipv4.ip_unprivileged_port_start`,
  };
}
