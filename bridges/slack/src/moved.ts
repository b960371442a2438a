import type { RemoteEvent, Source } from "@bridgebox/core/adapter";
import type { Wire } from "./api/shapes.ts";
import type { Listener } from "./listener.ts";
import { markMoved } from "./marks.ts";
import { positionOf } from "./rejoin.ts";

/** The positions of the stream that an event of Slack's moves, for the commit in which it is told. */
export const movedBy = (
  {
    event,
    events,
    channel,
  }: {
    readonly event: Wire;
    readonly events: readonly RemoteEvent[];
    readonly channel: string | undefined;
  },
  listener: Listener,
  source: Source,
): Readonly<Record<string, string>> => {
  if (channel === undefined) return {};
  const said = events.findLast((each) => each.kind === "message");
  if (said === undefined) return markMoved(event, channel, listener.view);
  const position = positionOf(channel, listener);
  const known = source.cursor(position);
  return known !== undefined && known >= said.id ? {} : { [position]: String(said.id) };
};
