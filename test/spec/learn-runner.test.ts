// What happens in a lesson: small ones, written here, are taken by somebody whose answers are known.

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { bootId } from "../../src/core/boot.ts";
import { openPaths } from "../../src/state/paths.ts";
import { guardHost } from "../harness/guard.ts";
import { Learner, leftBehind, take } from "../harness/learner.ts";
import { block } from "../harness/lessons.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

guardHost();
const { folder, paths } = ownPaths();

/** A process that has ended may wait to be reaped by somebody who never does. */
const isAlive = (pid: number): boolean => !["Z", undefined].includes(processEntry(pid)?.state);

const run = (script: string): string => block("run host", script);
const question = block(
  "predict",
  "question: Which?\nchoices:\n  - text: this\n    right: true\n  - text: that\n    why: Because not.",
);
const task = (name: string): string =>
  block("verify host became", `# there is a file ${name}\ntest -e ${folder}/${name}`);
const solve = (name: string): string => block("solve host", `touch ${folder}/${name}`);

test("what scripts set lasts until the end of the lesson, also behind exit", async () => {
  const learner = new Learner();
  const script = "X='a b'; mkdir deep; cd deep; exit 3";
  await take(run(script) + block("expect status 3", "") + run('echo "$X $(basename "$PWD")"'), learner, paths);
  expect(learner.outputs).toEqual(["", "a b deep\n"]);
});

test("a script sees no terminal, its own minidocker, and a stdout that it can open again", async () => {
  const learner = new Learner();
  await take(run("test -t 0 || echo none; command -v minidocker; echo again >/dev/stdout"), learner, paths);
  const [begin] = learner.told("begin");
  expect(learner.outputs).toEqual([`none\n${begin?.folder.replace(/work$/, "bin/minidocker")}\nagain\n`]);
});

test("what a lesson has started ends with it, and its folder goes", async () => {
  const learner = new Learner();
  await take(run("sleep 1000 & echo $!; env -i setsid sleep 1000 & echo $!; echo kept >file"), learner, paths);
  const pids = learner.outputs[0]?.trim().split("\n").map(Number) ?? [];
  expect(pids.filter(isAlive)).toEqual([]);
  expect(leftBehind(paths)).toEqual([]);
});

test("a wrong prediction is answered after the deed, and comes back at the end", async () => {
  const learner = new Learner({ predict: [1, 0] });
  const outcome = await take(question + run("true"), learner, paths);
  expect(learner.events.map((it) => it.kind)).toEqual([
    ...["begin", "predict", "run", "output", "reveal", "predict", "reveal", "end"],
  ] as never);
  expect(learner.told("reveal").map((it) => it.right)).toEqual([false, true]);
  expect(outcome.missed).toEqual([]);
});

test("a question that is answered wrongly twice is remembered", async () => {
  const outcome = await take(question + run("true"), new Learner({ predict: [1, 1] }), paths);
  expect(outcome.missed.map((it) => it.question)).toEqual(["Which?"]);
});

test("with auto, the first thing that is untrue ends the lesson, with its line", async () => {
  const learner = new Learner();
  const text = `${run("echo one") + block("expect", "two")}${run("echo three")}`;
  const { how, failures } = await take(text, learner, paths, { auto: true });
  expect(how).toBe("failed");
  expect(failures).toEqual([expect.stringMatching(/^test\.md:12: line 1 of the output is not as expected/)]);
  expect(learner.outputs).toEqual(["one\n"]);
});

test("with somebody there, what is untrue is told, and the lesson goes on", async () => {
  const learner = new Learner();
  const { how, failures } = await take(run("exit 4") + run("echo on"), learner, paths);
  expect(how).toBe("solved");
  expect(failures).toEqual(["test.md:8: expected exit status 0, got 4"]);
  expect(learner.outputs).toEqual(["", "on\n"]);
});

test("a task is done wherever it is done, and whoever asks is told to stop", async () => {
  let stopped = false;
  const learner = new Learner({
    task: async ({ done }) => {
      const begin = learner.told("begin")[0];
      // in a second terminal
      Bun.spawnSync(["sh", "-c", `. ${begin?.envFile}; touch ${folder}/mars; echo $MINIDOCKER_LESSON`]);
      await waitUntil(
        () => done.aborted,
        5000,
        () => "nobody has seen it",
      );
      stopped = true;
      return "check";
    },
  });
  const { how } = await take(task("mars") + solve("mars"), learner, paths);
  expect({ how, stopped }).toEqual({ how: "solved", stopped: true });
  expect(learner.told("solved")).toMatchObject([{ how: "done" }]);
});

test("hints come one by one; a solution that is shown counts as seen", async () => {
  const hints = block("hint", "Vague.") + block("hint", "Clear.");
  const learner = new Learner({ task: ["hint", "hint", "solve"] });
  const { how } = await take(task("moon") + hints + solve("moon"), learner, paths);
  expect(learner.told("hint").map((it) => [it.text, it.level, it.of])).toEqual([
    ["Vague.", 1, 2],
    ["Clear.", 2, 2],
  ]);
  expect(learner.told("solved")).toMatchObject([{ how: "shown" }]);
  expect(how).toBe("seen");
});

test("a diagnosis is said when what it recognises was done", async () => {
  const diagnosis = block("hint when", `test -e ${folder}/venus\n---\nThat is the wrong planet.`);
  const learner = new Learner({
    task: async () => {
      if (learner.told("diagnosis").length > 0) return "skip";
      Bun.spawnSync(["touch", `${folder}/venus`]);
      return "check";
    },
  });
  await take(task("earth") + diagnosis + solve("earth"), learner, paths);
  expect(learner.told("diagnosis")[0]?.text).toBe("That is the wrong planet.");
  expect(learner.told("skipped")).toHaveLength(1);
});

test("a task that is true before anybody acts proves nothing, and that is untrue", async () => {
  const text = block("verify host became", "# it is so\ntrue") + block("solve host", "true");
  const { failures } = await take(text, new Learner(), paths, { auto: true });
  expect(failures).toEqual([expect.stringContaining("this task is done before anybody does anything")]);
});

test("with auto, a check that holds without the layer too fails the lesson", async () => {
  const head = "layers: [namespaces.uts]\n";
  const learner = new Learner();
  const { failures } = await take(task("sun") + solve("sun"), learner, paths, { auto: true, head });
  expect(failures).toEqual([expect.stringContaining("it is true without namespaces.uts: there is a file sun")]);
});

test("with auto, what the counterproof has started is over when the solution begins", async () => {
  const head = "layers: [namespaces.uts]\n";
  const script = (name: string): string => `sleep 1000 & echo $! >${folder}/${name}`;
  const text =
    block("verify host became", `# the second sleeps\nkill -0 $(cat ${folder}/second)`) +
    block("solve host", script("second")) +
    block("solve without host", script("first"));
  const learner = new Learner();
  const outcome = await take(
    text + run(`grep "^State" /proc/$(cat ${folder}/first)/status | grep -v Z || echo over`),
    learner,
    paths,
    {
      auto: true,
      head,
    },
  );
  expect(outcome.failures).toEqual([]);
  expect(learner.told("tested")).toHaveLength(1);
  expect(learner.outputs.at(-1)).toContain("over");
});

test("back does again in silence what came before, and asks at the part before", async () => {
  const runs = (name: string): string => run(`echo ${name} >>${folder}/log; echo ${name}`);
  const learner = new Learner({ run: ["run", "run", "back", "run", "run"] });
  await take(runs("one") + runs("two") + runs("three"), learner, paths);
  expect(learner.outputs).toEqual(["one\n", "two\n", "two\n", "three\n"]);
  expect(readFileSync(`${folder}/log`, "utf8")).toBe("one\ntwo\none\ntwo\nthree\n");
  expect(learner.told("moved")).toMatchObject([{ how: "back", part: { script: expect.stringContaining("two") } }]);
});

test("restart begins with an empty folder, and quit ends it anywhere", async () => {
  const learner = new Learner({ run: ["run", "restart", "run", "quit"] });
  const { how } = await take(run("ls; touch file") + run("true"), learner, paths);
  expect(learner.outputs).toEqual(["", ""]);
  expect(how).toBe("quit");
  expect(leftBehind(paths)).toEqual([]);
});

test("what a lesson has left whose minidocker and guardian were killed, the next one removes", async () => {
  const old = `${paths.data}/lessons/0123456789ab`;
  mkdirSync(`${old}/work`, { recursive: true });
  writeFileSync(`${old}/owner`, JSON.stringify({ pid: process.pid, startTime: 1, bootId: bootId() }));
  writeFileSync(`${old}/token`, "0123\n");
  const sleeper = Bun.spawn(["sleep", "1000"], { env: { ...process.env, MINIDOCKER_LESSON: "0123" } });
  await take(run("true"), new Learner(), paths);
  expect(await sleeper.exited).toBe(137);
  expect(leftBehind(paths)).toEqual([]);
});

test("a lesson that this host cannot run says why, and does not begin", async () => {
  const learner = new Learner();
  const head = "layers: []\nrequires: [program:nosuchprogram]\n";
  const outcome = await take(run("echo no"), learner, paths, { head, auto: true });
  expect(outcome).toMatchObject({ how: "blocked", why: expect.stringContaining("nosuchprogram is not installed") });
  expect(learner.events.map((it) => it.kind)).toEqual(["blocked"]);
});

for (const kind of ["predict", "run", "task"] as const) {
  test(`an abort while a ${kind} is asked ends the lesson, and nothing is left`, async () => {
    const controller = new AbortController();
    const learner = new Learner({
      [kind]: () => {
        setTimeout(() => controller.abort(new Error("enough")), 50);
        return new Promise(() => {});
      },
    });
    const text = question + run("sleep 1000 &") + task("pluto") + solve("pluto");
    const taken = take(text, learner, paths, { signal: controller.signal });
    expect(await taken.catch((error: Error) => error.message)).toBe("enough");
    expect(leftBehind(paths)).toEqual([]);
  });
}

test("an abort while a script runs ends the script", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 200);
  const taken = take(run("sleep 1000"), new Learner(), paths, { signal: controller.signal });
  expect(await taken.catch((error: Error) => error.message)).toBe("enough");
});

rootTest("what a lesson has mounted is unmounted and not emptied, whatever the folder is called", async () => {
  const data = `${folder}/a b`;
  mkdirSync(`${folder}/precious`);
  writeFileSync(`${folder}/precious/file`, "");
  const script = 'for it in plain "a b" "line\n"; do mkdir "$it" && mount --bind "$PRECIOUS" "$it" && ls "$it"; done';
  const learner = new Learner({ run: ["run", "restart", "run"] });
  const spaced = openPaths({ MINIDOCKER_STATE: paths.state, MINIDOCKER_DATA: data });
  await take(run(`PRECIOUS=${folder}/precious; ${script}`) + run("ls"), learner, spaced);
  expect(learner.outputs[0]).toBe("file\n".repeat(3));
  expect(readdirSync(`${folder}/precious`)).toEqual(["file"]);
  expect(readdirSync(data)).toEqual([]);
});

test("no list of processes tells other users the token by which a lesson's processes are ended", async () => {
  const learner = new Learner();
  const seen =
    'case $(cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " ") in *$MINIDOCKER_LESSON*) echo told ;; *) echo secret; esac';
  await take(run(seen), learner, paths);
  expect(learner.outputs).toEqual(["secret\n"]);
});

rootTest("an open file that only looks like a lesson's pipe ends nobody", async () => {
  const learner = new Learner();
  const forge = 'mount -t tmpfs none "$1" && exec 9>"$1/pipe-0123-4567" && exec sleep 1000';
  const start = `env -i setsid unshare -m sh -c '${forge}' sh "$(dirname "$PWD")" </dev/null >/dev/null 2>&1 & echo $!`;
  await take(run(`( ${start} ); sleep 0.2`), learner, paths);
  const pid = Number(learner.outputs[0]);
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
  await waitUntil(
    () => !isAlive(pid),
    2000,
    () => "it is still there",
  );
});

rootTest("a lesson that finds no room for its folder leaves none", async () => {
  const data = `${folder}/full`;
  mkdirSync(data);
  expect(Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", data]).exitCode).toBe(0);
  try {
    writeFileSync(`${data}/fill`, new Uint8Array(8192));
    const full = openPaths({ MINIDOCKER_STATE: paths.state, MINIDOCKER_DATA: data });
    await expect(take(run("true"), new Learner(), full)).rejects.toThrow("ENOSPC");
    expect(readdirSync(`${data}/lessons`)).toEqual([]);
  } finally {
    Bun.spawnSync(["umount", "-l", data]);
  }
});

test("a lesson's folder that has no owner is removed when it has been like that for long", async () => {
  const [young, old] = ["0123456789ab", "ba9876543210"].map((it) => `${paths.data}/lessons/${it}`) as [string, string];
  for (const it of [young, old]) mkdirSync(`${it}/work`, { recursive: true });
  utimesSync(old, 0, 0);
  await take(run("true"), new Learner(), paths);
  expect(leftBehind(paths)).toEqual(["0123456789ab"]);
});
