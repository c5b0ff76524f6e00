// Documents speak of the tree; this finds where they no longer agree with it. Checked are: symbols
// (`src/core/layer.ts#Layer`), paths, links and their anchors, npm scripts, the file map of ARCHITECTURE.md, and that
// the glossary tells each word once, in alphabetical order.
//
//   bun scripts/documents.ts [FOLDER]

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { findSymbol } from "../src/learn/source.ts";

interface Document {
  readonly root: string;
  /** Below the root. */
  readonly path: string;
  readonly text: string;
  /** The text without fenced blocks. */
  readonly prose: string;
}

/** `path: what is wrong`, for every Markdown file below `root`. */
export function disagreements(root: string): string[] {
  // two patterns: Bun's Glob finds nothing for braces within braces
  const patterns = ["*.md", "{docs,lessons,examples,test,native,bench,rootfs}/**/*.md"];
  const paths = patterns.flatMap((it) => [...new Bun.Glob(it).scanSync({ cwd: root })]).sort();
  return paths.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const document = { root, path, text, prose: text.replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, "") };
    const found = [symbols, links, scripts, fileMap, glossary].flatMap((check) => check(document));
    return found.map((it) => `${path}: ${it}`);
  });
}

const folders = "src|native|test|scripts|bench|examples|lessons|docs|rootfs|\\.ci";

// `src/stage/stage.ts`, `src/layers/`, `src/stage/stage.ts#Stage.flush`; placeholders and patterns are left alone.
function symbols({ root, prose }: Document): string[] {
  const references = prose.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)(?:#([\\w.]+))?\``, "g"));
  return [...references].flatMap(([, path = "", symbol]) => {
    if (/\b(NAME|NNNN|FILE)\b/.test(path)) return [];
    if (!existsSync(join(root, path))) return [`there is no ${path}`];
    if (symbol === undefined || findSymbol(readFileSync(join(root, path), "utf8"), symbol) !== undefined) return [];
    return [`${path} declares no ${symbol}`];
  });
}

function links({ root, path, prose }: Document): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? join(root, path) : join(root, dirname(path), file);
    if (!existsSync(target)) return [`the link to ${link} leads nowhere`];
    if (anchor === undefined || !target.endsWith(".md")) return [];
    const anchors = [...readFileSync(target, "utf8").matchAll(/^#+\s+(.*)$/gm)].map(([, it = ""]) => slug(it));
    return anchors.includes(anchor) ? [] : [`${link}: there is no such heading`];
  });
}

// As GitHub makes anchors from headings.
function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function scripts({ root, text }: Document): string[] {
  const known = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> })
    .scripts;
  return [...text.matchAll(/\b(?:npm|bun) run ([\w:-]+)/g)].flatMap(([, name = ""]) => {
    return name in known || name.endsWith(".ts") ? [] : [`package.json has no script ${name}`];
  });
}

// The first fenced block of ARCHITECTURE.md that names src/: one entry a line, below its folder by indentation.
function fileMap({ root, path, text }: Document): string[] {
  if (path !== "ARCHITECTURE.md" && path !== "docs/architecture.md") return [];
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, it = ""]) => it);
  const map = blocks.find((it) => /^src\/?\s*$/m.test(it) || /^src\/\s/m.test(it));
  if (map === undefined) return ["has no file map: a fenced block with a line for src/ and each folder"];
  const named = mapEntries(map);
  const missing = named
    .filter((it) => !existsSync(join(root, it)))
    .map((it) => `the file map names ${it}, which is not there`);
  const unnamed = mapped(root)
    .filter((it) => !named.includes(it))
    .map((it) => `the file map does not name ${it}/`);
  return [...missing, ...unnamed];
}

function glossary({ path, text }: Document): string[] {
  if (path !== "docs/glossary.md") return [];
  return text.split(/^## /m).flatMap((section) => {
    const words = [...section.matchAll(/^\* \*\*(.+?)\*\*/gm)].map(([, word = ""]) => word.toLowerCase());
    return words
      .filter((it, i) => i > 0 && it <= (words[i - 1] as string))
      .map((it) => `"${it}" is there twice, or not in its place`);
  });
}

function mapEntries(map: string): string[] {
  const above: { indent: number; path: string }[] = [];
  return map.split("\n").flatMap((line) => {
    const [, space = "", name] = /^(\s*)((?:[\w.-]+\/?)+)(?=\s|$)/.exec(line) ?? [];
    if (name === undefined || space.length > 12) return [];
    while ((above.at(-1)?.indent ?? -1) >= space.length) above.pop();
    const path = join(above.at(-1)?.path ?? "", name).replace(/\/$/, "");
    above.push({ indent: space.length, path });
    return [path];
  });
}

// What the map must name: the folders of the repository, those of src, and the layers.
function mapped(root: string): string[] {
  return ["", "src", "src/layers"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .filter((it) => statSync(join(root, parent, it)).isDirectory() && !/^(\.git|node_modules|dist)$/.test(it))
      .map((it) => join(parent, it)),
  );
}

if (import.meta.main) {
  const found = disagreements(Bun.argv[2] ?? join(import.meta.dir, ".."));
  if (found.length > 0) console.error(found.join("\n"));
  process.exitCode = found.length > 0 ? 1 : 0;
}
