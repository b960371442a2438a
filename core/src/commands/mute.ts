import { setMuted } from "../engine/index.ts";
import type { Asked, Command } from "./command.ts";
import { ownNamed } from "./own-login.ts";
import { demandPower } from "./power.ts";

const switching = async (asked: Asked, on: boolean): Promise<string> => {
  const { engine, room, sender, args } = asked;
  const { box, portals } = engine.works;
  const bridged = (await portals.ofRoom(room)).some(({ dead }) => !dead);
  if (bridged && args.length === 0) {
    await demandPower(asked, on ? "muted" : "unmuted");
    await box.store.commit((tx) => setMuted(tx, { room }, on));
    return on
      ? "I say nothing here any more of messages that did not arrive, or of what may be missing. unmute ends it."
      : "I say here again what did not arrive.";
  }
  const { id, name } = await ownNamed(asked, args.length === 0 ? undefined : args.join(" "));
  await box.store.commit((tx) => setMuted(tx, { login: id, user: sender }, on));
  return on
    ? `I do not tell you any more when ${name} is not connected. list-logins does, and unmute ends it.`
    : `I tell you again when ${name} is not connected.`;
};

export const mute: Command = {
  name: "mute",
  section: "rooms",
  network: "only",
  again: true,
  args: "[login]",
  says: "ends my notices about this room, or about a login of yours",
  needs: "user",
  run: (asked) => switching(asked, true),
};

export const unmute: Command = {
  name: "unmute",
  section: "rooms",
  network: "only",
  again: true,
  args: "[login]",
  says: "brings my notices back",
  needs: "user",
  run: (asked) => switching(asked, false),
};
