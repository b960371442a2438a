import { BridgeError } from "../adapter/index.ts";
import {
  codeLife,
  confirmLink,
  learnFace,
  offerLink,
  shownAccount,
  unlink,
} from "../engine/index.ts";
import type { LiveNetwork } from "../engine/index.ts";
import type { Link } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { networkNamed } from "./networks.ts";
import { hasOthers } from "./others.ts";

const alone = "I do that only where nobody reads along. Ask me in a room of the two of us.";

const refused = (code: "unsupported" | "not_found", sentence: string): BridgeError =>
  new BridgeError(code, sentence, { reached: "no", scope: "item" });

/** Proves that an account of a network is the asker's, without a login. */
export const link: Command = {
  name: "link",
  inPerson: true,
  args: "[network]",
  says: "shows you as yourself where you cannot log in: proves that an account there is yours",
  section: "logins",
  needs: "commands",
  async run(asked) {
    const { engine, room, sender: mxid, args } = asked;
    if (await hasOthers(asked)) return alone;
    const [name] = args;
    if (name === undefined) return overview(asked);
    const live = networkNamed(engine, name);
    const where = wayTo(live);
    const code = await offerLink(engine.works, { live, mxid, room });
    const { adapter } = live.settings;
    return (
      `Your code is ${code}\nSend it ${where}, from the account that is yours, within ${codeLife / 60_000} ` +
      `minutes. I answer there with a word that you tell me here. Give the code to nobody: whoever ` +
      `sends it from ${adapter.name} could be shown here as you.`
    );
  },
};

/** Where the code is sent to. */
const wayTo = ({ settings: { id, adapter }, logins }: LiveNetwork): string => {
  if (adapter.asides === undefined)
    throw refused(
      "unsupported",
      `No account of ${id} can be linked: nobody can say anything to the box alone there.`,
    );
  const ofBox = [...logins.values()].find(({ row }) => row.owner === undefined);
  if (!ofBox)
    throw refused(
      "not_found",
      `No account of ${id} can be linked: the box has no account of its own there that you could write to. Its admin can give it one in the config.`,
    );
  return adapter.asides.replaceAll("{name}", () => ofBox.row.name);
};

const overview = async (asked: Asked): Promise<string> => {
  const { engine, sender } = asked;
  const { box, linked } = engine.works;
  const all = await linked.accountsOf(box.store.read, sender);
  const can = [...box.networks.values()]
    .filter(({ settings }) => settings.adapter.asides !== undefined)
    .map(({ settings }) => `link ${settings.id}`);
  const now = all.map((one) => `${one.network}: ${shownAccount(one)}`);
  return [
    now.length === 0 ? "No account is linked to you." : "Linked to you:",
    ...now,
    can.length === 0
      ? "No network here has accounts that can be linked."
      : `Say: ${can.join(", or ")}`,
  ].join("\n");
};

export const confirm: Command = {
  name: "confirm",
  inPerson: true,
  args: "<word>",
  says: "ends a proof that link began: with the word that your account was told",
  section: "logins",
  needs: "commands",
  async run(asked) {
    const { engine, sender: mxid, args } = asked;
    if (await hasOthers(asked)) return alone;
    const [word] = args;
    if (word === undefined) return "Tell me the word that I told your account there: confirm WORD";
    const made = await confirmLink(engine.works, { mxid, word });
    await learnFace(engine.works, made);
    return linkedText(asked, made);
  },
};

const linkedText = async ({ engine, sender }: Asked, made: Link): Promise<string> => {
  const { box, puppets } = engine.works;
  const name = box.networks.get(made.network)?.settings.adapter.name ?? made.network;
  const said = `What you say in rooms that are bridged to ${made.network} carries the name of that account there.`;
  const shown = (await puppets.canBe(engine.works.box.store.read, sender))
    ? `What you say on ${name} itself in a chat whose room you are in is shown there as said by you.`
    : `What you say on ${name} itself is still shown by a ghost of yours: the box is not allowed to speak as you on this homeserver. Its admin can change that with double puppeting.`;
  return `${shownAccount(made)} is yours now. ${said} ${shown} To end it: unlink ${made.network}`;
};

export const unlinkCommand: Command = {
  name: "unlink",
  args: "<network> [account]",
  says: "ends what link began, and tells the account",
  section: "logins",
  needs: "commands",
  async run(asked) {
    const { engine, sender: mxid, args } = asked;
    if (await hasOthers(asked)) return alone;
    const all = await engine.works.linked.accountsOf(engine.works.box.store.read, mxid);
    const [only, ...more] = new Set(all.map(({ network }) => network));
    const [name = more.length === 0 ? only : undefined, ...words] = args;
    const network =
      name === undefined ? networkNamed(engine, name).settings.id : known(asked, name, all);
    const account = words.length === 0 ? undefined : words.join(" ");
    const { links, offers } = await unlink(engine.works, { mxid, network, account });
    if (links.length > 0)
      return `${links.map(shownAccount).join(", ")} is not linked to you any more. The account is told.`;
    return offers.length > 0
      ? "Nothing is linked: that proof is over, and its code is void."
      : `No such account of ${network} is linked to you.`;
  },
};

/** Also of a network that the config has no more. */
const known = ({ engine }: Asked, name: string, all: readonly Link[]): Link["network"] => {
  const found = all.find(({ network }) => network === name)?.network;
  return found ?? networkNamed(engine, name).settings.id;
};
