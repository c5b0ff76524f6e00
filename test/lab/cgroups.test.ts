// cgroup v2, in a kernel that has it.

import { runInside } from "./inside.ts";

await runInside(["test/spec/cgroups.test.ts", "test/spec/cgroups-calls.test.ts", "test/lab/inside/cgroups-v2.ts"]);
