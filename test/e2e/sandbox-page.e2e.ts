import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { chromiumArgs, chromiumPath, whyNoChromium } from "./servers/chromium.ts";

const reason = await whyNoChromium();
if (reason !== undefined && process.env["CI"] === "true") throw new Error(reason);

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));
const axeFile = new URL("../../node_modules/axe-core/axe.min.js", import.meta.url);
const minute = 60_000;
/** IRC has no history: what was on its way there when the box died is told as "Not sure". */
const mostDoubts = 8;
/** And what was said to a box that had not read it when it died was heard by nobody: one side's lines at most. */
const ircLines = 60;

describe("a newcomer on the sandbox page", { skip: reason ?? false }, () => {
  let sandbox: ChildProcess | undefined;
  let browser: Browser | undefined;
  let page: Page;
  let url = "";
  const wrong: string[] = [];

  before(async () => {
    const started = await npmStart();
    sandbox = started.child;
    url = started.url;
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(url);
  });

  after(async () => {
    await browser?.close();
    if (sandbox?.exitCode !== null) return;
    const gone = once(sandbox, "exit");
    sandbox.kill("SIGTERM");
    await gone;
  });

  it("opens on the lobby, with the composer focused and a line that says what to try", async () => {
    await page.getByText("Nothing here leaves this computer.").waitFor();
    await page.getByText("Try it:", { exact: false }).waitFor();
    await page.locator('.rooms [aria-current="true"]', { hasText: "The lobby" }).waitFor();
    await page.locator("#composer-matrix:focus").waitFor();
    assert.deepEqual(await violations(page), []);
  });

  it("brings what is typed on each side to the others, and says so under it", async () => {
    await say(page, "matrix", "Good morning from Matrix");
    await row(page, "irc", "Good morning from Matrix").waitFor();
    await row(page, "telegram", "Good morning from Matrix").waitFor();
    await fate(page, "matrix", "Good morning from Matrix", "Sent · IRC · Telegram").waitFor();
    await say(page, "irc", "Good morning from IRC");
    await row(page, "matrix", "Good morning from IRC").waitFor();
    await row(page, "telegram", "Good morning from IRC").waitFor();
    await fate(page, "irc", "Good morning from IRC", "Sent · Matrix · Telegram").waitFor();
    await say(page, "telegram", "Good morning from Telegram");
    await row(page, "matrix", "Good morning from Telegram").waitFor();
    await row(page, "irc", "Good morning from Telegram").waitFor();
    await fate(page, "telegram", "Good morning from Telegram", "Sent · Matrix · IRC").waitFor();
  });

  it("carries answers, reactions, edits, threads, deletions and pictures, to try by hand", async () => {
    await say(page, "discord", "Who is there?");
    await row(page, "matrix", "Who is there?").waitFor();
    await fate(
      page,
      "discord",
      "Who is there?",
      "Sent · Matrix · IRC · Telegram · Slack",
    ).waitFor();
    await perform(page, { side: "matrix", text: "Who is there?", deed: "React with 👍 as Ana" });
    await row(page, "discord", "Who is there?").locator(".reaction", { hasText: "👍" }).waitFor();
    await perform(page, { side: "matrix", text: "Who is there?", deed: "Reply" });
    await page.locator(".look-matrix .mode", { hasText: "Answering: Who is there?" }).waitFor();
    await say(page, "matrix", "It is me");
    const answer = row(page, "discord", "It is me");
    await answer.locator(".small.link", { hasText: "Eve" }).waitFor();
    assert.doesNotMatch(
      await answer.innerText(),
      /-#|\]\(/,
      "as Discord shows it, not as it is written",
    );
    await fate(page, "matrix", "It is me", "Sent · IRC · Telegram · Slack · Discord").waitFor();
    await perform(page, { side: "matrix", text: "It is me", deed: "Edit" });
    await page.locator(".look-matrix .mode", { hasText: "Editing: It is me" }).waitFor();
    await say(page, "matrix", "It is Ana");
    for (const side of ["slack", "telegram"])
      await row(page, side, "It is Ana").locator(".edited").waitFor();
    await perform(page, { side: "slack", text: "Who is there?", deed: "Thread" });
    await page.locator(".look-slack .mode", { hasText: "In a thread" }).waitFor();
    await say(page, "slack", "Let us talk of it here");
    await row(page, "matrix", "Let us talk of it here")
      .locator(".answers", { hasText: "In a thread" })
      .waitFor();
    await perform(page, { side: "matrix", text: "It is Ana", deed: "Delete" });
    for (const side of ["matrix", "telegram", "slack", "discord"])
      await row(page, side, "It is Ana").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send a picture as Sam" }).click();
    for (const side of ["matrix", "telegram", "discord"])
      await row(page, side, "A picture").locator("img").waitFor();
  });

  it("logs Ana in to Telegram, so that Bob can write to her alone", async () => {
    await page.getByRole("button", { name: "Bob (Telegram)" }).click();
    await row(page, "matrix", "Nobody but you can read this.").waitFor();
    await say(page, "matrix", "Good to hear you, Bob");
    await row(page, "telegram", "Good to hear you, Bob").waitFor();
    await page.getByRole("button", { name: "The lobby" }).click();
  });

  it("keeps what IRC cannot take while it is cut", async () => {
    await page.getByRole("button", { name: "Cut IRC" }).click();
    await pill(page, "IRC", "Reconnecting").waitFor();
    await say(page, "matrix", "This one has to wait");
    await fate(page, "matrix", "This one has to wait", "Sent · Telegram").waitFor();
    await page.getByRole("button", { name: "Reconnect IRC" }).click();
    await fate(page, "matrix", "This one has to wait", "Sent · IRC · Telegram").waitFor();
  });

  it("loses and doubles nothing when the box is killed among 300 lines", async () => {
    await page.getByRole("button", { name: "Send 300 lines" }).click();
    await page.locator(".run", { hasText: /(?:[6-9]\d|\d{3}) of 300 said/ }).waitFor();
    await page.getByRole("button", { name: "kill -9 the box" }).click();
    await page.locator(".happened", { hasText: "SIGKILL ended it" }).waitFor();
    await ended(page);
    const numbers = ["in", "out", "lost", "doubled", "told"].map((id) => count(page, id));
    const [said = 0, arrived = 0, lost, doubled, told = 0] = await Promise.all(numbers);
    assert.ok(said > 300 - ircLines, `only ${said} lines were said where the box could hear them`);
    assert.deepEqual(
      { ended: arrived + told, lost, doubled },
      { ended: said, lost: 0, doubled: 0 },
    );
    assert.ok(told <= mostDoubts, `${told} lines are in doubt, more than can have been in flight`);
  });

  it("has no barrier that axe knows of, wide and small, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 360]) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(`document.documentElement.dataset.theme = "${colorScheme}"`);
        await page.setViewportSize({ width, height: 900 });
        await page.locator(width === 360 ? '[role="tablist"]' : ".look-irc").waitFor();
        assert.deepEqual(await violations(page), [], `${colorScheme} at ${width} px`);
        const fits = await page.evaluate(`document.documentElement.scrollWidth <= ${width}`);
        assert.equal(fits, true, `the page is wider than ${width} px`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});

/** As a newcomer starts it; the port is whatever is free. */
const npmStart = async (): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, [entry], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? [];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`The sandbox ended before it was there: ${said}`);
};

const say = async (page: Page, side: string, text: string): Promise<void> => {
  await page.locator(`#composer-${side}`).fill(text);
  await page.locator(`#composer-${side}`).press("Enter");
};

const row = (page: Page, side: string, text: string) =>
  page.locator(`.look-${side} .row`, { hasText: text });

const fate = (page: Page, side: string, text: string, told: string) =>
  row(page, side, text).locator(".fate", { hasText: told });

/** Opens what can be done with a message, and does it. Where a line that comes in moves it away, again. */
const perform = async (
  page: Page,
  { side, text, deed }: { readonly side: string; readonly text: string; readonly deed: string },
): Promise<void> => {
  const deeds = row(page, side, text).first().locator(".deeds");
  const button = deeds.getByRole("button", { name: deed, exact: true });
  for (let tries = 1; tries < 10 && !(await button.isVisible()); tries += 1) {
    await deeds.locator("summary").click();
    await button.waitFor({ timeout: 500 }).catch(() => undefined);
  }
  await button.click();
};

const pill = (page: Page, name: string, word: string) =>
  page.locator(".pill", { hasText: name }).locator(".word", { hasText: word });

/** Until every line has its end; where that does not come, the page says how far it is. */
const ended = async (page: Page): Promise<void> => {
  try {
    await page.locator(".run", { hasText: "Done" }).waitFor({ timeout: 2 * minute });
    await page
      .locator('[data-count="underway"]')
      .waitFor({ state: "detached", timeout: 2 * minute });
  } catch (cause) {
    const shown = await page.locator(".instrument, .banner, .run, .happened").allInnerTexts();
    throw new Error(`The lines have not ended: ${shown.join(" ")}`, { cause });
  }
};

/** Counts that are zero and no promise are not shown. */
const count = async (page: Page, id: string): Promise<number> => {
  const [text = "0"] = await page.locator(`[data-count="${id}"] b`).allTextContents();
  return Number(text);
};

/** By `evaluate`, because the page's own policy lets no script in. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(await readFile(axeFile, "utf8"));
  const found: string = await page.evaluate(`axe.run().then((result) => JSON.stringify(
    result.violations.map(({ id, nodes }) => id + ": " + nodes[0].html)))`);
  const list: unknown = JSON.parse(found);
  return Array.isArray(list) ? list.map(String) : [found];
};
