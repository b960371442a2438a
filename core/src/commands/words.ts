import type { LiveLogin, LiveNetwork } from "../engine/index.ts";

/** What was to be done to a bridged room, or to its chat of that network. */
export const notBridged = (network: string | undefined): string =>
  `Nothing was done: this room is not bridged${network === undefined ? "" : ` to ${network}`}.`;

/** The four words people read for a login's state. */
export const loginWord = (login: LiveLogin): string => {
  switch (login.state) {
    case "connected":
      return "Connected";
    case "connecting":
    case "reconnecting":
      return "Reconnecting";
    case "needs-login":
      return "Needs you";
    case "logged-out":
      return "Off";
    default:
      return login.state satisfies never;
  }
};

/** So many logins of a network are named; of the others it is told how many they are. */
const mostNamed = 20;

/** Those of its logins that the asker may see, those in trouble first, or why there is none. */
export const networkWord = (live: LiveNetwork, seen: (login: LiveLogin) => boolean): string => {
  const closed = live.gate.closure;
  if (closed) return `Reconnecting – ${closed.why}`;
  if (live.logins.size === 0) return "Off – nobody is logged in";
  const shown = [...live.logins.values()]
    .filter(seen)
    .toSorted((a, b) => Number(a.state === "connected") - Number(b.state === "connected"));
  if (shown.length === 0) return "On";
  const named = shown.slice(0, mostNamed).map((login) => {
    const why = login.why === undefined ? "" : ` – ${login.why.message}`;
    return `${login.row.name} ${loginWord(login)}${why}`;
  });
  const more = new Map<string, number>();
  for (const login of shown.slice(mostNamed))
    more.set(loginWord(login), (more.get(loginWord(login)) ?? 0) + 1);
  const counted = [...more].map(([word, count]) => `and ${count} more ${word}`);
  return [...named, ...counted].join("; ");
};
