import { Component, html } from "./lib/preact.js";

const same = (one, other) =>
  Object.is(one, other) ||
  (Array.isArray(one) &&
    Array.isArray(other) &&
    one.length === other.length &&
    one.every((item, index) => Object.is(item, other[index])));

/** A component that is drawn anew only when one of its properties is another; lists by their items. */
export const memo = (View) =>
  class extends Component {
    shouldComponentUpdate(next) {
      const keys = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...keys].some((key) => !same(this.props[key], next[key]));
    }

    render(props) {
      return html`<${View} ...${props} />`;
    }
  };
