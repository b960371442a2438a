import type { Ask } from "./access.ts";
import { Api } from "./api/tl.ts";
import { pagesOfDialogs } from "./dialogs.ts";
import { rpcName } from "./errors.ts";
import { chatRef, type PeerId } from "./ids.ts";
import type { KnownChannels } from "./known-channels.ts";
import { joinedSince, tellUnheard } from "./joined.ts";
import { addBoxGaps, coreReads, gapIn, newestIn, readByNumber, type Missing } from "./missed.ts";

export interface CatchUpOptions extends Missing {
  readonly channels: KnownChannels;
  /** Resolves when the core holds the connection: before, it cannot read by it what is missing. */
  readonly held: Promise<void>;
  /** Has `resume` called for that line, behind what is under way. */
  later(line: string): void;
}

const pageSize = 100;
const callTimeout = 30_000;

/**
 * Asks the network for what was missed: on start, after a reconnect, and where numbers jump. Where that
 * was too much for a difference, the core is told of a gap and reads the history; bots, who may not,
 * and members of forums, where one history holds many chats, read message by number here.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** What is told of a line as soon as the core holds the connection. */
  readonly #untold = new Map<string, () => Promise<void>>();
  #isHeld = false;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    void options.held.then(() => (this.#isHeld = true));
  }

  /** Everything: the account's box, then each channel. */
  async all(): Promise<void> {
    const { inbox, channels } = this.#options;
    // All of it is asked for anew.
    this.#untold.clear();
    if (inbox.position("pts") === undefined) await this.#fresh();
    else await this.box();
    for (const channel of await channels.all()) await this.channel(channel);
    inbox.listens(true);
  }

  async line(line: string): Promise<void> {
    if (this.#untold.has(line)) return this.resume(line);
    const channel = /^channel:(\d+)$/.exec(line)?.[1];
    await (channel === undefined ? this.box() : this.channel(channel));
  }

  /** Tells what could not be told of a line on start, unless it was asked for again since. */
  async resume(line: string): Promise<void> {
    if (!this.#untold.has(line)) return;
    await this.#options.held;
    await this.#untold.get(line)?.();
  }

  /** What is missing is told when the core can read it; until then no position passes it. */
  async #whenHeld(line: string, tell: () => Promise<void>): Promise<void> {
    if (this.#isHeld) return tell();
    this.#untold.set(line, async () => {
      this.#untold.delete(line);
      await tell();
    });
    this.#options.later(line);
  }

  /** A channel that was looked up before anything was heard of it starts where it was then. */
  async meet(channel: string, pts: number): Promise<void> {
    const { access, inbox, channels } = this.#options;
    const line = `channel:${channel}`;
    const { since } = await channels.remember(channel, { begin: pts });
    if (inbox.position(line) !== undefined) return undefined;
    if (since !== undefined) return this.line(line);
    inbox.seen(line, (await newestIn(access, channel, { ask: this.#ask() })) ?? 0);
    await inbox.moveTo(line, pts);
    return inbox.commit();
  }

  /** updates.getDifference, slice by slice, each committed before the next is asked for. */
  async box(): Promise<void> {
    const { inbox, access } = this.#options;
    for (;;) {
      const request = new Api.updates.GetDifference({
        pts: inbox.position("pts") ?? 1,
        qts: inbox.position("qts") ?? 0,
        date: inbox.number("date") ?? 0,
      });
      let answer: Api.updates.TypeDifference;
      try {
        answer = await access.client.call(request, this.#ask());
      } catch (error) {
        if (!isBadTimestamp(error)) throw error;
        return this.#whenHeld("pts", () => this.#lostPlace());
      }
      if (answer instanceof Api.updates.DifferenceEmpty) {
        inbox.set("date", answer.date);
        inbox.set("seq", answer.seq);
        await inbox.moveTo("pts", inbox.position("pts") ?? 1);
        return inbox.commit();
      }
      if (answer instanceof Api.updates.DifferenceTooLong) {
        const { pts } = answer;
        return this.#whenHeld("pts", async () => {
          await addBoxGaps(this.#options);
          await inbox.moveTo("pts", pts);
          await inbox.commit();
          await this.box();
        });
      }
      await inbox.takeDifference({
        line: "pts",
        messages: answer.newMessages,
        updates: answer.otherUpdates,
        users: answer.users,
        chats: answer.chats,
      });
      if (answer instanceof Api.updates.Difference) return this.#stand(answer.state);
      // Which channels something happened in is told in the end, and since when was asked: the date stays.
      await this.#stand(answer.intermediateState, inbox.number("date"));
    }
  }

  /** updates.getChannelDifference; a channel that is closed to us is over. */
  async channel(id: string): Promise<void> {
    await this.#unlessClosed(id, () => this.#channel(id));
  }

  async #unlessClosed(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isClosed(error)) throw error;
      await this.#closed(id);
    }
  }

  async #channel(id: string): Promise<void> {
    const { inbox, access, channels } = this.#options;
    const line = `channel:${id}`;
    for (;;) {
      const pts = inbox.position(line) ?? (await channels.get(id))?.begin;
      const channel = await access.peers.inputChannel(id);
      if (channel === undefined) return;
      if (pts === undefined) return this.#whenHeld(line, () => this.#meetUnlessClosed(id, channel));
      const filter = new Api.ChannelMessagesFilterEmpty();
      const limit = pageSize;
      const request = new Api.updates.GetChannelDifference({ channel, filter, pts, limit });
      let answer: Api.updates.TypeChannelDifference;
      try {
        answer = await access.client.call(request, this.#ask());
      } catch (error) {
        if (!isBadTimestamp(error)) throw error;
        return this.#whenHeld(line, () => this.#meetUnlessClosed(id, channel));
      }
      if (answer instanceof Api.updates.ChannelDifferenceTooLong) {
        const tooLong = answer;
        const tell = () => this.#unlessClosed(id, () => this.#channelTooLong(id, tooLong));
        return this.#whenHeld(line, tell);
      }
      if (answer instanceof Api.updates.ChannelDifference) {
        await inbox.takeDifference({
          line,
          messages: answer.newMessages,
          updates: answer.otherUpdates,
          users: answer.users,
          chats: answer.chats,
        });
      }
      await inbox.moveTo(line, answer.pts);
      await inbox.commit();
      if (answer.final === true) return;
    }
  }

  async #stand(state: Api.updates.TypeState, date = state.date): Promise<void> {
    const { inbox } = this.#options;
    inbox.set("date", date);
    inbox.set("seq", state.seq);
    await inbox.moveTo("qts", state.qts);
    await inbox.moveTo("pts", state.pts);
    await inbox.commit();
  }

  /** From here on everything counts; on the first connection of a login, of all channels there are. */
  async #fresh(since?: number): Promise<void> {
    const { access, channels, inbox } = this.#options;
    const met: string[] = [];
    const state = await access.client.call(new Api.updates.GetState(), this.#ask());
    if (!access.bot) {
      for await (const list of pagesOfDialogs(access, this.#options.signal)) {
        for (const { peer, pts, topMessage } of list) {
          if (peer.kind !== "channel") inbox.seen("pts", topMessage);
          if (peer.kind !== "channel" || pts === undefined) continue;
          await channels.remember(peer.id, since === undefined ? { begin: pts } : { since });
          const line = `channel:${peer.id}`;
          if (inbox.position(line) !== undefined) continue;
          if (since !== undefined) {
            met.push(peer.id);
            continue;
          }
          await inbox.moveTo(line, pts);
          inbox.seen(line, topMessage);
        }
      }
    }
    await this.#stand(state);
    for (const id of met) await this.channel(id);
  }

  #meetUnlessClosed(id: string, channel: Api.TypeInputChannel): Promise<void> {
    return this.#unlessClosed(id, () => this.#meet(id, channel));
  }

  /**
   * A channel that has no position, or a bad one, starts where it is. What was said since one came into it
   * while nobody listened is read, or where it is not known what was missed, marked.
   */
  async #meet(id: string, channel: Api.TypeInputChannel): Promise<void> {
    const { access, channels, inbox } = this.#options;
    const line = `channel:${id}`;
    const request = new Api.channels.GetFullChannel({ channel });
    const { fullChat, users, chats } = await access.client.call(request, this.#ask());
    inbox.add(await access.peers.learn(users, chats));
    if (!(fullChat instanceof Api.ChannelFull)) return;
    const { since } = await channels.remember(id);
    const isNew = inbox.position(line) === undefined;
    const joined = isNew && since !== undefined ? joinedSince(chats, { id, since }) : undefined;
    await tellUnheard(this.#options, id, {
      since: joined,
      hidden: fullChat.availableMinId ?? 0,
      ask: () => this.#ask(),
    });
    await inbox.moveTo(line, fullChat.pts);
    await inbox.commit();
  }

  /** The server does not know our place in the box: we start anew and say so. */
  async #lostPlace(): Promise<void> {
    const since = this.#options.inbox.number("date");
    await addBoxGaps(this.#options);
    await this.#fresh(since);
  }

  async #channelTooLong(id: string, answer: Api.updates.ChannelDifferenceTooLong): Promise<void> {
    const { inbox, access, login } = this.#options;
    const peer: PeerId = { kind: "channel", id };
    const line = `channel:${id}`;
    const top = inbox.top(line);
    inbox.add(await access.peers.learn(answer.users, answer.chats));
    const dialog = answer.dialog instanceof Api.Dialog ? answer.dialog : undefined;
    const newest = dialog?.topMessage ?? Math.max(top, ...answer.messages.map((each) => each.id));
    const told = top === 0 || (await coreReads(access, peer));
    if (told) inbox.add([gapIn(peer, login, { from: top })]);
    else await readByNumber(this.#options, peer, { after: top, newest, ask: () => this.#ask() });
    inbox.seen(line, newest);
    await inbox.moveTo(line, dialog?.pts ?? inbox.position(line) ?? 1);
    await inbox.commit();
  }

  async #closed(id: string): Promise<void> {
    const { channels, inbox, login } = this.#options;
    const chat = chatRef({ kind: "channel", id }, login);
    inbox.add([{ kind: "gone", chat, why: "forbidden", login, at: Date.now() }]);
    inbox.forget(`channel:${id}`);
    await inbox.commit();
    await channels.forget(id);
  }

  #ask(): Ask {
    const timeout = AbortSignal.timeout(callTimeout);
    return {
      what: "What was missed could not be fetched",
      signal: AbortSignal.any([this.#options.signal, timeout]),
    };
  }
}

const causeName = (error: unknown): string | undefined =>
  error instanceof Error ? rpcName(error.cause)?.name : undefined;

const isBadTimestamp = (error: unknown): boolean =>
  causeName(error)?.startsWith("PERSISTENT_TIMESTAMP_") === true;

const isClosed = (error: unknown): boolean => {
  const name = causeName(error);
  return (
    name === "CHANNEL_PRIVATE" || name === "CHANNEL_INVALID" || name === "USER_BANNED_IN_CHANNEL"
  );
};
