// The words of a command line, as the parser reads them.

import { describe, expect, test } from "bun:test";
import type { Command, Option } from "../../src/cli/command.ts";
import { parse, UsageError } from "../../src/cli/parse.ts";
import { runOptions } from "../../src/cli/run-options.ts";
import { nearest, slips } from "../../src/core/nearest.ts";

function commandOf(more: Partial<Command>): Command {
  const options: readonly Option[] = runOptions;
  return { name: "run", summary: "", options, examples: [], run: () => 0, ...more };
}

const run = commandOf({
  optionsFirst: true,
  operands: [
    { name: "IMAGE", need: "one" },
    { name: "COMMAND", need: "any" },
  ],
  refused: { privileged: "--privileged is too much", d: "-d is not there" },
});

function read(...words: string[]) {
  const input = parse(run, words);
  if (input === "help") throw new Error("help");
  return { values: input.values as Record<string, unknown>, operands: input.operands };
}

const failure = (...words: string[]): string => {
  try {
    read(...words);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.split("\n")[0] as string;
  }
  throw new Error(`${words.join(" ")} was accepted`);
};

describe("options of run end at the image", () => {
  test("what follows belongs to the program, options too", () => {
    expect(read("base", "sh", "-c", "ls -la").operands).toEqual(["base", "sh", "-c", "ls -la"]);
    expect(read("--rm", "base", "ls", "--rm", "-it", "--help").operands).toEqual([
      "base",
      "ls",
      "--rm",
      "-it",
      "--help",
    ]);
    expect(read("base", "ls", "--rm").values["rm"]).toBe(false);
  });

  test("-- after the image is the program's, -- before it is not", () => {
    expect(read("base", "--", "ls").operands).toEqual(["base", "--", "ls"]);
    expect(read("--rm", "--", "base", "ls").operands).toEqual(["base", "ls"]);
  });

  test("an option in a program's place keeps its spaces and quotes", () => {
    expect(read("base", "sh", "-c", 'echo "a  b"').operands[3]).toBe('echo "a  b"');
  });
});

describe("values", () => {
  test.each([[["-m", "64m"]], [["-m64m"]], [["-m=64m"]], [["--memory", "64m"]], [["--memory=64m"]]])(
    "%p gives 64m",
    (words) => {
      expect(read(...words, "base").values["memory"]).toBe("64m");
    },
  );

  test("letters stand together, the last may have a value", () => {
    const { values, operands } = read("-itm", "64m", "base");
    expect([values["interactive"], values["tty"], values["memory"]]).toEqual([true, true, "64m"]);
    expect(operands).toEqual(["base"]);
    expect(read("-itp8080:80", "base").values["publish"]).toEqual(["8080:80"]);
  });

  test("a value may begin with a dash", () => {
    expect(read("--memory-swap", "-1", "base").values["memory-swap"]).toBe("-1");
    expect(read("--layers", "-seccomp", "base").values["layers"]).toEqual(["-seccomp"]);
  });

  test("an empty value is a value", () => {
    expect(read("--entrypoint", "", "base").values["entrypoint"]).toBe("");
    expect(read("--entrypoint=", "base").values["entrypoint"]).toBe("");
  });

  test("an optional value never takes the next word", () => {
    expect(read("--step", "base", "layer").values["step"]).toBe("");
    expect(read("--step=call", "base").values["step"]).toBe("call");
    expect(read("--trace", "base").operands).toEqual(["base"]);
    expect(read("base").values["trace"]).toBeUndefined();
  });

  test("options that may be repeated keep their order; of the others the last one counts", () => {
    expect(read("-e", "A=1", "--env=B=2", "-eC", "base").values["env"]).toEqual(["A=1", "B=2", "C"]);
    expect(read("-m", "1g", "-m", "2g", "base").values["memory"]).toBe("2g");
  });

  test("switches can be said to be off", () => {
    expect(read("--rm=false", "-i=true", "base").values).toMatchObject({ rm: false, interactive: true });
  });

  test("another name of an option means the same", () => {
    expect(read("--pids", "5", "--net=none", "base").values).toMatchObject({ "pids-limit": "5", network: "none" });
  });

  test("names that every object has are no options", () => {
    expect(failure("--constructor", "base")).toBe("unknown option --constructor");
    expect(failure("--__proto__=1", "base")).toBe("unknown option --__proto__");
    expect(failure("--toString", "base")).toBe("unknown option --toString");
  });
});

describe("mistakes", () => {
  test.each([
    [["--memroy", "1g", "base"], "unknown option --memroy; did you mean --memory?"],
    [["--netwrok=none", "base"], "unknown option --netwrok; did you mean --network?"],
    [["--xyzzy", "base"], "unknown option --xyzzy"],
    [["-iz", "base"], "unknown option -z"],
    [["-m"], "-m needs a value: -m BYTES"],
    [["--memory"], "--memory needs a value: --memory BYTES"],
    [["--rm=maybe", "base"], '--rm is a switch: it takes no value but true or false, not "maybe"'],
    [[], "run needs an IMAGE"],
    [["--rm"], "run needs an IMAGE"],
    [["--privileged", "base"], "--privileged is too much"],
    [["-d", "base"], "-d is not there"],
    [["-itd", "base"], "-d is not there"],
  ])("%p", (words, message) => {
    expect(failure(...words)).toBe(message);
  });

  test("the message names the command whose help explains", () => {
    expect(() => parse(run, ["--nope"])).toThrow("See 'minidocker run --help'.");
  });

  test("a command that takes no operands refuses some, one that takes one refuses two", () => {
    expect(() => parse(commandOf({}), ["x"])).toThrow('run: unexpected argument "x"');
    const one = commandOf({ operands: [{ name: "A", need: "optional" }] });
    expect(() => parse(one, ["x", "y"])).toThrow('run: unexpected argument "y"');
  });
});

describe("help", () => {
  test("--help wins over what else is wrong behind it", () => {
    expect(parse(run, ["--rm", "--help", "--nope"])).toBe("help");
  });

  test("-h is the host name where the command says so, help where it does not", () => {
    expect(read("-h", "web", "base").values["hostname"]).toBe("web");
    expect(parse(commandOf({ options: [] }), ["-h"])).toBe("help");
  });
});

describe("guesses", () => {
  test("a swap of neighbours is one slip", () => {
    expect([slips("memroy", "memory"), slips("rnu", "run"), slips("", "ab"), slips("same", "same")]).toEqual([
      1, 1, 2, 0,
    ]);
  });

  test("what is far from everything gets no guess", () => {
    expect(nearest("xyzzy", ["run", "ps"])).toBeUndefined();
    expect(nearest("ru", ["run", "rm"])).toBe("run");
    expect(nearest("expl", ["explain"])).toBe("explain");
  });
});
