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
export const glyphs = { matrix: "[m]", irc: "#", telegram: "➤", slack: "⌗", discord: "◉" };

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

const place = (to, state) =>
  to === "matrix" ? state.homeserver : state.networks.find((network) => network.id === to);

/** The sentence that belongs to the word. */
export const fateSentence = (fate, state) => {
  const name = sideNames[fate.to];
  if (fate.sentence !== null) return fate.sentence;
  if (fate.state === "sent") return `${name} has it: it was seen there.`;
  if (fate.state === "retrying") return `${name} could not take it yet. The box tries again.`;
  if (fate.state === "failed") return `It did not reach ${name}.`;
  if (fate.state === "unsure") return `Nobody can tell whether ${name} has it. Look there.`;
  if (state.box.state !== "connected") {
    return `The box is not running. What was said is kept, and goes to ${name} when it is back.`;
  }
  const { state: link } = place(fate.to, state) ?? { state: "off" };
  return link === "connected"
    ? `On its way to ${name}.`
    : `${name} is not connected. The box keeps it and sends it when it is.`;
};
