// What somebody who mistyped a word may have meant.

/** The candidate that is fewest slips away from `word`, or undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const it of candidates) {
    const count = slips(word, it);
    if (count >= least) continue;
    best = it;
    least = count;
  }
  return best ?? (word.length > 2 ? candidates.find((it) => it.startsWith(word)) : undefined);
}

/**
 * How many letters are missing, too many, wrong, or swapped with their neighbour (the restricted
 * Damerau–Levenshtein distance).
 */
export function slips(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const wrong = from[i - 1] === to[j - 1] ? 0 : 1;
      let count = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + wrong);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) count = Math.min(count, (before[j - 2] as number) + 1);
      row.push(count);
    }
    before = above;
    above = row;
  }
  return above[to.length] as number;
}
