import { ifTold, type Access, type Ask } from "./access.ts";
import { Api } from "./api/tl.ts";
import type { PeerId } from "./ids.ts";

const pageSize = 100;
/** Each is a line in a room; of more than that the ones where nobody spoke for longest are left out. */
const mostPages = 10;

/**
 * The topics of a forum that began before the message `start` and in which something was said after the
 * message `after`, the one that was spoken in last first: they may lack something from between. None of
 * what is no forum, and none where the network does not tell them now
 * (core.telegram.org/method/channels.getForumTopics).
 */
export const topicsOf = async (
  access: Access,
  peer: PeerId,
  {
    after,
    start,
    ask,
  }: { readonly after: number; readonly start: number; readonly ask: () => Ask },
): Promise<readonly PeerId[]> => {
  if (access.bot || (await access.peers.get(peer))?.forum !== true) return [];
  const channel = await access.peers.inputChannel(peer.id);
  if (channel === undefined) return [];
  const found = new Map<number, PeerId>();
  let offset = { offsetDate: 0, offsetId: 0, offsetTopic: 0 };
  for (let page = 0; page < mostPages; page += 1) {
    const request = new Api.channels.GetForumTopics({ channel, ...offset, limit: pageSize });
    const until = ask();
    const answer = await ifTold(access, until, () =>
      access.client.call<Api.messages.ForumTopics>(request, until),
    );
    if (answer === undefined) break;
    await access.learn(answer.users, answer.chats);
    const topics = answer.topics.filter((each) => each instanceof Api.ForumTopic);
    for (const { id, topMessage } of topics)
      if (id > general && id < start && topMessage > Math.max(after, id))
        found.set(id, { ...peer, topic: id });
    const last = topics.at(-1);
    if (topics.length < pageSize || last === undefined) break;
    const { date, topMessage, id } = last;
    offset = { offsetDate: date, offsetId: topMessage, offsetTopic: id };
  }
  return [...found.values()];
};

/** The topic of what is in none: the forum itself stands for it. */
const general = 1;
