/** Asks for the picture of a character that is text by default. */
const picture = "\ufe0f";

const plainPictures =
  /(?![\d#*])\p{Emoji}(?<!\p{Emoji_Presentation})(?![\ufe0e\ufe0f\p{Emoji_Modifier}])|[\d#*](?=\u20e3)/gu;

/** An emoji as clients write it, so that equal ones are counted as equal: fully qualified. */
export const fullEmoji = (emoji: string): string => emoji.replaceAll(plainPictures, `$&${picture}`);

/** An emoji for comparison: networks differ in whether they ask for the picture. */
export const bareEmoji = (emoji: string): string => emoji.replaceAll(picture, "");
