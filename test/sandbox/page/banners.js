import { html } from "./lib/preact.js";

/** What somebody has to know before anything else. */
export const Banners = ({ data }) => {
  const { online, state } = data;
  if (!online) {
    return html`<p class="banner is-off" role="alert">
      This page has lost the sandbox. Start it again with <code>npm start</code>; the page comes
      back by itself.
    </p>`;
  }
  if (state.box.log.length === 0) return null;
  return html`<div class="banner is-off" role="alert">
    <p>The box ends as soon as it starts, and is started again. These are its last words:</p>
    <pre tabindex="0" aria-label="The last lines of its log">${state.box.log.join("\n")}</pre>
  </div>`;
};
