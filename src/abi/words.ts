/** The words of a table, whatever blanks are between them. No regular expression: these tables are read at every start. */
export const words = (text: string): string[] =>
  text
    .replaceAll("\n", " ")
    .split(" ")
    .filter((it) => it !== "");
