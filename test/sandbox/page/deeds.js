import { html, useLayoutEffect, useRef, useState } from "./lib/preact.js";
import { perform } from "./actions.js";
import { wordsOf } from "./sentences.js";

const emoji = ["👍", "🎉"];
const talks = { reply: "Reply", thread: "Thread" };

/** What can be done with a message, folded away behind one small button. */
export const Deeds = ({ line, can, speakers, begin }) => {
  const [error, setError] = useState();
  const [open, setOpen] = useState(false);
  const list = useRef();
  // Below the last message there is no room for it until the messages move up.
  useLayoutEffect(() => {
    if (open) list.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const key = (event) => {
    if (event.key !== "Escape" || !event.currentTarget.open) return;
    event.stopPropagation();
    event.currentTarget.open = false;
    event.currentTarget.querySelector("summary").focus();
  };
  const own = line.how === "said" && speakers.includes(line.from);
  const [as] = own ? [line.from] : speakers;
  const about = { room: line.room, side: line.side, target: line.id, as };
  const press = (deed) => async (event) => {
    event.currentTarget.closest("details").open = false;
    setError(await perform({ ...about, text: "", ...deed }));
  };
  const talk = (what) => (event) => {
    event.currentTarget.closest("details").open = false;
    begin({ what, line });
  };
  const buttons = [
    ...Object.entries(talks)
      .filter(([what]) => can.includes(what))
      .map(([what, name]) => html`<button type="button" onClick=${talk(what)}>${name}</button>`),
    ...(can.includes("react") ? emoji : []).map(
      (text) =>
        html`<button
          type="button"
          aria-label=${`React with ${text} as ${as}`}
          onClick=${press({ what: "react", text })}
        >
          ${text}
        </button>`,
    ),
    own &&
      can.includes("edit") &&
      html`<button type="button" onClick=${talk("edit")}>Edit</button>`,
    own &&
      can.includes("delete") &&
      html`<button type="button" onClick=${press({ what: "delete" })}>Delete</button>`,
  ].filter(Boolean);
  if (buttons.length === 0 || line.gone || line.how === "notice") return null;
  return html`<details
      class="deeds"
      name="deeds"
      onToggle=${(event) => setOpen(event.currentTarget.open)}
      onKeyDown=${key}
    >
      <summary aria-label=${`What to do with “${wordsOf(line)}”`}>⋯</summary>
      ${open && html`<span class="deed-list" ref=${list}>${buttons}</span>`}
    </details>
    ${error !== undefined && html`<span class="composer-error" role="alert">${error}</span>`}`;
};
