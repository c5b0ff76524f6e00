// What was asked for is not done, for a reason that the user can act on.

export { Refusal } from "../core/refusal.ts";

/** The errno's name of a failed file operation (`ENOENT`), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
