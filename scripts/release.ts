// Where the release starts. It differs from the program only in how it is cut: what `run` needs comes in one piece with the beginning,
// for finding fifty small ones takes a twentieth of a container's time (docs/performance.md).

import "../src/cli/jit.ts";
import "../src/engine/run.ts";
import "../src/cli/commands/run.ts";
import "../src/main.ts";
