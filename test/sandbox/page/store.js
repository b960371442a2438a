const keptLines = 120;
const keptHappenings = 500;

const empty = () => ({
  state: null,
  lines: new Map(),
  fates: new Map(),
  happened: [],
  online: false,
  version: 0,
});

const apply = (data, news) => {
  if (news.what === "hello") Object.assign(data, { ...empty(), version: data.version });
  if (news.what === "state") data.state = news.state;
  if (news.what === "fates") data.fates.set(news.id, news.fates);
  if (news.what === "happened") data.happened = [news, ...data.happened].slice(0, keptHappenings);
  if (news.what === "changed") {
    const key = `${news.line.room} ${news.line.side}`;
    const lines = data.lines.get(key) ?? [];
    data.lines.set(
      key,
      lines.map((line) => (line.number === news.line.number ? news.line : line)),
    );
  }
  if (news.what === "line") {
    const key = `${news.line.room} ${news.line.side}`;
    const lines = [...(data.lines.get(key) ?? []), news.line].slice(-keptLines);
    data.lines.set(key, lines);
  }
};

/** Everything that the page knows, kept current by one stream. `changed` gets the news as well. */
export const openStore = (changed) => {
  const data = empty();
  const source = new EventSource("/api/stream");
  source.addEventListener("message", (event) => {
    const all = JSON.parse(event.data);
    for (const news of all) apply(data, news);
    data.online = true;
    changed(all);
  });
  source.addEventListener("error", () => {
    data.online = false;
    changed([]);
  });
  return data;
};

/** The lines of a room on one side. */
export const linesOf = (data, room, side) => data.lines.get(`${room} ${side}`) ?? [];
