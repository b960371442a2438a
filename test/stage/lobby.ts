import type { IrcPerson } from "../networks/irc/index.ts";
import type { Account, Channel, TelegramServer } from "../networks/telegram/index.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { botToken } from "./stage.ts";
import type { Stage, StageOptions } from "./stage.ts";

/** A stage whose config binds one room to a channel and a supergroup. */
export const lobbyStage = {
  telegram: true,
  rooms: [{ room: "#lobby:sandbox.test", chats: ["irc #lobby", "telegram thelobby"] }],
} as const satisfies StageOptions;

/** One room on three sides: Ana on Matrix, Carl on IRC, Dora on Telegram. */
export interface Lobby {
  readonly ana: MatrixUser;
  readonly room: string;
  readonly carl: IrcPerson;
  readonly dora: Account;
  readonly chat: Channel;
}

/** The account of the bot that every stage's config declares. */
export const boxBot = (telegram: TelegramServer): Account =>
  telegram.addUser({ username: "boxbot", firstName: "Box", bot: true, token: botToken });

/** Who speaks on Telegram. */
export const doraOn = (telegram: TelegramServer): Account =>
  telegram.addUser({ phone: "15550001", firstName: "Dora", username: "dorathe" });

/** Everybody comes, then the box; resolves once the room is bound on both sides. */
export const openLobby = async (stage: Stage): Promise<Lobby> => {
  const { box, irc, telegram } = stage;
  const dora = doraOn(telegram);
  const chat = telegram.addSupergroup("The lobby", [dora, boxBot(telegram)], {
    username: "thelobby",
  });
  const carl = await irc.user("carl");
  await carl.join("#lobby");
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({
    preset: "public_chat",
    room_alias_name: "lobby",
    name: "The lobby",
  });
  await box.start();
  await box.until((log) => log.split("is bound").length === 3);
  return { ana, room, carl, dora, chat };
};
