import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { CLASS_WORDS, DRAGGED } from "./field_list";
import { LineForm } from "./line_form";
import { lineMarks, valueWords } from "./line_words";
import { kindOf, placeText, valueAt } from "./mapping_content";

/** The lines of a mapping, or of one list in it: a row each, the open one with its form. */
export class LineList extends Component {
  static template = "integration_hub.LineList";
  static components = { LineForm };
  static props = { place: Array };

  setup() {
    this.store = useState(this.env.mapping);
    this.root = useRef("root");
    // What was opened from elsewhere (a field, a problem) is looked for by the eye.
    useEffect(
      (open) => {
        const row = this.root.el?.querySelector(`:scope > .o_mapping_line[data-place="${CSS.escape(open)}"]`);
        row?.scrollIntoView({ block: "nearest" });
      },
      () => [this.store.open],
    );
  }

  get rows() {
    const { comparison } = this.store;
    return (valueAt(this.store.content, this.props.place) || []).map((line, index) => {
      const place = [...this.props.place, index];
      const text = placeText(place);
      return {
        line: line && typeof line === "object" ? line : {},
        place,
        text,
        kind: kindOf(line || {}),
        source: this.sourceWords(line || {}),
        marks: lineMarks(line || {}),
        isOpen: this.store.open === text || this.store.open.startsWith(`${text}.lines[`),
        isEdited: this.store.open === text,
        problems: this.store.problemsOf(place),
        difference: comparison?.lines.get(text),
      };
    });
  }

  get removed() {
    const list = placeText(this.props.place);
    return (this.store.comparison?.removed || []).filter((removed) => removed.list === list).map(({ line }) => line);
  }

  get isNested() {
    return this.props.place.length > 1;
  }

  sourceWords(line) {
    switch (kindOf(line)) {
      case "constant":
        return valueWords(line.const);
      case "link":
        return _t("id of %(from)s as %(type)s", { from: line.link.from || "…", type: line.link.type || "…" });
      case "list":
        return _t("each of %s", line.each || "…");
      case "fields":
        return line.from.map((path) => path || "…").join(" + ");
      default:
        return line.from || "";
    }
  }

  beforeWords(difference) {
    const { before } = difference;
    return [this.sourceWords(before), ...lineMarks(before).map(({ text }) => text)].join(" · ");
  }

  removedWords(line) {
    return `${this.sourceWords(line)} → ${line.to}`;
  }

  classOf(row) {
    if (row.kind !== "field" && row.kind !== "link") {
      return "";
    }
    const path = this.store.scope(row.place).source + (row.line.from ?? row.line.link.from);
    const classification = this.store.source(path)?.classification;
    return classification && classification !== "internal" ? classification : "";
  }

  parents(path) {
    return path.split(".").slice(0, -1);
  }

  classWords(classification) {
    return CLASS_WORDS[classification] || classification;
  }

  addLine() {
    this.store.add(this.props.place, { to: "", from: "" });
  }

  onKeydown(row, ev) {
    if (ev.target !== ev.currentTarget) {
      return;
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[ev.key];
    if (step && ev.altKey && !this.store.readonly) {
      ev.preventDefault();
      this.store.move(row.place, step);
      this.focusSoon(row.place.at(-1) + step);
    } else if (step) {
      ev.preventDefault();
      this.focusRow(row.place.at(-1) + step);
    } else if (ev.key === "Delete" && !this.store.readonly) {
      ev.preventDefault();
      this.store.remove(row.place);
    }
  }

  focusRow(index) {
    const rows = this.root.el.querySelectorAll(":scope > .o_mapping_line > .o_mapping_row > .o_mapping_row_open");
    rows[index]?.focus();
  }

  focusSoon(index) {
    requestAnimationFrame(() => this.root.el && this.focusRow(index));
  }

  onDragOver(ev) {
    if (!this.store.readonly && ev.dataTransfer.types.includes(DRAGGED)) {
      ev.preventDefault();
    }
  }

  /** A field dropped on a line takes the place of that end of it. */
  onDrop(row, ev) {
    const { side, path } = JSON.parse(ev.dataTransfer.getData(DRAGGED) || "{}");
    const prefix = side && this.store.scope(row.place)[side];
    if (!side || !path.startsWith(prefix)) {
      return;
    }
    ev.preventDefault();
    const relative = path.slice(prefix.length);
    if (side === "target") {
      this.store.set([...row.place, "to"], relative);
    } else if (row.kind === "field") {
      this.store.set([...row.place, "from"], relative);
    } else if (row.kind === "fields") {
      this.store.set([...row.place, "from"], [...row.line.from.filter(Boolean), relative]);
    }
  }
}
LineList.components.LineList = LineList;
