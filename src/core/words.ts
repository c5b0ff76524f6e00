// The words of a command line, as a shell has them.

/** As one word for a shell, in quotes where it needs them. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Blanks part words, quotes hold them together; nothing else means anything. Undefined where a quote is not closed. */
export function splitWords(text: string): string[] | undefined {
  const pieces = /(?:[^\s"']|"[^"]*"|'[^']*')+/g;
  if (text.replace(pieces, "").trim() !== "") return undefined;
  return (text.match(pieces) ?? []).map((it) => it.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
