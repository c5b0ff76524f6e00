// Reads the report that `bun test --reporter=junit` writes: which tests there were, and how each ended.

export interface TestCase {
  /** With the names of the groups around it: `wire > a frame is 24 bytes`. */
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The test cases of a report, in order. `todo` counts as skipped. */
export function readJUnit(xml: string): TestCase[] {
  return [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(([, attributes = "", body = ""]) => {
    const groups = attribute(attributes, "classname");
    const name = attribute(attributes, "name");
    return {
      name: groups === "" ? name : `${groups} > ${name}`,
      outcome: /^\s*<skipped/.test(body) ? "skipped" : /^\s*<(failure|error)/.test(body) ? "failed" : "passed",
    };
  });
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return decodeEntities(value);
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, word: string) =>
    code === undefined ? (entities[word] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
