// A container in a process of its own: `bun network-worker.ts NETWORK-NAMESPACE STATE ID`. Prints its address, and takes it back when
// stdin ends.

import { makeContainer } from "./network.ts";

const [where = "", state = "", id = ""] = process.argv.slice(2);
const container = await makeContainer(where, state, id, {});
process.stdout.write(`${container.address}\n`);
for await (const _ of Bun.stdin.stream());
await container.stop();
