import { html, useEffect, useState } from "./lib/preact.js";

const key = "bridgebox-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const usual = () => (system.matches ? "dark" : "light");

/** Dark or light: the system's choice until somebody makes another. */
export const ThemeSwitch = () => {
  const [theme, setTheme] = useState(localStorage.getItem(key) ?? usual());
  useEffect(() => {
    const follow = () => localStorage.getItem(key) ?? setTheme(usual());
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
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
