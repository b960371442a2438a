import { html } from "./lib/preact.js";
import { fateSentence, fateWord, sideNames } from "./sentences.js";
import { tipProps } from "./tip.js";

/** What became of one message, one word for each group of places: "Sent · IRC · Telegram". */
export const Fates = ({ fates, up, now, newest }) => {
  const groups = Map.groupBy(fates, (fate) => fateWord(fate, now));
  return html`<span class="fates">
    ${[...groups].map(([word, group]) => {
      const sentence = group.map((fate) => fateSentence(fate, up)).join(" ");
      return html`<button
        type="button"
        key=${word}
        class=${`fate is-${group[0].state}`}
        tabindex=${newest ? 0 : -1}
        ...${tipProps(sentence)}
      >
        <span class="fate-word">${word}</span>
        ${group.map((fate) => html`<span class="fate-to"> · ${sideNames[fate.to]}</span>`)}
        <span class="vh">. ${sentence}</span>
      </button>`;
    })}
  </span>`;
};
