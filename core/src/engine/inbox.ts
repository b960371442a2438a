import { StoreBroken, StoreFull } from "../store/errors.ts";
import type { InboxEvent, Lane, NewItem, Outcome, Portal } from "../store/types.ts";
import { putOutcomes } from "./ending.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { afterRouting, routeAll } from "./route-all.ts";
import { commitTelling } from "./telling.ts";
import type { Works } from "./works.ts";
import { traced } from "../observe/traced.ts";

const isStoreFault = (error: unknown): boolean =>
  error instanceof StoreFull || error instanceof StoreBroken;

const mistake = "bridgebox made a mistake with this event; its log says more.";

const failed = ({ id }: Portal, event: MatrixEvent, at: number): Outcome => ({
  origin: event.event_id,
  portal: id,
  direction: "out",
  state: "failed",
  code: "internal",
  sentence: mistake,
  at,
  room: event.room_id,
  notice: undefined,
});

/** Events taken from the inbox in one commit. */
const batch = 50;

/**
 * Moves what could not go straight into its lanes from the inbox there, in order: each in the commit
 * that also takes it off the inbox, so that it is in exactly one place at any time.
 */
export class InboxPump {
  readonly #works: Works;
  #again = false;
  #running: Promise<void> | undefined;

  constructor(works: Works) {
    this.#works = works;
  }

  /** Something was committed to the inbox. */
  nudge(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again && !this.#works.box.signal.aborted) this.nudge();
    });
  }

  /** Resolves when the pump stands still. */
  async stopped(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    const { box } = this.#works;
    while (this.#again && !box.signal.aborted) {
      this.#again = false;
      try {
        await this.#drain();
      } catch (error) {
        box.log.error("The inbox could not be read; it is tried again in a moment", {
          error: error instanceof Error ? error.message : String(error),
        });
        this.#again = true;
        await box.clock.sleep(1000, box.signal);
      }
    }
  }

  async #drain(): Promise<void> {
    const { store } = this.#works.box;
    for (;;) {
      const events = await store.read.inbox.next(batch);
      if (events.length === 0 || this.#works.box.signal.aborted) return;
      await this.#takeAll(events);
    }
  }

  /** Together; if that fails for another reason than the store, one by one, to find the one at fault. */
  async #takeAll(events: readonly InboxEvent[]): Promise<void> {
    try {
      await this.#take(events);
    } catch (error) {
      if (isStoreFault(error)) throw error;
      if (events.length > 1) for (const event of events) await this.#takeAll([event]);
      else for (const event of events) await this.#setAside(event, error);
    }
  }

  /** An event that cannot be routed must not hold up those behind it; it ends in an outcome. */
  async #setAside({ seq, event: json }: InboxEvent, error: unknown): Promise<void> {
    const { box, portals } = this.#works;
    const event = json as unknown as MatrixEvent;
    box.log.error("An event could not be routed; it is set aside", {
      event: event.event_id,
      room: event.room_id,
      error: traced(error),
    });
    const here = await portals.ofRoom(event.room_id);
    const at = box.clock.now();
    const announce = await commitTelling(box, async (tx, tell) => {
      for (const portal of here) {
        await tx.items.add(this.#notice(portal, event, at));
        const outcomes = [failed(portal, event, at)];
        const put = { portal, outcomes, since: at, event };
        for (const happening of (await putOutcomes(box, tx, put)).told) tell(happening);
      }
      await tx.inbox.done(seq);
      return here.map(({ id }): Lane => ({ portal: id, direction: "in" }));
    });
    announce();
  }

  /** A line in the room about it: nothing is lost without a word. */
  #notice({ id, network }: Portal, event: MatrixEvent, at: number): NewItem {
    const origin = `status:${event.event_id}:0`;
    return {
      lane: { portal: id, direction: "in" },
      rank: 1,
      origin,
      kind: "status",
      at,
      key: this.#works.box.keyOf(id, origin, String(at)),
      payload: {
        about: event.event_id,
        text: `Your message did not reach ${network}: ${mistake}`,
      },
    };
  }

  async #take(events: readonly InboxEvent[]): Promise<void> {
    const { box } = this.#works;
    await box.failpoint("inbox.before-commit");
    const routed = await box.store.commit(async (tx) => {
      const arrived = events.map(({ at, event }) => ({
        at,
        event: event as unknown as MatrixEvent,
      }));
      const into = await routeAll(this.#works, tx, arrived);
      for (const { seq } of events) await tx.inbox.done(seq);
      return into;
    });
    await box.failpoint("inbox.routed");
    afterRouting(this.#works, routed);
  }
}
