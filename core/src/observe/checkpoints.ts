import type { ErrorCode } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { posted, postBackoff } from "./posted.ts";
import type { Posting } from "./posted.ts";

/** How far a message of a Matrix user has come. */
export interface Checkpoint {
  readonly event: string;
  readonly room: string;
  readonly type: string;
  readonly msgtype?: string | undefined;
  /** `accepted`: it is on the box's disk; else what became of it on the network. */
  readonly state: "accepted" | "delivered" | "retrying" | "failed" | "not_bridged" | "doubtful";
  readonly code?: ErrorCode | undefined;
  readonly sentence?: string | undefined;
  /** Milliseconds. */
  readonly at: number;
}

/** What waits to be posted at most; the oldest goes for a new one: it is news, the store is the truth. */
const most = 10_000;
const atOnce = 100;

/**
 * Posts how far messages have come, many at a time and in order (mautrix:
 * `message_send_checkpoint_endpoint`). What is not taken is posted again. Never throws.
 */
export const checkpointReporter = (posting: Posting): ((checkpoint: Checkpoint) => void) => {
  const { clock, signal } = posting;
  let waiting: object[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    for (let failures = 0; waiting.length > 0 && !signal.aborted;) {
      const checkpoints = waiting.slice(0, atOnce);
      if (await posted(posting, { checkpoints }, failures)) {
        const taken = new Set(checkpoints);
        waiting = waiting.filter((one) => !taken.has(one));
        failures = 0;
        continue;
      }
      failures += 1;
      await clock.sleep(delayAfter(failures, postBackoff), signal);
    }
    running = false;
  };
  return (checkpoint) => {
    if (waiting.length >= most) waiting.shift();
    waiting.push(asPosted(checkpoint));
    if (!running) void run();
  };
};

const asPosted = ({ event, room, type, msgtype, sentence, at, ...rest }: Checkpoint): object => ({
  event_id: event,
  room_id: room,
  step: rest.state === "accepted" ? "BRIDGE" : "REMOTE",
  timestamp: at,
  status: statusOf(rest),
  event_type: type,
  ...(msgtype === undefined ? {} : { message_type: msgtype }),
  reported_by: "BRIDGE",
  retry_num: 0,
  ...(sentence === undefined ? {} : { info: sentence }),
});

const statusOf = ({ state, code }: Pick<Checkpoint, "state" | "code">): string => {
  if (state === "accepted" || state === "delivered") return "SUCCESS";
  if (state === "retrying") return "WILL_RETRY";
  if (state === "not_bridged" && code === "unsupported") return "UNSUPPORTED";
  return state === "doubtful" || code === "expired" ? "TIMEOUT" : "PERM_FAILURE";
};
