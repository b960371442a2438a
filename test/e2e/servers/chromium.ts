import { fromDebian } from "./debian.ts";

/** Where Debian puts it. */
export const chromiumPath = "/usr/bin/chromium";

/** It runs as root here, in a machine of its own, with little shared memory. */
export const chromiumArgs = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];

/** Why there can be no Chromium here, or undefined once there is one; installs it from Debian where it may. */
export const whyNoChromium = fromDebian({
  name: "Chromium",
  packages: ["chromium", "fonts-dejavu-core"],
  path: chromiumPath,
});
