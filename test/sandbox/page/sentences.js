export const stateWords = {
  connected: "Connected",
  reconnecting: "Reconnecting",
  "needs-you": "Needs you",
  off: "Off",
};

export const sideNames = {
  matrix: "Matrix",
  irc: "IRC",
  telegram: "Telegram",
  slack: "Slack",
  discord: "Discord",
};
export const glyphs = { matrix: "[m]", irc: "#", telegram: "➤", slack: "✱", discord: "◉" };

const time = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const shortTime = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

export const clock = (at) => time.format(at);
export const minute = (at) => shortTime.format(at);

/** The word for what became of a message. */
export const fateWord = (fate, now) => {
  switch (fate.state) {
    case "sent":
      return "Sent";
    case "retrying": {
      const left = fate.until === null ? 0 : Math.ceil((fate.until - now) / 1000);
      return left > 0 ? `Retrying in ${left} s` : "Retrying";
    }
    case "failed":
      return "Failed";
    case "unsure":
      return "Not sure";
    default:
      return "Queued";
  }
};

/** The words of a line as its side shows them. */
export const wordsOf = ({ spans, text }) => spans?.map((span) => span.text).join("") ?? text;

/** What is connected of the box (`box`), the homeserver (`matrix`) and the networks. */
export const upOf = ({ box, homeserver, networks }) =>
  [{ id: "box", ...box }, { id: "matrix", ...homeserver }, ...networks]
    .filter(({ state }) => state === "connected")
    .map(({ id }) => id);

/** The sentence that belongs to the word; `up` as `upOf` gives it. */
export const fateSentence = (fate, up) => {
  const name = sideNames[fate.to];
  if (fate.sentence !== null) return fate.sentence;
  if (fate.state === "sent") return `${name} has it: it was seen there.`;
  if (fate.state === "retrying") return `${name} could not take it yet. The box tries again.`;
  if (fate.state === "failed") return `It did not reach ${name}.`;
  if (fate.state === "unsure") return `Nobody can tell whether ${name} has it. Look there.`;
  if (!up.includes("box")) {
    return `The box is not running. What was said is kept, and goes to ${name} when it is back.`;
  }
  return up.includes(fate.to)
    ? `On its way to ${name}.`
    : `${name} is not connected. The box keeps it and sends it when it is.`;
};
