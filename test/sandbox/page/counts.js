import { html } from "./lib/preact.js";
import { tipProps } from "./tip.js";

const how =
  "Counted on the servers of all sides, not by the box. A message is out once it is everywhere it " +
  "must be; lost is what is missing when nothing is left that could bring it.";

const words = {
  in: "in",
  out: "out",
  lost: "lost",
  doubled: "doubled",
  underway: "on the way",
  told: "failed or not sure, and said so",
  unheard: "said while the box was away",
};
const always = new Set(["in", "out", "lost", "doubled"]);
const bad = new Set(["lost", "doubled"]);

/** What was said on any side, and what is on all others: counted at both ends. */
export const Counts = ({ counts }) =>
  html`<p class="counts">
    ${Object.entries(words)
      .filter(([id]) => always.has(id) || counts[id] > 0)
      .map(
        ([id, word]) =>
          html`<span
            key=${id}
            class=${bad.has(id) && counts[id] > 0 ? "count is-bad" : "count"}
            data-count=${id}
            ><b>${counts[id]}</b> ${word}</span
          >`,
      )}
    <button type="button" class="how" ...${tipProps(how)}>
      how it is counted<span class="vh">: ${how}</span>
    </button>
  </p>`;
