import { html, useEffect, useState } from "./lib/preact.js";

const margin = 8;
const mostWidth = 300;
let show = () => {};

const open = (text) => (event) => {
  const { left, bottom, top } = event.currentTarget.getBoundingClientRect();
  show({ text, left, bottom, top });
};
const close = () => show(null);

/** What an element needs so that a sentence is shown on hover, focus and tap. */
export const tipProps = (text) => ({
  onMouseEnter: open(text),
  onMouseLeave: close,
  onFocus: open(text),
  onBlur: close,
  onClick: open(text),
});

/** The one sentence that floats over the page; readers of the screen have it in the element itself. */
export const Tip = () => {
  const [tip, setTip] = useState(null);
  useEffect(() => {
    show = setTip;
    const key = (event) => event.key === "Escape" && close();
    addEventListener("keydown", key);
    addEventListener("scroll", close, true);
    return () => {
      removeEventListener("keydown", key);
      removeEventListener("scroll", close, true);
    };
  }, []);
  if (tip === null) return null;
  const width = Math.min(mostWidth, innerWidth - 2 * margin);
  const left = Math.max(margin, Math.min(tip.left, innerWidth - width - margin));
  const below = tip.bottom + 120 < innerHeight;
  const style = below
    ? { left: `${left}px`, top: `${tip.bottom + 6}px`, maxWidth: `${width}px` }
    : { left: `${left}px`, bottom: `${innerHeight - tip.top + 6}px`, maxWidth: `${width}px` };
  return html`<div class="tip" style=${style} aria-hidden="true">${tip.text}</div>`;
};
