// Where the program starts, and the only place where it ends.

import { main } from "./cli/main.ts";

// no `await` here: the release build is bytecode, which has none at the top
void main(process.argv.slice(2)).then((code) => process.exit(code));
