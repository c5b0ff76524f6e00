// ps: the containers that there are.

import { extension, type PublishedPort } from "../../core/spec.ts";
import { shortId } from "../../state/names.ts";
import { openPaths, type Paths } from "../../state/paths.ts";
import { isAlive } from "../../state/process.ts";
import { readConfig } from "../../state/record.ts";
import type { ContainerRecord, Listed } from "../../state/shape.ts";
import { defineCommand } from "../command.ts";
import { duration, secondsSince } from "../duration.ts";
import { fillTemplate } from "../format.ts";
import { jsonOption, print, printJson, say } from "../output.ts";
import { table, visible } from "../style.ts";

export const command = defineCommand({
  name: "ps",
  summary: "list containers",
  options: [
    { long: "all", short: "a", help: "also those that do not run" },
    { long: "quiet", short: "q", help: "ids only" },
    { long: "no-trunc", help: "whole ids and commands" },
    { long: "format", value: "TEMPLATE", help: "what to print of each, such as '{{.Names}} {{.Status}}'; or json" },
    jsonOption,
  ],
  examples: [
    { command: "minidocker ps -a", text: "all containers, ended ones too" },
    { command: "minidocker rm $(minidocker ps -aq)", text: "remove all that have ended" },
    { command: "minidocker ps --format '{{.ID}} {{.Image}}'", text: "two columns" },
  ],
  async run({ values }) {
    const { listContainers } = await import("../../engine/list.ts");
    const paths = openPaths();
    const shown = (await listContainers(say)).filter((it) => values.all || it.status === "damaged" || runs(it));
    if (values.json || values.format === "json") {
      printJson(shown.map((it) => ({ ...it, ...(it.status === "damaged" ? {} : { state: stateOf(it) }) })));
      return 0;
    }
    if (values.quiet) {
      print(shown.map(({ id }) => `${values["no-trunc"] ? id : shortId(id)}\n`).join(""));
      return 0;
    }
    const rows = shown.map((it) => describe(it, paths, values["no-trunc"]));
    if (values.format !== undefined) print(rows.map((it) => `${fillTemplate(values.format as string, it)}\n`).join(""));
    else
      print(
        table(
          headings,
          rows.map(({ ID, Image, Command, RunningFor, Status, Ports, Names }) => [
            ID,
            Image,
            Command,
            RunningFor,
            Status,
            Ports,
            Names,
          ]),
        ),
      );
    return 0;
  },
});

const headings = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"];
const COMMAND_LENGTH = 20;

function runs(record: ContainerRecord): boolean {
  return record.process !== undefined && record.status !== "exited" && isAlive(record.process);
}

/** Docker's word. A record may be behind: whoever should have brought it up to date may have been killed. */
function stateOf(record: ContainerRecord): string {
  if (record.status === "running" && !runs(record)) return "dead";
  return record.status;
}

/** What a template may name, with Docker's names. */
function describe(record: Listed, paths: Paths, whole: boolean) {
  const ID = whole ? record.id : shortId(record.id);
  if (record.status === "damaged") {
    return {
      ID,
      Image: "",
      Command: "",
      CreatedAt: "",
      RunningFor: "",
      Status: `Damaged: ${visible(record.problem)}`,
      State: "damaged",
      Ports: "",
      Names: record.name,
    };
  }
  const text = visible(record.command.join(" "));
  const short = whole || text.length <= COMMAND_LENGTH ? text : `${text.slice(0, COMMAND_LENGTH - 1)}…`;
  return {
    ID,
    Image: visible(record.image),
    Command: `"${short}"`,
    CreatedAt: record.created,
    RunningFor: `${duration(secondsSince(record.created))} ago`,
    Status: statusOf(record),
    State: stateOf(record),
    Ports: runs(record) ? portsOf(record, paths) : "",
    Names: record.name,
  };
}

/** `Up 5 minutes`, `Exited (137) About an hour ago (out of memory)`. */
function statusOf(record: ContainerRecord): string {
  const { status, started, finished, exitCode, oomKilled } = record;
  if (status === "exited") {
    const when = finished === undefined ? "" : ` ${duration(secondsSince(finished))} ago`;
    return `Exited (${exitCode ?? "?"})${when}${oomKilled ? " (out of memory)" : ""}`;
  }
  if (status === "creating") return "Being created";
  if (!runs(record)) return "Dead";
  return `Up ${duration(secondsSince(started ?? record.created))}`;
}

function portsOf({ id }: ContainerRecord, paths: Paths): string {
  try {
    return (extension(readConfig(paths, id), "network")?.ports ?? []).map(portText).join(", ");
  } catch {
    return "?"; // its configuration cannot be read, which is no reason to show nothing
  }
}

/** `0.0.0.0:8080->80/tcp`, as Docker. */
function portText({ address = "0.0.0.0", host, container, protocol }: PublishedPort): string {
  return `${address.includes(":") ? `[${address}]` : address}:${host}->${container}/${protocol}`;
}
