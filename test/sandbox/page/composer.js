import { html, useEffect, useLayoutEffect, useRef, useState } from "./lib/preact.js";
import { perform } from "./actions.js";
import { wordsOf } from "./sentences.js";

const slowMs = 300;
/** Only a page that was just opened puts the focus anywhere. */
let visited = false;

const modes = {
  reply: "Answering",
  thread: "In a thread under",
  edit: "Editing",
};

/** What the composer is about, and the way out of it. */
const Mode = ({ about, leave }) => {
  if (about === null) return null;
  return html`<p class="mode">
    <span
      >${modes[about.what]}: ${about.what === "edit" ? about.line.text : wordsOf(about.line)}</span
    >
    <button type="button" onClick=${() => leave(about)}>Cancel</button>
  </p>`;
};

/** Where one person types on one side; `about`: the message that is answered or edited; `sent`: called once something was. */
export const Composer = ({ room, side, speakers, can, focus, about, leave, sent }) => {
  const [as, setAs] = useState(speakers[0]);
  const [slow, setSlow] = useState(false);
  const [error, setError] = useState();
  const input = useRef();
  useEffect(() => {
    if (focus && !visited) input.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  useLayoutEffect(() => {
    if (about === null) return;
    if (about.what === "edit") input.current.value = about.line.text;
    input.current.focus();
  }, [about]);
  const send = async (deed) => {
    const timer = setTimeout(() => setSlow(true), slowMs);
    const wrong = await perform({ room, side, as, ...deed });
    clearTimeout(timer);
    setSlow(false);
    setError(wrong);
    if (wrong === undefined) sent();
    return wrong === undefined;
  };
  const submit = async (event) => {
    event.preventDefault();
    const text = input.current.value;
    if (text.trim() === "") return;
    input.current.value = "";
    const target = about?.line.id;
    const speaker = about?.what === "edit" ? { as: about.line.from } : {};
    const done = await send({ what: about?.what ?? "say", target, text, ...speaker });
    if (done) leave(about);
    else if (input.current?.value === "") input.current.value = text;
  };
  const key = (event) => {
    if (event.key !== "Escape" || about === null) return;
    if (about.what === "edit") input.current.value = "";
    leave(about);
  };
  const id = `composer-${side}`;
  return html`<form class="composer" onSubmit=${submit} onKeyDown=${key}>
    <${Mode}
      about=${about}
      leave=${() => {
        input.current.value = "";
        leave(about);
      }}
    />
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
    ${
      speakers.length > 1 &&
      html`<label class="vh" for=${`${id}-as`}>Speak as</label>
        <select id=${`${id}-as`} value=${as} onChange=${(event) => setAs(event.target.value)}>
          ${speakers.map((name) => html`<option value=${name}>${name}</option>`)}
        </select>`
    }
    ${
      can.includes("picture") &&
      html`<button
        type="button"
        class="picture"
        aria-label=${`Send a picture as ${as}`}
        onClick=${() => send({ what: "picture", text: input.current.value || "A picture" })}
      >
        Picture
      </button>`
    }
    <button type="submit" aria-label=${`Send as ${as}`}>Send</button>
    <p class="composer-note" role="status">
      ${slow ? "Sending… a box that has just started needs a moment." : ""}
    </p>
    ${error !== undefined && html`<p class="composer-error" role="alert">${error}</p>`}
  </form>`;
};
