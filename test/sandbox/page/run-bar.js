import { html } from "./lib/preact.js";
import { act } from "./actions.js";

const listed = new Intl.ListFormat("en", { type: "conjunction" });

/** What has to be back before the rest can be said. */
const missing = ({ box, homeserver, networks }) =>
  [{ ...box, name: "the box" }, { ...homeserver, name: "the homeserver" }, ...networks]
    .filter(({ state }) => state !== "connected")
    .map(({ name }) => name);

/** How far the 300 lines are: what was said, and what is everywhere. */
export const RunBar = ({ state }) => {
  const { run } = state;
  if (run === null) return null;
  const { of, said, arrived, going } = run;
  const away = going && said < of ? missing(state) : [];
  return html`<div class="run">
    <label for="run-bar">
      ${going ? "Sending" : "Done"}: <b>${said}</b> of ${of} said, <b>${arrived}</b> arrived
      everywhere${away.length > 0 ? `; the rest waits for ${listed.format(away)}` : ""}
    </label>
    <progress id="run-bar" max=${of} value=${arrived}></progress>
    ${
      going &&
      said < of &&
      html`<button type="button" onClick=${() => act("cancel-300")}>Cancel</button>`
    }
  </div>`;
};
