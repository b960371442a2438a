// A reporter for node:test. JSON lines: each skip, each failure, each file without a test, the counts of the whole run.
export default async function* tally(events) {
  const path = [];
  for await (const { type, data } of events) {
    if (type === "test:start") path.splice(data.nesting, Infinity, data.name);
    if (type === "test:pass" && data.skip !== undefined && data.skip !== false) {
      const suite = data.details?.type === "suite";
      const name = [...path.slice(0, data.nesting), data.name].join(" > ");
      yield line({ skip: { name, reason: String(data.skip), suite } });
    }
    if (type === "test:fail" && data.details?.error?.failureType !== "subtestsFailed") {
      const name = [...path.slice(0, data.nesting), data.name].join(" > ");
      yield line({ failure: { name, why: firstWords(data.details?.error) } });
    }
    // node:test counts a file that declares no test as one test that passed.
    if (type === "test:pass" && data.nesting === 0 && data.file?.endsWith(`/${data.name}`)) {
      yield line({ empty: data.name });
    }
    if (type === "test:summary" && data.file === undefined) yield line({ counts: data.counts });
  }
}

/** What it said, as far as one line goes: the whole stands above, where a log may have been cut. */
const firstWords = (error) => {
  const { message } = error?.cause ?? error ?? {};
  return String(message).replaceAll(/\s+/g, " ").slice(0, 600);
};

const line = (value) => `${JSON.stringify(value)}\n`;
