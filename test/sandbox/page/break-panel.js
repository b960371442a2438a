import { html, useState } from "./lib/preact.js";
import { act } from "./actions.js";
import { RunBar } from "./run-bar.js";

const buttonsFor = ({ networks, stopped, run, box }) => [
  ...networks.flatMap(({ breaks }) =>
    breaks.map(({ act: what, name, says }) => ({ what, name, says })),
  ),
  stopped.homeserver
    ? { what: "start-homeserver", name: "Start the homeserver", says: "With what it knew." }
    : { what: "stop-homeserver", name: "Stop the homeserver", says: "Matrix is gone for a while." },
  {
    what: "kill-box",
    name: "kill -9 the box",
    says: "The worst that can happen to a program.",
    off: box.state === "off",
  },
  {
    what: "send-300",
    name: "Send 300 lines",
    says: "As many from each side. Break something meanwhile.",
    off: run?.going === true,
  },
];

/** The ways to break it. On a small screen the panel is folded. */
export const BreakPanel = ({ state, narrow }) => {
  const [error, setError] = useState();
  const press = async (what) => setError(await act(what));
  return html`<details class="break" open=${!narrow}>
    <summary><h2>Break it</h2></summary>
    <ul class="buttons">
      ${buttonsFor(state).map(
        ({ what, name, says, off }) =>
          html`<li key=${what}>
            <button
              type="button"
              data-act=${what}
              aria-disabled=${off ? "true" : undefined}
              aria-describedby=${`says-${what}`}
              onClick=${() => off || press(what)}
            >
              ${name}
            </button>
            <span class="quiet" id=${`says-${what}`}>${says}</span>
          </li>`,
      )}
    </ul>
    <${RunBar} state=${state} />
    ${error !== undefined && html`<p class="panel-error" role="alert">${error}</p>`}
  </details>`;
};
