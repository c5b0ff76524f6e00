// How phases talk to each other: what one leaves in a slot, later ones find there.

export class Slot<T> {
  readonly #what: string;
  readonly #phase: string;
  readonly #left = new WeakMap<object, T>();

  /** `what` is left there, by which `phase`: both are told when it is missing. */
  constructor(what: string, phase: string) {
    this.#what = what;
    this.#phase = phase;
  }

  /** `ctx` is the Context that both have: each container's slots are its own. */
  leave(ctx: object, it: T): void {
    this.#left.set(ctx, it);
  }

  /** What was left. Throws if nothing was: then the phases are in a wrong order. */
  of(ctx: object): T {
    const it = this.find(ctx);
    if (it === undefined) throw new Error(`${this.#phase} should have left ${this.#what} by now`);
    return it;
  }

  /** The same for what not every container has. */
  find(ctx: object): T | undefined {
    return this.#left.get(ctx);
  }
}
