import { html } from "./lib/preact.js";

const Count = ({ value, word, bad, id }) =>
  html`<span class=${bad && value > 0 ? "count is-bad" : "count"} data-count=${id}
    ><b>${value}</b> ${word}</span
  >`;

/** What was said on any side, and what is on all others: counted at both ends, not by the box. */
export const Counts = ({ counts }) =>
  html`<p
    class="counts"
    title="Counted on the servers of all sides, not by the box: a message is out once it is everywhere it must be."
  >
    <${Count} id="in" value=${counts.in} word="in" />
    <${Count} id="out" value=${counts.out} word="out" />
    <${Count} id="lost" value=${counts.lost} word="lost" bad />
    <${Count} id="doubled" value=${counts.doubled} word="doubled" bad />
    ${counts.underway > 0 && html`<${Count} id="underway" value=${counts.underway} word="on the way" />`}
    ${counts.told > 0 && html`<${Count} id="told" value=${counts.told} word="failed or not sure, and said so" />`}
    ${
      counts.unheard > 0 &&
      html`<${Count}
        id="unheard"
        value=${counts.unheard}
        word="said where the box was not there to hear"
      />`
    }
  </p>`;
