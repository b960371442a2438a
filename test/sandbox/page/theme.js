import { html, useEffect, useState } from "./lib/preact.js";

const key = "bridgebox-theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;

/** Dark or light: the system's choice until somebody makes another. */
export const ThemeSwitch = () => {
  const [theme, setTheme] = useState(localStorage.getItem(key) ?? (dark() ? "dark" : "light"));
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const other = theme === "dark" ? "light" : "dark";
  const choose = () => {
    localStorage.setItem(key, other);
    setTheme(other);
  };
  return html`<button type="button" class="theme" onClick=${choose}>
    ${other === "dark" ? "Dark" : "Light"}
  </button>`;
};
