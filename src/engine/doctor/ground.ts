// What has to be there before anything can be tried: the system, the stage, folders that can be written to.

import { accessSync, constants, existsSync } from "node:fs";
import { release } from "node:os";
import { dirname } from "node:path";
import { devDependencies } from "../../../package.json" with { type: "json" };
import { stageProgram } from "../../stage/launch.ts";
import { locatePaths, openPaths } from "../../state/paths.ts";
import type { Finding } from "./finding.ts";

export function lookAtSystem(platform: string = process.platform): Finding {
  const base = { id: "linux", title: "Linux" };
  if (platform !== "linux") {
    return {
      ...base,
      verdict: "no",
      saw: `this is ${platform}`,
      remedy:
        "containers are made by the Linux kernel: WSL 2 on Windows; Lima, OrbStack or Multipass on macOS; or a virtual machine",
    };
  }
  const known = process.arch === "x64" || process.arch === "arm64";
  const saw = `${release()}, ${process.arch}`;
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (!known) return { ...base, verdict: "no", saw, remedy: "minidocker knows x86_64 and aarch64" };
  if (major < 5 || (major === 5 && minor < 11))
    return {
      ...base,
      verdict: "limited",
      saw,
      remedy: "kernels before 5.11 have no overlay in user namespaces and lack newer calls",
    };
  return { ...base, verdict: "yes", saw };
}

export function lookAtBun(version: string = Bun.version): Finding {
  const base = { id: "bun", title: "Bun", saw: version };
  const tested = devDependencies.bun;
  if (Bun.semver.order(version, tested) >= 0) return { ...base, verdict: "yes" };
  return { ...base, verdict: "limited", remedy: `minidocker is tested with ${tested}: npm ci brings it` };
}

export function lookForStage(): Finding {
  const base = { id: "stage", title: "the stage (native/stage)" };
  try {
    return { ...base, verdict: "yes", saw: stageProgram() };
  } catch (error) {
    if (Bun.isStandaloneExecutable)
      return { ...base, verdict: "no", saw: (error as Error).message, remedy: "copy the whole folder of the release" };
    const cc = ["cc", "gcc", "clang"].find((it) => Bun.which(it) !== null);
    const remedy =
      cc === undefined
        ? "install a C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc; Alpine: apk add gcc musl-dev linux-headers), then: npm run postinstall"
        : "npm run postinstall builds it";
    return {
      ...base,
      verdict: "no",
      saw: cc === undefined ? "not built, and there is no C compiler" : `not built; ${cc} is there`,
      remedy,
    };
  }
}

/** Neither folder is made where it is missing. */
export function lookAtFolders(): Finding[] {
  const paths = locatePaths(process.env, process.geteuid?.() ?? 0);
  if (existsSync(paths.state) && existsSync(paths.data)) return [claimed()];
  return Object.entries(paths).map(([name, path]) => {
    const base = { id: `folders.${name}`, title: `folder for ${name}` };
    const there = nearest(path);
    const saw = there === path ? path : `${path}, to be made in ${there}`;
    if (writable(there)) return { ...base, verdict: "yes", saw };
    return {
      ...base,
      verdict: "no",
      saw: `${saw}: cannot be written to`,
      remedy: `MINIDOCKER_${name.toUpperCase()}=/a/folder/of/yours`,
    };
  });
}

// The same checks as before every command: whose they are, and who else may write there.
function claimed(): Finding {
  const base = { id: "folders", title: "folders for state and data" };
  try {
    const { state, data } = openPaths();
    return { ...base, verdict: "yes", saw: `${state}, ${data}` };
  } catch (error) {
    return { ...base, verdict: "no", saw: (error as Error).message, remedy: "see the message" };
  }
}

function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An existing folder on the file system that minidocker's data is or will be on, and that can be written to; or undefined. */
export function dataPlace(): string | undefined {
  const there = nearest(locatePaths(process.env, process.geteuid?.() ?? 0).data);
  return writable(there) ? there : undefined;
}
