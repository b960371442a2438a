import type { Queries } from "../query.ts";
import type { Repositories } from "../types.ts";
import { assertions } from "./assertions.ts";
import { cursors } from "./cursors.ts";
import { ghosts } from "./ghosts.ts";
import { inbox } from "./inbox.ts";
import { items } from "./items.ts";
import { keyValues } from "./key-values.ts";
import { leases } from "./leases.ts";
import { links } from "./links.ts";
import { logins } from "./logins.ts";
import { members } from "./members.ts";
import { messages } from "./messages.ts";
import { outcomes } from "./outcomes.ts";
import { portals } from "./portals.ts";
import { retriables } from "./retriables.ts";
import { roster } from "./roster.ts";
import { seen } from "./seen.ts";
import { spaces } from "./spaces.ts";
import type { Setting } from "./setting.ts";

/** The repositories on a connection: the same ones for every dialect. */
export const repositoriesOn =
  (setting: Setting) =>
  (queries: Queries): Repositories => ({
    items: items(queries, setting),
    inbox: inbox(queries),
    portals: portals(queries),
    logins: logins(queries, setting.vault),
    links: links(queries),
    ghosts: ghosts(queries),
    members: members(queries),
    roster: roster(queries),
    spaces: spaces(queries),
    messages: messages(queries),
    assertions: assertions(queries),
    outcomes: outcomes(queries),
    retriables: retriables(queries),
    seen: seen(queries),
    cursors: cursors(queries),
    keys: keyValues(queries, setting.vault),
    leases: leases(queries),
  });
