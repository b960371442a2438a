import { Answer, refusal } from "../http.ts";
import { wireText } from "../model.ts";
import type { Wire } from "../model.ts";
import type { Use } from "../uses.ts";
import { on } from "./route.ts";
import type { Ground, Route } from "./route.ts";

const ephemeral = 64;
/** CHANNEL_MESSAGE_WITH_SOURCE and DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE. */
const answering: readonly unknown[] = [4, 5];

const demandOwn = ({ world }: Ground, id: string | undefined): void => {
  if (id !== world.bot.id) throw refusal(403, 20_012, "You are not authorized");
};

/** A use whose token is good still: the answer to it is a message of a webhook of that token. */
const answered = ({ world, uses }: Ground, id: string | undefined, token: string | undefined) => {
  if (id !== world.bot.id) throw refusal(404, 10_015, "Unknown Webhook");
  const use = uses.byToken(token ?? "");
  if (use === undefined || use.over) throw refusal(401, 50_027, "Invalid Webhook Token");
  if (use.answer === undefined) throw refusal(404, 10_008, "Unknown Message");
  return use as Use & { answer: Wire };
};

const contentIn = (body: Wire): string => {
  const content = wireText(body["content"]);
  if (content.trim() === "") throw refusal(400, 50_006, "Cannot send an empty message");
  return content.trim();
};

/** docs.discord.com/developers/interactions: commands of an application, and what answers their use. */
export const interactionRoutes: readonly Route[] = [
  on("GET", "/applications/:id/commands", (ground, [id]) => {
    demandOwn(ground, id);
    return [...ground.uses.commands.values()];
  }),
  on("POST", "/applications/:id/commands", (ground, [id], { body = {} }) => {
    demandOwn(ground, id);
    const before = ground.uses.commands.has(wireText(body["name"]));
    return new Answer(before ? 200 : 201, ground.uses.register(body));
  }),
  on("PATCH", "/applications/:id/commands/:command", (ground, [id, command], { body = {} }) => {
    demandOwn(ground, id);
    const before = [...ground.uses.commands.values()].find((one) => one["id"] === command);
    if (before === undefined) throw refusal(404, 10_063, "Unknown application command");
    return ground.uses.register({ ...before, ...body });
  }),
  on("POST", "/interactions/:id/:token/callback", (ground, [id, token], { body = {} }) => {
    const use = ground.uses.byToken(token ?? "");
    if (use === undefined || use.id !== id || use.late)
      throw refusal(404, 10_062, "Unknown interaction");
    if (use.answer !== undefined)
      throw refusal(400, 40_060, "Interaction has already been acknowledged.");
    if (!answering.includes(body["type"])) throw refusal(400, 50_035, "Invalid Form Body");
    const data = (body["data"] ?? {}) as Wire;
    const content = body["type"] === 4 ? contentIn(data) : "";
    ground.uses.answer(use, content, (Number(data["flags"] ?? 0) & ephemeral) !== 0);
  }),
  on("GET", "/webhooks/:id/:token/messages/@original", (ground, [id, token]) => {
    return answered(ground, id, token).answer;
  }),
  on("PATCH", "/webhooks/:id/:token/messages/@original", (ground, [id, token], { body = {} }) => {
    const use = answered(ground, id, token);
    const content = contentIn(body);
    use.answer["content"] = content;
    use.onAnswer?.(content);
    use.answer["edited_timestamp"] = new Date().toISOString();
    return use.answer;
  }),
];
