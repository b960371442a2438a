import { domain } from "./folder.ts";
import type { Cast } from "./cast.ts";
import type { SeenEvent } from "./client.ts";

const patienceMs = 20_000;

/**
 * Ana logs in to her own Telegram account as anybody does: she talks to the bot. Gives the bot's last
 * words.
 * @throws Error where the bot does not answer, or says no.
 */
export const logInAna = async (cast: Cast, signal: AbortSignal): Promise<string> => {
  const { ana } = cast;
  const { telegram } = cast.places;
  const bot = `@bridgebox:${domain}`;
  const room = await ana.createRoom({
    is_direct: true,
    preset: "trusted_private_chat",
    invite: [bot],
  });
  const answered = async (fits: (event: SeenEvent) => boolean): Promise<SeenEvent> => {
    try {
      return await ana.until((event) => event.room_id === room && fits(event), patienceMs);
    } catch (cause) {
      throw new Error(`the bot did not answer within ${patienceMs / 1000} s.`, { cause });
    }
  };
  await answered(
    ({ type, state_key: who, content }) =>
      type === "m.room.member" && who === bot && content["membership"] === "join",
  );
  const heard = new Set<string>();
  const ask = async (words: string, expected: RegExp): Promise<string> => {
    signal.throwIfAborted();
    await ana.send(room, words);
    const answer = await answered(({ event_id: id, sender, content: { body } }) => {
      if (sender !== bot || heard.has(id)) return false;
      return typeof body === "string" && expected.test(body);
    });
    heard.add(answer.event_id);
    return String(answer.content["body"]);
  };
  await ask("login telegram phone", /phone|number/i);
  await ask(telegram.anaPhone, /code/i);
  return ask(telegram.anaCode(), /logged in|connected/i);
};
