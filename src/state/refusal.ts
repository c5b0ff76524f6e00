// What was asked for is not done, for a reason that the user can act on.

export class Refusal extends Error {
  override readonly name = "Refusal";
  /**
   * What minidocker ends with: 125 before a container could be started, 1 for a command about an existing one, as
   * Docker.
   */
  readonly exitCode: number;

  constructor(message: string, exitCode = 125) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The errno's name of a failed file operation (`ENOENT`), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
