/** Asks the sandbox for something; gives the sentence of why not, or undefined. */
const ask = async (path, body) => {
  try {
    const reply = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (reply.ok) return undefined;
    const { error } = await reply.json();
    return error;
  } catch {
    return "Nothing was done – the sandbox does not answer – start it again with npm start.";
  }
};

/** Says something, or does something with a message: `what` is the deed, `target` the message. */
export const perform = (deed) => ask("/api/do", deed);
export const act = (what) => ask("/api/act", { act: what });
