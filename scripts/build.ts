// `bun run build`: the release. dist/minidocker is one file with Bun and all of our code as bytecode in it, dist/stage the C program
// that it starts, dist/minidocker-text the lessons, and the sources that they quote. The three have to lie beside each other.
//
//   bun scripts/build.ts [FOLDER]

import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { compile } from "./compile.ts";

const repository = join(import.meta.dir, "..");
const dist = resolve(Bun.argv[2] ?? join(repository, "dist"));
const stage = join(repository, "native/stage");

if (!existsSync(stage)) {
  console.error("minidocker: native/stage is not built: npm run postinstall says what is missing");
  process.exit(1);
}
mkdirSync(dist, { recursive: true });
if (!(await compile(join(repository, "scripts/release.ts"), join(dist, "minidocker")))) process.exit(1);
copyFileSync(stage, join(dist, "stage"));
const text = join(dist, "minidocker-text");
rmSync(text, { recursive: true, force: true }); // what an older release had
for (const [folder, wanted] of Object.entries({ lessons: /\.(md|yaml)$/, src: /\.ts$/, native: /\.[ch]$/ })) {
  cpSync(join(repository, folder), join(text, folder), {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || wanted.test(path),
  });
}
for (const name of ["minidocker", "stage"]) {
  const { size } = statSync(join(dist, name));
  console.log(`${join(dist, name)}  ${(size / 1024 / 1024).toFixed(2)} MiB`);
}
