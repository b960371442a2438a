import { shapes } from "./corrections.ts";
import { compiled, problemsOf } from "./described.ts";
import { isWireObject, textOf } from "./model.ts";
import type { WireObject } from "./model.ts";

/**
 * What clients say over sockets: docs.slack.dev/apis/events-api/using-socket-mode, and for browsers
 * api.slack.com/legacy/rtm.
 */

const { text, whole, objectOf, list, defined } = shapes;

const acknowledged = compiled(objectOf({ envelope_id: text }, { payload: { type: "object" } }));

const ofSessions: Readonly<Record<string, ReturnType<typeof compiled>>> = {
  ping: compiled(objectOf({ id: whole, type: { const: "ping" } })),
  // docs.slack.dev/reference/events/presence_sub: always the entire list.
  presence_sub: compiled(
    objectOf({ id: whole, type: { const: "presence_sub" }, ids: list(defined("defs_user_id")) }),
  ),
  typing: compiled(
    objectOf({ id: whole, type: { const: "typing" }, channel: defined("defs_channel") }),
  ),
};

/** What a client said on its socket, whatever it was; nothing where it is no JSON object. */
export const frameIn = (raw: Buffer): WireObject | undefined => {
  try {
    const frame: unknown = JSON.parse(raw.toString());
    return isWireObject(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
};

/** What is wrong in what an app says on its socket: it only acknowledges. */
export const acknowledgementProblems = (frame: WireObject): readonly string[] =>
  problemsOf(acknowledged, frame);

/** What is wrong in what a browser says on its socket. */
export const saidProblems = (frame: WireObject): readonly string[] => {
  const type = textOf(frame["type"]);
  const check = ofSessions[type];
  return check ? problemsOf(check, frame) : [`there is nothing to say like ${type}`];
};
