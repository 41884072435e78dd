import { Component, onWillStart, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { completions } from "./json_completion";
import { jsonErrorWords } from "./form_words";
import { formatJson, offsetOf, positionAt, readJson, typedAt } from "./json_text";
import { inOrder, lineOf, placeOf, placeText, sameContent } from "./mapping_content";

/** The content as JSON, in step with the lines: errors at their place, keywords and names completed. */
export class JsonPane extends Component {
  static template = "integration_hub.JsonPane";
  static props = {};

  setup() {
    this.store = useState(this.env.mapping);
    this.state = useState({ error: "", offers: [], chosen: 0, left: 0, top: 0 });
    this.editorRef = useRef("editor");
    this.rootRef = useRef("root");
    onWillStart(() => loadBundle("web.ace_lib"));
    useEffect(
      (el) => el && this.start(el),
      () => [this.editorRef.el],
    );
    useEffect(
      (content) => this.show(content),
      () => [this.store.content],
    );
    useEffect(
      () => this.mark(),
      () => [this.store.problems.map(({ place, reason }) => placeText(place) + reason).join("\n"), this.state.error],
    );
    useEffect(
      (open) => this.follow(open),
      () => [this.store.open],
    );
    useEffect(
      (readonly) => this.ace?.setReadOnly(readonly),
      () => [this.store.readonly],
    );
    onWillUnmount(() => this.ace?.destroy());
  }

  start(el) {
    const ace = window.ace.edit(el);
    this.ace = ace;
    ace.session.setMode("ace/mode/json");
    ace.session.setOptions({ useWorker: false, tabSize: 2, useSoftTabs: true });
    ace.session.setUseWrapMode(true);
    ace.setOptions({ showPrintMargin: false, fontSize: 12, highlightActiveLine: !this.store.readonly });
    ace.setTheme(cookie.get("color_scheme") === "dark" ? "ace/theme/monokai" : "");
    ace.setReadOnly(this.store.readonly);
    ace.textInput.getElement().setAttribute("aria-label", "JSON");
    ace.session.on("change", () => this.onChange());
    ace.on("blur", () => (this.state.offers = []));
    ace.selection.on("changeCursor", () => !this.completing && (this.state.offers = []));
    ace.commands.addCommand({
      name: "complete",
      bindKey: { win: "Ctrl-Space", mac: "Ctrl-Space" },
      exec: () => this.offer(),
    });
    ace.keyBinding.addKeyboardHandler({ handleKeyboard: (_data, _hash, key) => this.onKey(key) });
    this.show(this.store.content);
    this.follow(this.store.open);
    this.mark();
  }

  /** Shows a content that did not come from typing here. */
  show(content) {
    if (!this.ace) {
      return;
    }
    const { value, error } = readJson(this.ace.getValue());
    if (!error && sameContent(value, content)) {
      return;
    }
    this.showing = true;
    this.ace.session.setValue(formatJson(inOrder(content)));
    this.showing = false;
    this.state.error = "";
  }

  onChange() {
    if (this.showing) {
      return;
    }
    const { value, error } = readJson(this.ace.getValue());
    this.error = error;
    this.state.error = error ? jsonErrorWords(error.code) : "";
    const isObject = value && typeof value === "object" && !Array.isArray(value);
    this.store.brokenJson = Boolean(error) || !isObject;
    if (!error && isObject) {
      this.store.change(value, "json");
    }
    requestAnimationFrame(() => this.ace && this.ace.isFocused() && this.offer(true));
  }

  /** Errors and problems at the rows they are about. */
  mark() {
    if (!this.ace) {
      return;
    }
    const text = this.ace.getValue();
    const { offsets, error } = readJson(text);
    const marks = error
      ? [{ ...positionAt(text, error.offset), text: jsonErrorWords(error.code), type: "error" }]
      : this.store.problems.map(({ place, reason, fix }) => ({
          ...positionAt(text, offsetOf(offsets, place)),
          text: [reason, fix].filter(Boolean).join(" "),
          type: "error",
        }));
    this.ace.session.setAnnotations(marks);
    for (const id of this.markers || []) {
      this.ace.session.removeMarker(id);
    }
    const { Range } = window.ace;
    this.markers = marks.map(({ row }) =>
      this.ace.session.addMarker(new Range(row, 0, row, 1), "o_mapping_json_error", "fullLine"),
    );
  }

  /** Shows the line that was opened among the lines; typing here is not disturbed. */
  follow(open) {
    if (!this.ace || !open || this.ace.isFocused()) {
      return;
    }
    const text = this.ace.getValue();
    const { offsets } = readJson(text);
    if (offsets) {
      const { row } = positionAt(text, offsetOf(offsets, placeOf(open)));
      this.ace.gotoLine(row + 1, 0, false);
      this.ace.centerSelection();
    }
  }

  // -- completion --------------------------------------------------------------------------------------------------

  /** Offers what can stand here; by itself only while a name is being typed. */
  offer(byItself = false) {
    const { info, content, readonly } = this.store;
    if (readonly || !info.schema) {
      return;
    }
    const cursor = this.ace.getCursorPosition();
    const at = typedAt(this.ace.getValue(), this.ace.session.doc.positionToIndex(cursor));
    const offers = byItself && !at.typed ? [] : completions(at, info, content);
    if (offers.length === 1 && offers[0].text === at.typed) {
      offers.pop();
    }
    const { pageX, pageY } = this.ace.renderer.textToScreenCoordinates(cursor.row, cursor.column);
    const box = this.rootRef.el.getBoundingClientRect();
    this.at = at;
    Object.assign(this.state, {
      offers,
      chosen: 0,
      left: Math.max(0, Math.min(pageX - box.left, box.width - 280)),
      top: pageY - box.top + this.ace.renderer.lineHeight,
    });
  }

  onKey(key) {
    const { offers } = this.state;
    if (!offers.length) {
      return undefined;
    }
    if (key === "down" || key === "up") {
      const step = key === "down" ? 1 : offers.length - 1;
      this.state.chosen = (this.state.chosen + step) % offers.length;
    } else if (key === "return" || key === "tab") {
      this.complete(offers[this.state.chosen]);
    } else if (key === "esc") {
      this.state.offers = [];
    } else {
      return undefined;
    }
    return { command: "null", passEvent: false };
  }

  complete({ text }) {
    const { document: doc } = { document: this.ace.session.doc };
    const value = doc.getValue();
    const end = doc.positionToIndex(this.ace.getCursorPosition());
    const { start, quoted, isKey } = this.at;
    const bare = !isKey && ["true", "false"].includes(text);
    const closed = quoted && value[end] === '"';
    const afterKey = isKey && !/^"?\s*:/.test(value.slice(end)) ? ": " : "";
    const inserted = bare || quoted ? text : JSON.stringify(text);
    const { Range } = window.ace;
    const range = Range.fromPoints(doc.indexToPosition(start), doc.indexToPosition(end + (closed ? 1 : 0)));
    this.completing = true;
    this.ace.session.replace(range, inserted + (quoted ? '"' : "") + afterKey);
    this.completing = false;
    this.state.offers = [];
    this.ace.focus();
  }

  /** Opens the line that the cursor is in. */
  onClick() {
    const text = this.ace.getValue();
    const at = typedAt(text, this.ace.session.doc.positionToIndex(this.ace.getCursorPosition()));
    const line = lineOf(at.place.filter((part) => part !== null));
    if (line && !this.store.brokenJson) {
      this.store.open = placeText(line);
    }
  }
}
