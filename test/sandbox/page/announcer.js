import { html } from "./lib/preact.js";
import { sideNames, stateWords, wordsOf } from "./sentences.js";

const everyMs = 1200;

/** Gathers what readers of the screen are to hear, so that many lines are one sentence. */
export const createAnnouncer = (speak) => {
  let lines = [];
  let before = {};
  let timer;
  const flush = () => {
    timer = undefined;
    const [only] = lines;
    const said =
      lines.length === 1
        ? `${only.from} on ${sideNames[only.side]}: ${wordsOf(only)}`
        : `${lines.length} new messages`;
    if (lines.length > 0) speak(said);
    lines = [];
  };
  return (news, room) => {
    if (news.some(({ what }) => what === "hello")) return;
    for (const one of news) {
      if (one.what === "line" && one.line.room === room && one.line.how === "said") {
        lines.push(one.line);
        timer ??= setTimeout(flush, everyMs);
      }
      if (one.what !== "state") continue;
      const { homeserver, box, networks } = one.state;
      const links = [
        { name: "Homeserver", ...homeserver },
        { name: "The box", ...box },
        ...networks,
      ];
      const changed = links.filter(({ name, state }) => before[name] && before[name] !== state);
      before = Object.fromEntries(links.map(({ name, state }) => [name, state]));
      if (changed.length > 0) {
        speak(changed.map(({ name, state }) => `${name}: ${stateWords[state]}`).join(". "));
      }
    }
  };
};

export const Announcer = ({ text }) =>
  html`<p class="vh" role="status" aria-live="polite">${text}</p>`;
