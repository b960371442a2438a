/** The two parts of a media address. */
export interface Mxc {
  readonly server: string;
  readonly id: string;
}

const shape =
  /^mxc:\/\/((?:[A-Za-z0-9.-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?)\/([\w=.~-]{1,255})$/;

/** Reads a media address as hostile text: neither part can climb in a path. */
export const parseMxc = (text: unknown): Mxc | undefined => {
  if (typeof text !== "string") return undefined;
  const [, server, id] = shape.exec(text) ?? [];
  if (server === undefined || id === undefined) return undefined;
  return /^\.+$/.test(server) || /^\.+$/.test(id) ? undefined : { server, id };
};
