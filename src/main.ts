// Where the program starts, and the only place where it ends.

import "./cli/jit.ts";
import { main } from "./cli/main.ts";

void main(process.argv.slice(2)).then((code) => process.exit(code));
