// How sets of capabilities are judged, from the text that the kernel shows.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { View } from "../../src/core/view.ts";
import { capabilities } from "../../src/layers/capabilities.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let proc = "";
beforeAll(() => {
  proc = temporaryFolder();
});
afterAll(() => removeFolder(proc));

/** Id → verdict and what was seen, of a process with these sets. */
function judged(bounding: string, effective = bounding): Record<string, string> {
  const [none, bnd, eff] = ["0", bounding, effective].map((it) => it.padStart(16, "0"));
  mkdirSync(`${proc}/7`, { recursive: true });
  writeFileSync(
    `${proc}/7/status`,
    `CapInh:\t${none}\nCapPrm:\t${eff}\nCapEff:\t${eff}\nCapBnd:\t${bnd}\nCapAmb:\t${none}\n`,
  );
  const checks = capabilities.verify(new View(7, proc));
  return Object.fromEntries(
    checks.map(({ id, verdict, saw }) => [id.replace("capabilities.", ""), `${verdict}: ${saw}`]),
  );
}

describe("verify", () => {
  test("finds Docker's fourteen in order", () => {
    expect(judged("a80425fb")).toEqual({
      bounding: "yes: CapBnd: 00000000a80425fb",
      permitted: "yes: CapPrm: 00000000a80425fb",
      effective: "yes: CapEff: 00000000a80425fb",
      inherited: "yes: CapInh: 0000000000000000, CapAmb: 0000000000000000",
    });
  });

  test("does not vouch for a capability of a newer kernel, whose meaning it does not know", () => {
    const { bounding, effective } = judged("200a80425fb");
    expect(bounding).toBe("no: CapBnd: 00000200a80425fb, with some that have no name here: 0000020000000000");
    expect(effective).toBe("no: CapEff: 00000200a80425fb");
    expect(judged("200a80425fb", "0")["effective"]).toStartWith("yes");
  });
});
