// A program and Bun itself as one file.

/** Writes the program to `outfile`, and what is wrong with it to stderr. False: then it is not there. */
export async function compile(entry: string, outfile: string): Promise<boolean> {
  const { logs, success } = await Bun.build({
    entrypoints: [entry],
    // what lies in the folder where somebody calls it (.env, bunfig.toml) is none of its business
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    target: "bun",
    // each command's modules in pieces of their own, so that `run` does not load what only `learn` needs
    format: "esm",
    splitting: true,
    bytecode: true,
    // the names stay: MINIDOCKER_DEBUG prints where an error arose, and it makes no difference to the time
    minify: { whitespace: true, syntax: true },
  });
  for (const it of logs) console.error(String(it));
  return success;
}
