// --device: a device node of the host for the container.

import { ValueError } from "./value.ts";

export interface DeviceRequest {
  readonly source: string;
  readonly destination: string;
  /** Of r(ead), w(rite), m(knod). */
  readonly access: string;
}

/** `/dev/fuse`, `/dev/fuse:/dev/other`, `/dev/fuse:r`, `/dev/fuse:/dev/other:rw`. */
export function parseDevice(text: string): DeviceRequest {
  const parts = text.split(":");
  const [source = "", second, third] = parts;
  if (parts.length > 3) throw new ValueError("write HOST[:CONTAINER[:rwm]]");
  if (!source.startsWith("/")) throw new ValueError("the host's path has to be absolute, such as /dev/fuse");
  const onlyAccess = second !== undefined && third === undefined && isAccess(second);
  const destination = second === undefined || onlyAccess ? source : second;
  const access = (onlyAccess ? second : third) ?? "rwm";
  if (!destination.startsWith("/"))
    throw new ValueError("the path in the container has to be absolute, such as /dev/fuse");
  if (!isAccess(access))
    throw new ValueError(`${JSON.stringify(access)}: access is made of r (read), w (write) and m (mknod), each once`);
  return { source, destination, access };
}

function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
