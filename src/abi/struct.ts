// C structures as tables: one description encodes, decodes, sizes, and prints (the trace uses the same table).

export type FieldType = "u8" | "u16" | "u32" | "u64" | "i32" | "i64";

const sizes: Record<FieldType, number> = { u8: 1, u16: 2, u32: 4, u64: 8, i32: 4, i64: 8 };

export type Fields = Readonly<Record<string, FieldType | readonly [FieldType, number]>>;

/** Values by field name; an absent field is 0, an array field takes a list. */
export type Values<F extends Fields> = { readonly [K in keyof F]?: number | bigint | readonly (number | bigint)[] };

/** What decoding yields: 64-bit fields as bigint, the rest as number, arrays as lists. */
export type Decoded<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends "u64" | "i64" ? bigint : F[K] extends FieldType ? number : readonly number[];
};

interface Placed {
  readonly name: string;
  readonly type: FieldType;
  readonly count: number | undefined;
  readonly offset: number;
}

interface Layout {
  readonly placed: readonly Placed[];
  readonly size: number;
}

function layOut(fields: Fields, packed: boolean): Layout {
  let offset = 0;
  let widest = 1;
  const placed: Placed[] = [];
  for (const [name, shape] of Object.entries(fields)) {
    const [type, count] = typeof shape === "string" ? [shape, undefined] : shape;
    const size = sizes[type];
    widest = Math.max(widest, size);
    if (!packed) offset = align(offset, size);
    placed.push({ name, type, count, offset });
    offset += size * (count ?? 1);
  }
  return { placed, size: packed ? offset : align(offset, widest) };
}

/** A structure of the kernel's ABI, little-endian, with C's natural alignment, or without gaps where C says `packed`. */
export class Struct<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  readonly #packed: boolean;
  #layout: Layout | undefined;

  constructor(name: string, fields: F, { packed = false } = {}) {
    this.name = name;
    this.fields = fields;
    this.#packed = packed;
  }

  /** In bytes. */
  get size(): number {
    return this.#laidOut.size;
  }

  // There are many structures, and a command needs a few.
  get #laidOut(): Layout {
    this.#layout ??= layOut(this.fields, this.#packed);
    return this.#layout;
  }

  get #placed(): readonly Placed[] {
    return this.#laidOut.placed;
  }

  /** Byte offset of `field`. */
  offsetOf(field: keyof F & string): number {
    const found = this.#placed.find((it) => it.name === field);
    if (found === undefined) throw new Error(`struct ${this.name} has no field ${field}`);
    return found.offset;
  }

  encode(values: Values<F>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    this.encodeInto(new DataView(bytes.buffer), 0, values);
    return bytes;
  }

  encodeInto(view: DataView, at: number, values: Values<F>): void {
    for (const { name, type, offset } of this.#placed) {
      const value = values[name];
      if (value === undefined) continue;
      if (typeof value !== "object") put(view, at + offset, type, value);
      else for (const [i, it] of value.entries()) put(view, at + offset + i * sizes[type], type, it);
    }
  }

  decode(view: DataView, at = 0): Decoded<F> {
    const values: Record<string, unknown> = {};
    for (const { name, type, count, offset } of this.#placed) {
      values[name] =
        count === undefined
          ? get(view, at + offset, type)
          : Array.from({ length: count }, (_, i) => get(view, at + offset + i * sizes[type], type));
    }
    return values as Decoded<F>;
  }

  /** The same structure as C source, for headers that are generated from this table. */
  toC(): string {
    const rows = this.#placed.map(({ name, type, count }) => {
      const c = type.startsWith("u") ? `uint${type.slice(1)}_t` : `int${type.slice(1)}_t`;
      return `  ${c} ${name}${count === undefined ? "" : `[${count}]`};`;
    });
    return `struct ${this.name} {\n${rows.join("\n")}\n};`;
  }
}

function align(offset: number, size: number): number {
  return Math.ceil(offset / size) * size;
}

function put(view: DataView, at: number, type: FieldType, value: number | bigint): void {
  if (type === "u64") view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  else if (type === "i64") view.setBigInt64(at, BigInt(value), true);
  else if (type === "u32") view.setUint32(at, Number(value), true);
  else if (type === "i32") view.setInt32(at, Number(value), true);
  else if (type === "u16") view.setUint16(at, Number(value), true);
  else view.setUint8(at, Number(value));
}

function get(view: DataView, at: number, type: FieldType): number | bigint {
  if (type === "u64") return view.getBigUint64(at, true);
  if (type === "i64") return view.getBigInt64(at, true);
  if (type === "u32") return view.getUint32(at, true);
  if (type === "i32") return view.getInt32(at, true);
  if (type === "u16") return view.getUint16(at, true);
  return view.getUint8(at);
}
