import { html } from "./lib/preact.js";
import { StatePill } from "./state-pill.js";

const Edge = ({ queue, off }) =>
  html`<span class=${`edge ${off ? "is-off" : ""} ${queue > 0 ? "is-busy" : ""}`}>
    <span class="edge-queue"
      >${queue > 0 ? `${queue} queued` : html`<span class="vh">0 queued</span>`}</span
    >
  </span>`;

/** Homeserver, box and networks, with what waits between them. */
export const Path = ({ state }) => {
  const { homeserver, box, networks } = state;
  const boxOff = box.state !== "connected";
  const waiting = Math.max(homeserver.queue, state.waitingAtHomeserver);
  return html`<div class="path">
    <${StatePill} name="Homeserver" link=${homeserver} side="matrix" />
    <${Edge} queue=${waiting} off=${boxOff || homeserver.state !== "connected"} />
    <${StatePill} name="The box" link=${box} />
    <ul class="branches">
      ${networks.map(
        (network) =>
          html`<li key=${network.id}>
            <${Edge} queue=${network.queue} off=${network.state !== "connected"} />
            <${StatePill} name=${network.name} link=${network} side=${network.id} />
          </li>`,
      )}
    </ul>
  </div>`;
};
