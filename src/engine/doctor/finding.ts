// What the doctor finds.

export interface Finding {
  /** Stable: `namespaces.pid`. */
  readonly id: string;
  readonly title: string;
  /** `limited`: containers can run, but without something. `no`: none can. */
  readonly verdict: "yes" | "limited" | "no";
  /** What was seen, or what was tried and how it went. */
  readonly saw: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** How it all adds up: the worst of them. */
export function overall(findings: readonly Finding[]): Finding["verdict"] {
  const verdicts = findings.map((it) => it.verdict);
  return (["no", "limited"] as const).find((it) => verdicts.includes(it)) ?? "yes";
}
