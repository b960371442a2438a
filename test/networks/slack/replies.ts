import { refusal } from "./corrections.ts";
import { compiled, errors, everywhere, problemsOf, replyOf } from "./described.ts";
import { textOf } from "./model.ts";
import type { WireObject } from "./model.ts";

const refused = compiled(refusal);

/** What is wrong in a reply of this server, by Slack's description and what is known to differ from it. */
export const replyProblems = (method: string, reply: WireObject): readonly string[] =>
  (reply["ok"] === true ? resultProblems(method, reply) : refusalProblems(method, reply)).map(
    (problem) => `our reply to ${method}: ${problem}`,
  );

const resultProblems = (method: string, reply: WireObject): readonly string[] => {
  const check = replyOf(method);
  return check ? problemsOf(check, reply) : ["nothing says what it is like"];
};

const refusalProblems = (method: string, reply: WireObject): readonly string[] => {
  const error = textOf(reply["error"]);
  const known = everywhere.includes(error) || errors[method]?.includes(error) === true;
  return [...problemsOf(refused, reply), ...(known ? [] : [`it has no error ${error}`])];
};
