import type { Deed, Side } from "./places/place.ts";
import { Refusal, type SideId } from "./types.ts";

/** What somebody is to do on a side. */
export type Words = Deed & { readonly side: SideId };

/** So that no side has to split it, whoever's name is put before it. */
const mostBytes = 350;

/** Has a person of the sandbox do something on their own side, as their own client would. */
export const speak = async (
  sides: readonly Side[],
  { side: id, ...deed }: Words,
): Promise<void> => {
  const { room, as, what } = deed;
  const side = sides.find((one) => one.id === id);
  if (side === undefined || !side.can.includes(what))
    throw new Refusal("Not done – there is no such thing on that side – choose another.");
  const text = deed.text.replaceAll("\0", " ").replaceAll(/\s+/g, " ").trim();
  if (side.rooms[room]?.speakers.includes(as) !== true) {
    throw new Refusal(`Not sent – ${as} is not in this room there – choose somebody who is.`);
  }
  if (text === "" && what !== "delete") {
    throw new Refusal("Not sent – there is nothing in it – type something first.");
  }
  if (Buffer.byteLength(text) > mostBytes) {
    throw new Refusal("Not sent – one line of IRC would not hold it – make it shorter.");
  }
  await side.do({ ...deed, text });
};
