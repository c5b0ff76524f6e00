// The seven, in their order. Each presupposes the ones before it, and some of them could not come later:
// pivot_root needs a capability that is about to be dropped, a filter may forbid what set-up still needs.

import type { Layer } from "../core/layer.ts";
import { capabilities } from "./capabilities.ts";
import { cgroups } from "./cgroups/index.ts";
import { namespaces } from "./namespaces.ts";
import { network } from "./network/index.ts";
import { noNewPrivs } from "./no-new-privs.ts";
import { overlay } from "./overlay/index.ts";
import { seccomp } from "./seccomp/index.ts";

export const layers: readonly Layer[] = [namespaces, cgroups, overlay, network, capabilities, noNewPrivs, seccomp];
