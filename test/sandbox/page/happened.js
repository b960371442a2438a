import { html } from "./lib/preact.js";
import { clock } from "./sentences.js";

/** The newest first. */
export const Happened = ({ happened }) =>
  html`<section class="happened" aria-label="What happened">
    <h2>What happened</h2>
    ${
      happened.length === 0
        ? html`<p class="quiet">
            Whatever you break, and how the box deals with it, is told here.
          </p>`
        : html`<ol tabindex="0" aria-label="What happened, newest first">
            ${happened.map(
              ({ at, text }, index) =>
                html`<li key=${happened.length - index}><time>${clock(at)}</time> ${text}</li>`,
            )}
          </ol>`
    }
  </section>`;
