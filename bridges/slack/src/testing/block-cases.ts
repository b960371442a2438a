import type { Wire } from "../api/shapes.ts";

const rich = (...elements: readonly Wire[]): readonly Wire[] => [{ type: "rich_text", elements }];
const section = (...elements: readonly Wire[]): Wire => ({ type: "rich_text_section", elements });
const text = (value: string, style?: Wire): Wire => ({
  type: "text",
  text: value,
  ...(style ? { style } : {}),
});
const list = (style: string, items: readonly string[], more: Wire = {}): Wire => ({
  type: "rich_text_list",
  style,
  indent: 0,
  elements: items.map((item) => section(text(item))),
  ...more,
});

/** Blocks as they come from Slack, and what they are on this side, as HTML. */
export const blockReads: readonly (readonly [string, readonly Wire[], string])[] = [
  ["text", rich(section(text("hello"))), "hello"],
  ["bold", rich(section(text("b", { bold: true }))), "<strong>b</strong>"],
  ["italic", rich(section(text("i", { italic: true }))), "<em>i</em>"],
  ["strike", rich(section(text("s", { strike: true }))), "<del>s</del>"],
  ["code", rich(section(text("c", { code: true }))), "<code>c</code>"],
  [
    "all marks",
    rich(section(text("x", { bold: true, italic: true, strike: true }))),
    "<strong><em><del>x</del></em></strong>",
  ],
  ["an unknown mark", rich(section(text("x", { sparkle: true }))), "x"],
  ["a mark that is off", rich(section(text("x", { bold: false }))), "x"],
  ["lines", rich(section(text("a\nb"))), "a\nb"],
  ["paragraphs", rich(section(text("a\n\nb"))), "a\n\nb"],
  ["literal signs", rich(section(text("<!channel> *x* &lt;"))), "<!channel> *x* &lt;"],
  [
    "a link with words",
    rich(section({ type: "link", url: "https://e.example", text: "here" })),
    '<a href="https://e.example">here</a>',
  ],
  ["a bare link", rich(section({ type: "link", url: "https://e.example" })), "https://e.example"],
  ["a link that runs", rich(section({ type: "link", url: "javascript:x", text: "here" })), "here"],
  ["a person", rich(section({ type: "user", user_id: "U012345678" })), "@Bob"],
  ["a malformed person", rich(section({ type: "user", user_id: "x y" }), section(text("z"))), "z"],
  ["a channel", rich(section({ type: "channel", channel_id: "C012345678" })), "#general"],
  ["a group", rich(section({ type: "usergroup", usergroup_id: "S012345678" })), "@group"],
  [
    "a group with a name",
    rich(section({ type: "usergroup", usergroup_id: "S087654321" })),
    "@admins",
  ],
  ["everybody", rich(section({ type: "broadcast", range: "channel" })), "@room"],
  ["everybody who is there", rich(section({ type: "broadcast", range: "here" })), "@here"],
  ["an emoji", rich(section({ type: "emoji", name: "fire" })), "🔥"],
  ["an emoji with a tone", rich(section({ type: "emoji", name: "wave", skin_tone: 3 })), "👋🏼"],
  [
    "an emoji by its code",
    rich(section({ type: "emoji", name: "new_one", unicode: "1f525" })),
    "🔥",
  ],
  ["an unknown emoji", rich(section({ type: "emoji", name: "nobody" })), ":nobody:"],
  [
    "a date",
    rich(section({ type: "date", timestamp: 1392734382, format: "{date}", fallback: "Feb 18" })),
    "Feb 18",
  ],
  ["a colour", rich(section({ type: "color", value: "#ff0000" })), "#ff0000"],
  [
    "a quote",
    rich({ type: "rich_text_quote", elements: [text("q")] }),
    "<blockquote><p>q</p></blockquote>",
  ],
  [
    "code",
    rich({ type: "rich_text_preformatted", elements: [text("a\n b")] }),
    "<pre><code>a\n b\n</code></pre>",
  ],
  ["a list", rich(list("bullet", ["a", "b"])), "<ul><li>a</li><li>b</li></ul>"],
  ["numbers", rich(list("ordered", ["a", "b"])), "<ol><li>a</li><li>b</li></ol>"],
  [
    "numbers from three",
    rich(list("ordered", ["a"], { offset: 2 })),
    '<ol start="3"><li>a</li></ol>',
  ],
  [
    "a list in a list",
    rich(list("bullet", ["a"]), list("bullet", ["b"], { indent: 1 }), list("bullet", ["c"])),
    "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
  ],
  [
    "an unknown element",
    rich({ type: "rich_text_hologram", elements: [text("x")] }, section(text("y"))),
    "y",
  ],
  ["a section", [{ type: "section", text: { type: "mrkdwn", text: "*b*" } }], "<strong>b</strong>"],
  ["a plain section", [{ type: "section", text: { type: "plain_text", text: "*b*" } }], "*b*"],
  [
    "fields",
    [
      {
        type: "section",
        fields: [
          { type: "mrkdwn", text: "*a*" },
          { type: "plain_text", text: "1" },
        ],
      },
    ],
    "<p><strong>a</strong></p><p>1</p>",
  ],
  ["a header", [{ type: "header", text: { type: "plain_text", text: "h" } }], "<h3>h</h3>"],
  [
    "a context",
    [
      {
        type: "context",
        elements: [
          { type: "mrkdwn", text: "a" },
          { type: "plain_text", text: "b" },
        ],
      },
    ],
    "a b",
  ],
  ["a divider", [{ type: "divider" }], "<hr>"],
  [
    "a picture",
    [{ type: "image", image_url: "https://e.example/p.png", alt_text: "p" }],
    '<a href="https://e.example/p.png">p</a>',
  ],
  ["buttons", [{ type: "actions", elements: [{ type: "button" }] }], ""],
  ["nonsense", [{ type: 7 }, {}, { type: "rich_text", elements: "x" }], ""],
];
