import { html } from "./lib/preact.js";

/** The rooms; the arrow keys go from one to the next. */
export const RoomList = ({ rooms, current, choose, unread }) => {
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll("button")];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
  };
  return html`<nav class="rooms" aria-label="Rooms">
    <h2>Rooms</h2>
    <ul onKeyDown=${move}>
      ${rooms.map(
        (room) =>
          html`<li key=${room.id}>
            <button
              type="button"
              aria-current=${room.id === current ? "true" : undefined}
              onClick=${() => choose(room.id)}
            >
              <span class="room-name">${room.name}</span>
              ${unread.has(room.id) && html`<span class="new">new</span>`}
            </button>
          </li>`,
      )}
    </ul>
    ${
      !rooms.some(({ id }) => id === "bob") &&
      html`<p class="quiet">A room with Bob comes here once Ana is logged in to Telegram.</p>`
    }
  </nav>`;
};
