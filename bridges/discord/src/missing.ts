import { holds, inviteLink, wanted } from "./permissions.ts";
import type { View } from "./view.ts";

/** Names to admins what the bot was not given; that it cannot be told is no more than a warning. */
export const warnOfMissing = async (id: string, view: View): Promise<void> => {
  const ask = { what: "The permissions were not read", signal: view.signal };
  const guild = await view.places.guild(id, ask);
  const held = await view.places.permissionsAtLarge(guild, ask).catch((error: unknown) => {
    const why = String(error);
    view.log.warn("It was not looked up what the bot may do in a server", { guild: id, why });
    return undefined;
  });
  if (held === undefined) return;
  const missing = wanted.filter((name) => !holds(held, name));
  if (missing.length === 0) return;
  view.log.warn(
    "The bot lacks permissions in a server: give them to its role, or invite it again",
    {
      server: guild.name,
      missing,
      invite: inviteLink(view.application()),
    },
  );
};
