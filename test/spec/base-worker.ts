// Another minidocker process that needs `base`: prints the root file system that it got.

import { baseImage } from "../../src/images/base.ts";
import { openPaths } from "../../src/state/paths.ts";

console.log((await baseImage(openPaths())).lower[0]);
