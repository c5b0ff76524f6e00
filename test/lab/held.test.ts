// Held containers once more, where cgroups are v2.

import { runInside } from "./inside.ts";

await runInside(["test/spec/held.test.ts", "test/spec/held-scripts.test.ts"]);
