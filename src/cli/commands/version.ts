// version: which minidocker this is, and what it runs on.

import { release } from "node:os";
import { version } from "../../../package.json" with { type: "json" };
import { defineCommand } from "../command.ts";
import { jsonOption, print, printJson } from "../output.ts";

/** The version of the OCI runtime specification that configurations are written in. */
const OCI = "1.2.0";

export const command = defineCommand({
  name: "version",
  summary: "show the version",
  options: [jsonOption],
  anywhere: true,
  examples: [{ command: "minidocker version", text: "also: minidocker --version" }],
  run({ values }) {
    const versions = {
      minidocker: version,
      oci: OCI,
      bun: Bun.version,
      kernel: release(),
      platform: process.platform,
      arch: process.arch,
    };
    if (values.json) printJson(versions);
    else {
      const rows = [
        ["minidocker", version],
        ["OCI specification", OCI],
        ["Bun", Bun.version],
        ["Kernel", `${versions.kernel} (${versions.platform}, ${versions.arch})`],
      ];
      print(rows.map(([name = "", value]) => `${name.padEnd(20)}${value}\n`).join(""));
    }
    return 0;
  },
});
