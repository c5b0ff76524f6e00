// What was asked for is not done, for a reason that the user can act on.

export class Refusal extends Error {
  override readonly name = "Refusal";
  /**
   * What minidocker ends with, as Docker: 125 before a container could be started, 126 where its command cannot be
   * executed, 127 where it cannot be found; 1 for a command about an existing container.
   */
  readonly exitCode: number;

  constructor(message: string, exitCode = 125) {
    super(message);
    this.exitCode = exitCode;
  }
}
