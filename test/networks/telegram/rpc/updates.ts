import type { Account, Box, Change, Channel, Secondary } from "../model.ts";
import { Api, long, now, RpcError, type TlObject } from "../tl.ts";
import { asUpdate, castOfChange } from "../updates.ts";
import { asMessage, castOf, mentioned } from "../views.ts";
import { asDialog } from "./chats.ts";
import { asMessages, newestOf } from "./history.ts";
import { method, type Call, type Method } from "./method.ts";

const MAX_CHANNEL_DIFFERENCE = 100;

/** Catching up after a gap (core.telegram.org/api/updates). */
export const updateMethods: readonly Method[] = [
  method(Api.updates.GetState, (_request, me) => stateOf(me, me.box.pts)),
  method(Api.updates.GetDifference, (request, me, call) => {
    const { box } = me;
    const missed = since(box, request.pts);
    const limit = request.ptsTotalLimit ?? Infinity;
    if (call.faults.takeTooLong("difference") || missed.length > limit) {
      return new Api.updates.DifferenceTooLong({ pts: box.pts });
    }
    const aside = me.secondary.filter(({ qts }) => qts > request.qts);
    const page = missed.slice(0, call.sliceSize);
    const channels = page.length < missed.length ? [] : channelHints(request.date, me, call);
    if (page.length === 0 && channels.length === 0 && aside.length === 0) {
      return new Api.updates.DifferenceEmpty({ date: now(), seq: me.seq });
    }
    const last = page.length === missed.length;
    // Whoever is told of a channel is told who it is as well: it may be new to them.
    const hints = channels.map(({ update, channel }) => ({ update, about: new Set([channel]) }));
    const along = [...(last ? aside : []), ...hints];
    const { newMessages, otherUpdates, cast } = replayed(page, box, me, along);
    const content = {
      newMessages,
      newEncryptedMessages: [],
      otherUpdates,
      ...cast,
    };
    if (last) {
      return new Api.updates.Difference({ ...content, state: stateOf(me, box.pts) });
    }
    const intermediateState = stateOf(me, page.at(-1)?.pts ?? box.pts, request.qts);
    return new Api.updates.DifferenceSlice({ ...content, intermediateState });
  }),
  method(Api.updates.GetChannelDifference, (request, me, call) => {
    const channel = call.world.channel(request.channel, me);
    const { box } = channel;
    const missed = since(box, request.pts);
    if (call.faults.takeTooLong("channelDifference")) return channelTooLong(me, channel);
    if (missed.length === 0) {
      return new Api.updates.ChannelDifferenceEmpty({ final: true, pts: box.pts });
    }
    const limit = Math.min(request.limit, me.bot ? Infinity : MAX_CHANNEL_DIFFERENCE);
    const page = missed.slice(0, Math.min(Math.max(limit, 1), call.sliceSize));
    const { newMessages, otherUpdates, cast } = replayed(page, box, me);
    const final = page.length === missed.length;
    const pts = final ? box.pts : (page.at(-1)?.pts ?? box.pts);
    const content = { final, pts, newMessages, otherUpdates, ...cast };
    return new Api.updates.ChannelDifference(content);
  }),
];

function stateOf(me: Account, pts: number, qts = me.secondary.length): Api.updates.State {
  return new Api.updates.State({ pts, qts, date: now(), seq: me.seq, unreadCount: 0 });
}

function since(box: Box, pts: number): Change[] {
  if (pts <= 0) throw new RpcError(400, "PERSISTENT_TIMESTAMP_EMPTY");
  if (pts > box.pts) throw new RpcError(400, "PERSISTENT_TIMESTAMP_INVALID");
  const from = box.log.findIndex((change) => change.pts > pts);
  return from === -1 ? [] : box.log.slice(from);
}

function replayed(
  changes: readonly Change[],
  box: Box,
  me: Account,
  aside: readonly Pick<Secondary, "update" | "about">[] = [],
): {
  newMessages: (Api.Message | Api.MessageService)[];
  otherUpdates: Api.TypeUpdate[];
  cast: ReturnType<typeof mentioned>;
} {
  const posts = changes.flatMap((change) => (change.kind === "new" ? [change.post] : []));
  const others = changes.filter((change) => change.kind !== "new");
  const cast = new Set([
    ...castOf(posts),
    ...others.flatMap((change) => [...castOfChange(change)]),
    ...aside.flatMap(({ about }) => [...about]),
  ]);
  return {
    newMessages: asMessages(posts, box, me),
    otherUpdates: [
      ...others.flatMap((change) => asUpdate(change, box, me) ?? []),
      ...aside.map(({ update }) => update),
    ],
    cast: mentioned(box.channel ? cast.add(box.channel) : cast, me),
  };
}

interface Hint {
  readonly update: Api.TypeUpdate;
  readonly channel: Channel;
}

function channelHints(date: number, me: Account, { world }: Call): Hint[] {
  return world.chatsOf(me).channels.flatMap((channel) => {
    const last = channel.box.log.at(-1);
    if (!last || last.date < date) return [];
    const channelId = long(channel.id);
    const update = new Api.UpdateChannelTooLong({ channelId, pts: channel.box.pts });
    return [{ update, channel }];
  });
}

function channelTooLong(me: Account, channel: NonNullable<Box["channel"]>): TlObject {
  const newest = newestOf(channel, 20);
  const [top] = newest;
  const topMessage = top ? (asMessage(top, channel.box, me)?.id ?? 0) : 0;
  return new Api.updates.ChannelDifferenceTooLong({
    final: true,
    dialog: asDialog(channel, topMessage, me),
    messages: asMessages(newest, channel.box, me),
    ...mentioned(castOf(newest).add(channel), me),
  });
}
