import { html } from "./lib/preact.js";
import { act } from "./actions.js";

/** How far the 300 lines are: what was said, and what is everywhere. */
export const RunBar = ({ run }) => {
  if (run === null) return null;
  const { of, said, arrived, going } = run;
  return html`<div class="run">
    <label for="run-bar">
      ${going ? "Sending" : "Done"}: <b>${said}</b> of ${of} said, <b>${arrived}</b> arrived
      everywhere
    </label>
    <progress id="run-bar" max=${of} value=${arrived}></progress>
    ${
      going &&
      said < of &&
      html`<button type="button" onClick=${() => act("cancel-300")}>Cancel</button>`
    }
  </div>`;
};
