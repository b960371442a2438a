import { html, render, useEffect, useRef, useState } from "./lib/preact.js";
import { Announcer, createAnnouncer } from "./announcer.js";
import { Banners } from "./banners.js";
import { BreakPanel } from "./break-panel.js";
import { Counts } from "./counts.js";
import { Happened } from "./happened.js";
import { Path } from "./path.js";
import { RoomList } from "./room-list.js";
import { Sides } from "./sides.js";
import { linesOf, openStore } from "./store.js";
import { ThemeSwitch } from "./theme.js";
import { Tip } from "./tip.js";

const small = matchMedia("(max-width: 760px)");
const tickMs = 1000;
const listed = new Intl.ListFormat("en", { type: "conjunction" });

const useNarrow = () => {
  const [narrow, setNarrow] = useState(small.matches);
  useEffect(() => {
    const look = () => setNarrow(small.matches);
    small.addEventListener("change", look);
    return () => small.removeEventListener("change", look);
  }, []);
  return narrow;
};

/** A clock that goes only while something counts down. */
const useNow = (fates) => {
  const [now, setNow] = useState(Date.now());
  const counting = [...fates.values()].some((all) => all.some(({ until }) => until > now));
  useEffect(() => {
    if (!counting) return undefined;
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [counting]);
  return counting ? Date.now() : now;
};

const unreadAfter = (unread, news, current) => {
  const fresh = news.filter(
    ({ what, line }) => what === "line" && line.room !== current && line.how !== "notice",
  );
  if (news.some(({ what }) => what === "hello") || fresh.length === 0) return unread;
  return new Set([...unread, ...fresh.map(({ line }) => line.room)]);
};

const App = () => {
  const [data, setData] = useState(null);
  const [room, setRoom] = useState("lobby");
  const [unread, setUnread] = useState(new Set());
  const [spoken, setSpoken] = useState("");
  const current = useRef(room);
  current.current = room;
  useEffect(() => {
    const announce = createAnnouncer(setSpoken);
    const store = openStore((news) => {
      announce(news, current.current);
      setUnread((before) => unreadAfter(before, news, current.current));
      setData({ ...store });
    });
  }, []);
  const narrow = useNarrow();
  const now = useNow(data?.fates ?? new Map());
  if (!data?.state) return html`<p class="opening">Opening the sandbox…</p>`;
  const { state } = data;
  const choose = (id) => {
    setRoom(id);
    setUnread((before) => new Set([...before].filter((it) => it !== id)));
  };
  const [lobby] = state.rooms;
  const untouched = lobby.sides.every(({ id }) => linesOf(data, lobby.id, id).length === 0);
  const view = state.rooms.find(({ id }) => id === room) ?? state.rooms[0];
  return html`
    <header class="top">
      <h1>bridgebox <span class="quiet">· sandbox</span></h1>
      <p class="quiet promise">Nothing here leaves this computer.</p>
      <${ThemeSwitch} />
    </header>
    <${Banners} data=${data} />
    <section class="instrument" aria-label="The path and the counts">
      <${Path} state=${state} />
      <${Counts} counts=${state.counts} />
    </section>
    <main>
      <${RoomList} rooms=${state.rooms} current=${view.id} choose=${choose} unread=${unread} />
      <div class="room">
        ${
          untouched &&
          html`<p class="hint">
            Try it: type a line as Ana and press Enter. It arrives on
            ${" "}${listed.format(state.networks.map(({ name }) => name))}. Then send 300 lines and
            kill the box meanwhile.
          </p>`
        }
        <${Sides} data=${data} room=${view} now=${now} narrow=${narrow} />
      </div>
    </main>
    <footer>
      <${BreakPanel} state=${state} narrow=${narrow} />
      <${Happened} happened=${data.happened} />
    </footer>
    <${Announcer} text=${spoken} />
    <${Tip} />
  `;
};

render(html`<${App} />`, document.querySelector("#app"));
