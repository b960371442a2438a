import { html, useEffect, useRef, useState } from "./lib/preact.js";
import { say } from "./actions.js";

const slowMs = 300;
/** Only a page that was just opened puts the focus anywhere. */
let visited = false;

/** Where one person types on one side. */
export const Composer = ({ room, side, speakers, focus }) => {
  const [as, setAs] = useState(speakers[0]);
  const [slow, setSlow] = useState(false);
  const [error, setError] = useState();
  const input = useRef();
  useEffect(() => {
    if (focus && !visited) input.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  const send = async (event) => {
    event.preventDefault();
    const text = input.current.value;
    if (text.trim() === "") return;
    input.current.value = "";
    const timer = setTimeout(() => setSlow(true), slowMs);
    const wrong = await say({ room, side, as, text });
    clearTimeout(timer);
    setSlow(false);
    setError(wrong);
    if (wrong !== undefined && input.current?.value === "") input.current.value = text;
  };
  const id = `composer-${side}`;
  return html`<form class="composer" onSubmit=${send}>
    ${
      speakers.length > 1 &&
      html`<label class="vh" for=${`${id}-as`}>Speak as</label>
        <select id=${`${id}-as`} value=${as} onChange=${(event) => setAs(event.target.value)}>
          ${speakers.map((name) => html`<option value=${name}>${name}</option>`)}
        </select>`
    }
    <label class="vh" for=${id}>Type as ${as}</label>
    <input
      id=${id}
      ref=${input}
      name="text"
      autocomplete="off"
      enterkeyhint="send"
      maxlength="300"
      placeholder=${`Type as ${as}`}
      onInput=${() => setError(undefined)}
    />
    <button type="submit" aria-label=${`Send as ${as}`}>Send</button>
    <p class="composer-note" role="status">
      ${slow ? "Sending… a box that has just started needs a moment." : ""}
    </p>
    ${error !== undefined && html`<p class="composer-error" role="alert">${error}</p>`}
  </form>`;
};
