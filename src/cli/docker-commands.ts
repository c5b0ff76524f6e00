// Commands of Docker that are not here, and what there is instead.

const end = "minidocker rm --force CONTAINER ends a container and removes it";
const make = "minidocker run makes a container and starts it, each time a new one";
const images = "base is always there, and any folder with a root file system is an image: minidocker run FOLDER";
const foreground = "minidocker run stays in the foreground, and what the program prints goes to its stdout and stderr";

export const dockerCommands: Readonly<Record<string, string>> = {
  attach: foreground,
  build: images,
  create: make,
  exec: "as root, nsenter --target PID --all sh enters its namespaces, not its other layers; PID is process.pid of minidocker ps --json",
  images,
  inspect: "minidocker ps --all --json shows what is recorded, minidocker verify CONTAINER what is in force",
  kill: end,
  logs: `nothing is kept: ${foreground}`,
  pods: "minidocker run --network container:NAME shares a container's network",
  pull: images,
  start: make,
  stop: end,
};
