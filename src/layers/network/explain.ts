// What the network layer does, in words. The steps are those that `apply` names.

import type { Explanation } from "../../core/layer.ts";

const about = `
Before this layer, a process in a new network namespace is alone in the dark: the kernel has given it one
link, \`lo\`, and left it down. There is no address, no route, no rule, and not even 127.0.0.1 answers.

A network namespace is a second, empty copy of everything that the kernel keeps for networking: links,
addresses, routes, packet rules, ports, abstract unix sockets. A link is in exactly one of them. So nothing
has to be hidden from the container; the host's links simply are elsewhere. To be reached, it needs a link
with an end in each namespace, and that is what a *veth pair* is: a cable. The host's end is plugged into a
*bridge*, which is a switch made of software.

All of this is done by messages to the kernel (netlink), the ones that \`ip\` and \`nft\` send, too.

**Not isolated by this**: the containers on the bridge reach each other on every port, and they reach every
service of the host that listens on all addresses. Unix sockets that are files follow the file system, not the
network.`;

const steps: Readonly<Record<string, string>> = {
  "reserve ports": `
For each published port a socket of the host is bound to it, and never listens. It does nothing but hold the
place: another container, or any program of the host, that wants the same port is told \`EADDRINUSE\`. It
comes first because it is what most often fails, and nothing has to be taken back then. When the supervisor
ends, however that happens, the kernel frees the port.`,
  "find or make the bridge": `
The bridge \`minidocker0\` is made for the first container and removed after the last. The kernel decides who
makes it: \`NLM_F_EXCL\` lets exactly one creator win. Its range of addresses must not be routed anywhere yet,
so the host's routes are looked through first. Being up is the last thing that happens to it, so a bridge that
is up is complete.`,
  "lease an address": `
Two containers with one address would receive each other's answers, some of the time. A lease is a folder
named after the address, put there by \`rename\`, which succeeds for one caller only and refuses while somebody is in it. No lock is held
while a decision is made, so a container that is stepped through keeps nobody waiting.`,
  "plug in a cable": `
One message makes both ends: one here, with the bridge as its master, and one born inside the container's
namespace as \`eth0\`. From this moment on it is the only way between the two. When the namespace ends, its
end of the cable does, and a cable has two ends or none.`,
  "set the packet rules": `
One table for this container, made in a single transaction: there is no moment with half of the rules.
*disguise* lets it speak to the outside in the host's name (masquerade), because nobody out there knows its
address. *admit* drops what comes from outside unasked. For published ports, *publish* rewrites the
destination of packets that are addressed to this host: to this host only, or every connection to port 80 that
merely passes through would end up in the container. *guard* keeps whoever is on the bridge away from the
host's own 127.0.0.1, which the redirection from 127.0.0.1 would otherwise open up (CVE-2020-8558); the setting
that this takes is the whole bridge's, so every container has the rule, published ports or not. Only after this
may the host pass packets on (\`ip_forward\`).`,
  "tell the names": `
Containers find each other by name in \`/etc/hosts\`: files of the host, mounted into each container. They are
rewritten in place, because a new file would not be the one that is mounted. Nobody waits for one: a container
owns its file and could hold a lease on it, and then it goes without the new names.`,
  "raise lo": `
Every network namespace has a loopback link of its own, and it is born down. Raising it gives it 127.0.0.1 and
::1. What listens on the host's 127.0.0.1 is on another link, in another namespace, out of reach.`,
  "configure eth0": `
This happens inside: the init stage, in its own namespace, gives its end of the cable the address and raises
it. The default route says that whatever is not on the bridge itself goes to the bridge's address, where the
host takes over.`,
  "start pasta": `
Without root, nobody may make a link in the host's namespace. The program pasta makes one inside the
container's namespace instead, where its user is root, and repeats in the host's namespace, with ordinary
sockets, what the container says there. What it would connect by default is switched off: the host's 127.0.0.1
stays out of reach, and ports go through only where they were published.`,
};

export const explain: Explanation = {
  about: about.trim(),
  steps: Object.fromEntries(Object.entries(steps).map(([name, text]) => [name, text.trim().replaceAll("\n", " ")])),
};
