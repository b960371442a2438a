import { html, useState } from "./lib/preact.js";
import { glyphs, sideNames } from "./sentences.js";
import { Side } from "./side.js";

const Tabs = ({ sides, current, choose }) => {
  const key = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = sides.findIndex(({ id }) => id === current);
    const next = sides[(at + step + sides.length) % sides.length].id;
    choose(next);
    document.querySelector(`#tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Sides" onKeyDown=${key}>
    ${sides.map(
      ({ id }) =>
        html`<button
          type="button"
          role="tab"
          id=${`tab-${id}`}
          class=${`edge-${id}`}
          aria-selected=${id === current ? "true" : "false"}
          aria-controls=${`panel-${id}`}
          tabindex=${id === current ? 0 : -1}
          onClick=${() => choose(id)}
        >
          <span class="glyph" aria-hidden="true">${glyphs[id]}</span> ${sideNames[id]}
        </button>`,
    )}
  </div>`;
};

/** All sides next to each other, or as tabs where there is no room for that. */
export const Sides = ({ data, room, now, narrow }) => {
  const [chosen, setChosen] = useState("matrix");
  const current = room.sides.some(({ id }) => id === chosen) ? chosen : "matrix";
  const shown = narrow ? room.sides.filter(({ id }) => id === current) : room.sides;
  const panelOf = (id) =>
    narrow ? { id: `panel-${id}`, role: "tabpanel", "aria-labelledby": `tab-${id}` } : {};
  return html`<div class="sides">
    ${narrow && html`<${Tabs} sides=${room.sides} current=${current} choose=${setChosen} />`}
    <div class="columns" data-columns=${shown.length}>
      ${shown.map(
        (side) =>
          html`<${Side}
            key=${side.id}
            data=${data}
            room=${room}
            side=${side}
            now=${now}
            focus=${side.id === "matrix"}
            panel=${panelOf(side.id)}
          />`,
      )}
    </div>
  </div>`;
};
