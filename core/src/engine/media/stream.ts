import { BridgeError } from "../../adapter/index.ts";
import type { Millis } from "../../adapter/index.ts";
import { inUnits } from "./names.ts";
import { sweepAfter } from "./sweep.ts";

/** The end of a file that is larger than may be passed on. */
export const tooLarge = (most: number, whose: string): BridgeError =>
  new BridgeError(
    "too_large",
    `it is larger than ${inUnits(most)}, the most that ${whose} takes.`,
    {
      reached: "no",
      scope: "item",
    },
  );

/** A file that stopped coming: it is asked for again. */
const brokenOff = (cause: unknown): BridgeError =>
  cause instanceof BridgeError
    ? cause
    : new BridgeError("network", "the file broke off on its way.", {
        reached: "no",
        scope: "item",
        cause,
      });

interface Bounds {
  readonly most: number;
  /** Who takes no more, as a sentence names them. */
  readonly whose: string;
  /** How long the next bytes may take, in milliseconds. */
  readonly idle: Millis;
  readonly counted?: (bytes: number) => void;
}

/** The same bytes, taken only as they are wanted; an error if they are too many or stop coming. */
export const bounded = (
  body: ReadableStream<Uint8Array>,
  { most, whose, idle, counted }: Bounds,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  let count = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await soon(reader.read(), idle, stalled).catch(async (error: unknown) => {
          void reader.cancel(error).catch(() => undefined);
          throw brokenOff(error);
        });
        if (next.done) return controller.close();
        count += next.value.length;
        sweepAfter(next.value.length);
        counted?.(count);
        if (count > most) {
          const error = tooLarge(most, whose);
          void reader.cancel(error).catch(() => undefined);
          throw error;
        }
        controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
};

const stalled = (): Error => new Error("nothing came any more");

/** The same promise, or that error after so many milliseconds. */
export const soon = async <T>(work: Promise<T>, time: Millis, late: () => Error): Promise<T> => {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), time);
  return Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
};
