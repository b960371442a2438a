import { html } from "./lib/preact.js";
import { stateWords } from "./sentences.js";
import { tipProps } from "./tip.js";

/** A place on the path: its name, its state in a word, and why on hover, focus and tap. */
export const StatePill = ({ name, link, side }) => {
  const why = link.why ?? "Everything is as it should be.";
  return html`<button
    type="button"
    class=${`pill ${side ? `edge-${side}` : ""}`}
    ...${tipProps(why)}
  >
    <span class=${`dot is-${link.state}`} aria-hidden="true"></span>
    <span class="pill-name">${name}</span>
    <span class=${`word is-${link.state}`}>${stateWords[link.state]}</span>
    <span class="vh">${why}</span>
  </button>`;
};
