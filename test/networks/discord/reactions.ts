import type { Post, User, Wire } from "./model.ts";

/** An emoji from how it stands in a path: `👍` or `name:id`. */
export const emojiOf = (key: string): Wire => {
  const [name = "", id] = key.split(":");
  return { id: id ?? null, name, ...(id === undefined ? {} : { animated: false }) };
};

/** The reactions to a message as the bot sees them: counted, not named. */
export const reactionsOf = (post: Post, bot: User): readonly Wire[] =>
  [...new Set([...post.reactions.keys(), ...post.bursts.keys()])].flatMap((emoji) => {
    const users = post.reactions.get(emoji) ?? new Set();
    const burst = post.bursts.get(emoji)?.size ?? 0;
    const count = users.size + burst;
    if (count === 0) return [];
    return [
      {
        emoji: emojiOf(emoji),
        count,
        count_details: { burst, normal: users.size },
        burst_colors: [],
        me_burst: false,
        me: users.has(bot.id),
      },
    ];
  });
