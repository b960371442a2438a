import type { UserId, UserInfo } from "@bridgebox/core/adapter";
import type { Asking, Call } from "./api/web.ts";
import { asObject, objectIn, objectsIn, textIn, type Wire } from "./api/shapes.ts";
import { toldIn } from "./api/answers.ts";
import { patient } from "./api/patient.ts";
import { isRefusal } from "./errors.ts";
import { publicPicture } from "./media.ts";
import { pagesOf } from "./pages.ts";
import { Ranks } from "./ranks.ts";
import { Statuses } from "./statuses.ts";
import { topicOf } from "./topic.ts";

/** What Slack says of a person, as the core takes it (docs.slack.dev/reference/objects/user-object). */
export const infoOf = (user: Wire): UserInfo => {
  const profile = objectIn(user, "profile");
  const name =
    textIn(profile, "display_name") ??
    textIn(profile, "real_name") ??
    textIn(user, "real_name") ??
    textIn(user, "name") ??
    textIn(user, "id") ??
    "somebody";
  const picture =
    textIn(profile, "image_512") ?? textIn(profile, "image_192") ?? textIn(profile, "image_72");
  const id = textIn(user, "id");
  return {
    name,
    avatar: picture === undefined ? null : publicPicture(picture),
    bot: user["is_bot"] === true,
    ...(id === undefined ? {} : { identifiers: [`slack:${id}`] }),
  };
};

/** An integration, by `bots.info`. */
export const infoOfBot = (bot: Wire): UserInfo => {
  const icons = objectIn(bot, "icons");
  const picture = textIn(icons, "image_72") ?? textIn(icons, "image_48");
  return {
    name: textIn(bot, "name") ?? "bot",
    avatar: picture === undefined ? null : publicPicture(picture),
    bot: true,
  };
};

const remembered = 5000;

/** Names of people and conversations, asked for once and remembered. */
export class People {
  readonly #call: Call;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<string | undefined>>();
  /** Who is there, and what they say of themselves. */
  readonly statuses = new Statuses();
  /** Who owns and manages the workspace, known to all of its logins together. */
  readonly ranks: Ranks;
  #emoji: Promise<ReadonlyMap<string, string>> | undefined;
  #groups: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(call: Call, signal: AbortSignal, ranks = new Ranks()) {
    this.ranks = ranks;
    this.#call = call;
    this.#signal = signal;
  }

  /** The name of a person, an integration or a conversation; nothing where it cannot be known. */
  name(id: string): Promise<string | undefined> {
    const known = this.#known.get(id);
    if (known) return known;
    const asked = this.#ask(id).catch(() => {
      this.#known.delete(id);
      return undefined;
    });
    this.#keep(id, asked);
    return asked;
  }

  /** What stands over a conversation now; nothing where it cannot be known. */
  async topic(channel: string): Promise<string | undefined> {
    const what = "A topic was not looked up";
    try {
      const asking = this.#asking(what);
      const answer = await patient(this.#call)("conversations.info", { channel }, asking);
      return topicOf(toldIn(answer, "channel", what));
    } catch {
      return undefined;
    }
  }

  /** The channels that somebody is in, as far as they are shown. @throws BridgeError where none are told. */
  async channelsOf(user: string): Promise<ReadonlySet<string>> {
    const types = "public_channel,private_channel";
    const args = { user, types, exclude_archived: true, limit: 200 };
    const list = { method: "users.conversations", args, key: "channels" };
    const asking = this.#asking("It was not looked up where somebody is");
    const found = new Set<string>();
    for await (const page of pagesOf(patient(this.#call), list, asking))
      for (const each of page) found.add(textIn(asObject(each), "id") ?? "");
    return found;
  }

  /** A person, or an integration, as they are now. */
  describe(id: UserId | string, asking: Asking): Promise<UserInfo> {
    return describePerson(this.#call, id, asking, (user) => {
      this.statuses.learn(user);
      this.ranks.learn(user);
    });
  }

  /** What an event says of a name. */
  learn(id: string, name: string): void {
    this.#keep(id, Promise.resolve(name));
  }

  /** The picture of an emoji of the workspace's own. */
  async picture(name: string): Promise<string | undefined> {
    this.#emoji ??= this.#askEmoji();
    const all = await this.#emoji;
    let found = all.get(name);
    for (let hops = 0; found?.startsWith("alias:") === true && hops < 5; hops += 1)
      found = all.get(found.slice("alias:".length));
    return found;
  }

  /** What a group of people is called. */
  async group(id: string): Promise<string | undefined> {
    this.#groups ??= this.#askGroups();
    return (await this.#groups).get(id);
  }

  forgetGroups(): void {
    this.#groups = undefined;
  }

  forgetEmoji(): void {
    this.#emoji = undefined;
  }

  #keep(id: string, name: Promise<string | undefined>): void {
    this.#known.delete(id);
    this.#known.set(id, name);
    const [oldest] = this.#known.keys();
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest);
  }

  async #ask(id: string): Promise<string | undefined> {
    if (id.startsWith("C") || id.startsWith("G")) {
      const answer = await this.#call("conversations.info", { channel: id }, this.#asking());
      return textIn(toldIn(answer, "channel", "A name was not looked up"), "name");
    }
    return (await this.describe(id, this.#asking())).name;
  }

  async #askEmoji(): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#call("emoji.list", {}, this.#asking()).catch((error): Wire => {
      if (!isRefusal(error)) this.forgetEmoji();
      return {};
    });
    const all = Object.entries(objectIn(answer, "emoji") ?? {});
    return new Map(all.flatMap(([name, url]) => (typeof url === "string" ? [[name, url]] : [])));
  }

  async #askGroups(): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#call("usergroups.list", {}, this.#asking()).catch((error): Wire => {
      if (!isRefusal(error)) this.forgetGroups();
      return {};
    });
    return new Map(
      objectsIn(answer, "usergroups").flatMap((each) => {
        const id = textIn(each, "id");
        const handle = textIn(each, "handle");
        return id === undefined || handle === undefined ? [] : [[id, handle]];
      }),
    );
  }

  #asking(what = "A name was not looked up"): Asking {
    const limit = AbortSignal.timeout(10_000);
    return { what, signal: AbortSignal.any([this.#signal, limit]) };
  }
}

/** A person by their id, or an integration. */
export const describePerson = async (
  call: Call,
  id: UserId | string,
  asking: Asking,
  seen: (user: Wire) => void = () => undefined,
): Promise<UserInfo> => {
  if (id.startsWith("B")) {
    const answer = await call("bots.info", { bot: id }, asking);
    return infoOfBot(toldIn(answer, "bot", asking.what));
  }
  const answer = await call("users.info", { user: id }, asking);
  const user = toldIn(answer, "user", asking.what);
  seen(user);
  return infoOf(user);
};
