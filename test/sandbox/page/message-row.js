import { html } from "./lib/preact.js";
import { Fates } from "./fates.js";
import { clock, minute } from "./sentences.js";

const hueOf = (name) => [...name].reduce((sum, char) => sum + char.codePointAt(0), 0) % 6;

const Stamp = ({ at }) => html`<time class="stamp" title=${clock(at)}>${minute(at)}</time>`;

const matrix = ({ line, below }) =>
  html`<span class=${`avatar hue-${hueOf(line.from)}`} aria-hidden="true">${line.from[0]}</span>
    <div class="said">
      <div class="who"><b>${line.from}</b> <${Stamp} at=${line.at} /></div>
      <div class="text">${line.text}</div>
      ${below}
    </div>`;

const irc = ({ line, below }) =>
  html`<div class="said">
    <${Stamp} at=${line.at} />
    <span class="nick"
      ><span class="mark">${"<"}</span>${line.from}<span class="mark">${">"}</span></span
    >
    <span class="text">${line.text}</span>
    ${below}
  </div>`;

const telegram = ({ line, below }) =>
  html`<div class="said bubble">
      ${line.how !== "said" && html`<b class=${`who hue-${hueOf(line.from)}`}>${line.from}</b>`}
      ${line.how === "said" && html`<b class="who vh">${line.from}</b>`}
      <span class="text">${line.text}</span>
      <${Stamp} at=${line.at} />
    </div>
    ${below}`;

const looks = { matrix, irc, telegram };

/** One message as its side shows it, with what became of it if it was said here. */
export const MessageRow = ({ line, fates, state, now, newest }) => {
  const below =
    line.how === "said" && fates
      ? html`<${Fates} fates=${fates} state=${state} now=${now} newest=${newest} />`
      : null;
  return html`<li class=${`row is-${line.how}`} data-id=${line.id}>
    ${looks[line.side]({ line, below })}
  </li>`;
};
