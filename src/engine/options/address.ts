// IP addresses as text, checked as strictly as inet_pton(3) does. node:net would do it, at some milliseconds' cost.

export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((it) => /^(0|[1-9]\d{0,2})$/.test(it) && Number(it) <= 255);
}

export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1);
  const embedded = last?.includes(".") === true && !text.endsWith("::");
  if (embedded && !isIpv4(last as string)) return false;
  const plain = embedded ? groups.slice(0, -1) : groups;
  if (!plain.every((it) => /^[0-9a-f]{1,4}$/i.test(it))) return false;
  const count = plain.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}
