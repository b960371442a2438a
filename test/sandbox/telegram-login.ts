import { domain } from "./folder.ts";
import type { Cast } from "./cast.ts";

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
  await ana.until(
    (event) =>
      event.room_id === room &&
      event.type === "m.room.member" &&
      event.state_key === bot &&
      event.content["membership"] === "join",
    patienceMs,
  );
  const heard = new Set<string>();
  const ask = async (words: string, expected: RegExp): Promise<string> => {
    signal.throwIfAborted();
    await ana.send(room, words);
    const answer = await ana.until((event) => {
      const { body } = event.content;
      if (event.room_id !== room || event.sender !== bot || heard.has(event.event_id)) return false;
      return typeof body === "string" && expected.test(body);
    }, patienceMs);
    heard.add(answer.event_id);
    return String(answer.content["body"]);
  };
  await ask("login telegram phone", /phone|number/i);
  await ask(telegram.anaPhone, /code/i);
  return ask(telegram.anaCode(), /logged in|connected/i);
};
