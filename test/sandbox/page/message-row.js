import { html } from "./lib/preact.js";
import { Deeds } from "./deeds.js";
import { Fates } from "./fates.js";
import { memo } from "./memo.js";
import { clock, minute, wordsOf } from "./sentences.js";

const hueOf = (name) => [...name].reduce((sum, char) => sum + char.codePointAt(0), 0) % 6;

const Stamp = ({ at }) => html`<time class="stamp" title=${clock(at)}>${minute(at)}</time>`;

const pictureUrl = ({ side, picture }) =>
  `/api/picture?side=${side}&id=${encodeURIComponent(picture)}`;

/** Files that the box hands out: those links lead nowhere else. */
const own = /(http:\/\/127\.0\.0\.1:\d+\/media\/\S+)/;

const withLinks = (text) =>
  text
    .split(own)
    .map((piece, index) =>
      index % 2 === 0
        ? piece
        : html`<a key=${index} class="link" href=${piece} target="_blank" rel="noopener noreferrer"
            >${piece}</a
          >`,
    );

/** As the side's own clients show it; where a link leads is told, but nothing here leaves this computer. */
const Text = ({ line }) =>
  html`<span class="text"
    >${
      line.spans?.map(
        ({ text, link, small }, index) =>
          html`<span
            key=${index}
            class=${[link !== undefined && "link", small && "small"].filter(Boolean).join(" ")}
            title=${link}
            >${text}</span
          >`,
      ) ?? withLinks(line.text)
    }</span
  >`;

/** The text with what it answers before it, and a picture and reactions after it. */
const Body = ({ line }) => {
  if (line.gone) return html`<span class="text is-gone">This message was deleted.</span>`;
  return html`${
      line.answers !== undefined &&
      html`<span class="answers">${line.thread ? "In a thread: " : ""}${line.answers}</span>`
    }${
      line.picture !== undefined &&
      html`<img class="shot" src=${pictureUrl(line)} alt=${wordsOf(line)} loading="lazy" />`
    }<${Text} line=${line} />${line.edited && html`<span class="quiet edited"> (edited)</span>`}${
      line.reactions?.length > 0 &&
      html`<span class="reactions"
        >${line.reactions.map(
          ({ emoji, count }) => html`<span class="reaction" key=${emoji}>${emoji} ${count}</span>`,
        )}</span
      >`
    }`;
};

const Avatar = ({ from }) =>
  html`<span class=${`avatar hue-${hueOf(from)}`} aria-hidden="true">${from[0]}</span>`;

/** A picture of the speaker, then name and time over the text: Matrix, Slack, Discord. */
const flat = ({ line, below }) =>
  html`<${Avatar} from=${line.from} />
    <div class="said">
      <div class="who"><b>${line.from}</b> <${Stamp} at=${line.at} /></div>
      <${Body} line=${line} />
      ${below}
    </div>`;

const irc = ({ line, below }) =>
  html`<div class="said">
    <${Stamp} at=${line.at} />
    <span class="nick"
      ><span class="mark">${"<"}</span>${line.from}<span class="mark">${">"}</span></span
    >
    <${Body} line=${line} />
    ${below}
  </div>`;

const telegram = ({ line, below }) =>
  html`<div class="said bubble">
      ${line.how !== "said" && html`<b class=${`who hue-${hueOf(line.from)}`}>${line.from}</b>`}
      ${line.how === "said" && html`<b class="who vh">${line.from}</b>`}
      <${Body} line=${line} />
      <${Stamp} at=${line.at} />
    </div>
    ${below}`;

const looks = { matrix: flat, irc, telegram, slack: flat, discord: flat };

/**
 * One message as its side shows it, with what became of it if it was said here. Hundreds of them are
 * on the page while it gets news many times a second: one is made anew only where it differs.
 */
export const MessageRow = memo(({ line, fates, up, now, newest, can, speakers, begin }) => {
  const told = line.how === "said" && fates;
  const below = html`<span class="below"
    >${told && html`<${Fates} fates=${fates} up=${up} now=${now} newest=${newest} />`}<${Deeds}
      line=${line}
      can=${can}
      speakers=${speakers}
      begin=${begin}
  /></span>`;
  return html`<li class=${`row is-${line.how}`} data-id=${line.id}>
    ${looks[line.side]({ line, below })}
  </li>`;
});
