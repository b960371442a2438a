import type { RichText } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";

const between = (hostile: string): RichText => fromPlain(`alpha ${hostile} omega`);

/** Marks, mentions and controls of every network and format, each between two harmless words. */
export const hostileTexts: readonly RichText[] = [
  ...[
    "\r\nQUIT :gone\r\n",
    "\nPRIVMSG #other :forged",
    "\0",
    "\u2028\u2029\u0085\v\f",
    "\u0001ACTION forged\u0001",
    "\u0002\u0003\u0004\u000f\u001d\u001f",
    "\u202eesrever\u202c\u2066\u2069",
    "@everyone @here @room <!channel> <!here> <@U123> <#C123>",
    "*bold* _under_ ~gone~ `code` ```block``` ||spoiler|| [link](javascript:alert(1))",
    "<script>alert(1)</script><b>&amp;</b> <a href='x'>&#x200b;",
    ": leading , comma { } [ ] \\ \" '",
    "\ud800 lone \udfff",
    "e\u0301".repeat(40),
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏽",
  ].map(between),
  [{ t: "para", of: [{ t: "bold", of: [{ t: "text", text: "alpha\r\nomega" }] }] }],
  [{ t: "pre", text: "alpha\n```\nomega", lang: "`\n" }],
  [
    {
      t: "para",
      of: [
        { t: "link", url: "javascript:alert(1)", of: [{ t: "text", text: "alpha" }] },
        { t: "everyone", scope: "all", allowed: false },
        { t: "text", text: " omega" },
      ],
    },
  ],
];
