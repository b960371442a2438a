import { html, useEffect, useLayoutEffect, useRef, useState } from "./lib/preact.js";
import { Composer } from "./composer.js";
import { MessageRow } from "./message-row.js";
import { glyphs, sideNames, upOf } from "./sentences.js";
import { linesOf } from "./store.js";

const nearEnd = 60;
/** For what counts nothing down: the same however late it is. */
const never = Number.POSITIVE_INFINITY;
const counts = (fates, now) => fates?.some(({ until }) => until !== null && until > now);

/** Up and down go from one outcome to the next, so that Tab need not. */
const walk = (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step === undefined || !event.target.matches(".fate")) return;
  const all = [...event.currentTarget.querySelectorAll(".fate")];
  const next = all[all.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
};

/** One room as one side sees it. */
export const Side = ({ data, room, side, now, focus, panel }) => {
  const lines = linesOf(data, room.id, side.id);
  const list = useRef();
  const stuck = useRef(true);
  const name = sideNames[side.id];
  const [about, setAbout] = useState(null);
  useEffect(() => {
    stuck.current = true;
    setAbout(null);
  }, [room.id]);
  const toEnd = () => {
    if (stuck.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  };
  useLayoutEffect(toEnd);
  const scrolled = ({ currentTarget: it }) => {
    stuck.current = it.scrollHeight - it.scrollTop - it.clientHeight < nearEnd;
  };
  const up = upOf(data.state);
  const newest = lines.findLast((line) => line.how === "said")?.id;
  return html`<section
    class=${`side look-${side.id} edge-${side.id}`}
    aria-label=${`${name}: ${side.label}`}
    ...${panel}
  >
    <header>
      <span class="glyph" aria-hidden="true">${glyphs[side.id]}</span>
      <h2>${name}</h2>
      <span class="label">${side.label}</span>
    </header>
    <ol
      class="lines"
      ref=${list}
      tabindex="0"
      aria-label=${`Messages on ${name}`}
      onScroll=${scrolled}
      onLoadCapture=${toEnd}
      onKeyDown=${walk}
    >
      ${
        lines.length === 0 &&
        html`<li class="empty">
          Nothing said yet. Type below, or on another side, and it is here.
        </li>`
      }
      ${lines.map(
        (line) =>
          html`<${MessageRow}
            key=${line.number}
            line=${line}
            fates=${data.fates.get(line.id)}
            up=${up}
            now=${counts(data.fates.get(line.id), now) ? now : never}
            newest=${line.id === newest}
            can=${side.can}
            speakers=${side.speakers}
            begin=${setAbout}
          />`,
      )}
    </ol>
    <${Composer}
      key=${room.id}
      room=${room.id}
      side=${side.id}
      speakers=${side.speakers}
      can=${side.can}
      focus=${focus}
      about=${about}
      sent=${() => {
        stuck.current = true;
        toEnd();
      }}
      leave=${(done) => setAbout((now) => (now === done ? null : now))}
    />
  </section>`;
};
