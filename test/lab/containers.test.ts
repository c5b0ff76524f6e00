// Whole containers once more, where cgroups are v2 and the machine is another one: tests of test/spec that run `minidocker`.

import { runInside } from "./inside.ts";

await runInside(["test/spec/run-options.test.ts", "test/spec/commands.test.ts", "test/spec/doctor.test.ts"], {
  cannot: { "published ports": "user-mode-linux has no chains of type nat in nf_tables" },
});
