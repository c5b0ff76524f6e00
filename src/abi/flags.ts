// How sets of flags are printed: `MS_REC|MS_PRIVATE`, as strace(1) does. The tables are the constants' own files.

export type FlagTable = Readonly<Record<string, number>>;

/** Names of the bits in `value`, widest first; what has no name is printed in hexadecimal. */
export function showFlags(table: FlagTable, value: number | bigint): string {
  let rest = BigInt(value);
  if (rest === 0n) return "0";
  const names: string[] = [];
  const rows = Object.entries(table).sort(([, a], [, b]) => b - a);
  for (const [name, bits] of rows) {
    const flag = BigInt(bits);
    if (flag === 0n || (rest & flag) !== flag) continue;
    names.push(name);
    rest &= ~flag;
  }
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.reverse().join("|");
}

/** The name of the one constant that is equal to `value`. */
export function showOneOf(table: FlagTable, value: number | bigint): string {
  const found = Object.entries(table).find(([, it]) => BigInt(it) === BigInt(value));
  return found === undefined ? String(value) : found[0];
}
