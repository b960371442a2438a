import type { InboxEvent, Lane } from "../store/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Confirm } from "./confirm.ts";
import { confirmOwn } from "./confirm.ts";
import { route } from "./route.ts";
import type { Works } from "./works.ts";

/** Events taken from the inbox in one commit. */
const batch = 50;

/**
 * Moves committed events from the inbox into lanes, in order: each in the commit that also takes it
 * off the inbox, so that it is in exactly one place at any time.
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
      await this.#take(events);
    }
  }

  async #take(events: readonly InboxEvent[]): Promise<void> {
    const { box, parked } = this.#works;
    const confirms: Confirm[] = [];
    await box.failpoint("inbox.before-commit");
    const lanes = await box.store.commit(async (tx) => {
      const woken: Lane[] = [];
      for (const { seq, at, event: json } of events) {
        const event = json as unknown as MatrixEvent;
        const own = await confirmOwn(this.#works, tx, event);
        if (own) confirms.push(own);
        if (own?.lane) woken.push(own.lane);
        woken.push(...(await route(this.#works, tx, { event, at, own })));
        await tx.inbox.done(seq);
      }
      woken.push(
        ...(await parked.wake(
          tx,
          confirms.flatMap((one) => one.wakes),
        )),
      );
      return woken;
    });
    await box.failpoint("inbox.routed");
    for (const lane of lanes) box.wake(lane);
  }
}
