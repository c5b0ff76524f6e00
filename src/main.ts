// Where the program starts, and the only place where it ends.

import { main } from "./cli/main.ts";

process.exit(await main(process.argv.slice(2)));
