import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { placeText, usedPaths } from "./mapping_content";

const TYPE_WORDS = {
  text: _t("text"),
  number: _t("number"),
  boolean: _t("yes/no"),
  date: _t("date"),
  datetime: _t("date and time"),
  record: _t("record"),
  list: _t("list"),
  object: _t("group"),
  any: "",
};

export const CLASS_WORDS = {
  public: _t("public"),
  internal: _t("internal"),
  personal: _t("personal"),
  commercial: _t("commercial"),
  financial: _t("financial"),
};

/** What is dragged from a list of fields: `{side, path}` as JSON. */
export const DRAGGED = "application/x-mapping-field";

/** The fields of one side, searchable; a click or a drag maps one. */
export class FieldList extends Component {
  static template = "integration_hub.FieldList";
  static props = { side: String };

  typeWords = TYPE_WORDS;
  classWords = CLASS_WORDS;

  setup() {
    this.store = useState(this.env.mapping);
    this.orm = useService("orm");
    this.state = useState({ search: "", opened: {} });
  }

  get info() {
    return this.store.info[this.props.side];
  }

  /** The fields that are known, and those that the mapping fills without anybody having listed them. */
  get fields() {
    const { fields } = this.info;
    if (this.isSource) {
      return fields;
    }
    const known = new Set(fields.map(({ path }) => path));
    const filled = [...usedPaths(this.store.content).targets.keys()].filter((path) => path && !known.has(path));
    return [...fields, ...filled.map((path) => ({ path, title: "", type: "any" }))];
  }

  get isSource() {
    return this.props.side === "source";
  }

  /** Groups with a title each; of a target the required ones without a line come first. */
  get sections() {
    const used = usedPaths(this.store.content)[this.isSource ? "sources" : "targets"];
    const isUsed = (field) =>
      used.has(field.path) ||
      (field.type !== "list" && [...used.keys()].some((path) => path.startsWith(`${field.path}.`)));
    const rows = this.visible().map((field) => ({
      ...field,
      places: used.get(field.path) || [],
      used: isUsed(field),
      depth: this.state.search ? 0 : field.path.split(".").length - 1,
      expandable: this.isExpandable(field),
    }));
    if (this.isSource) {
      return [{ key: "all", rows }];
    }
    const missing = rows.filter((row) => row.required && !row.used && row.type !== "object");
    const free = rows.filter((row) => !row.used && !missing.includes(row) && row.type !== "object");
    const done = rows.filter((row) => row.used && row.type !== "object");
    return [
      { key: "missing", title: _t("Must be filled"), rows: missing },
      { key: "free", title: _t("Not filled"), rows: free },
      { key: "done", title: _t("Filled"), rows: done },
    ]
      .filter(({ rows }) => rows.length)
      .map((section) => ({ ...section, rows: section.rows.map((row) => ({ ...row, depth: 0, expandable: false })) }));
  }

  visible() {
    const typed = this.state.search.trim().toLowerCase();
    if (typed) {
      return this.fields.filter(
        ({ path, title }) => path.toLowerCase().includes(typed) || (title || "").toLowerCase().includes(typed),
      );
    }
    return this.isSource ? this.asTree() : this.fields;
  }

  /** Each field followed by those inside it, as far as they are opened. */
  asTree() {
    const inside = new Map();
    for (const field of this.info.fields) {
      const parent = field.path.split(".").slice(0, -1).join(".");
      inside.set(parent, [...(inside.get(parent) || []), field]);
    }
    const walk = (parent) =>
      (inside.get(parent) || []).flatMap((field) => [field, ...(this.isOpened(field) ? walk(field.path) : [])]);
    return walk("");
  }

  isExpandable(field) {
    return Boolean(field.behind) || field.type === "object" || (field.type === "list" && field.items === "object");
  }

  /** Groups of a canonical object are open from the start; records and lists of Odoo when somebody opens them. */
  isOpened(field) {
    return this.state.opened[field.path] ?? (!field.behind && this.info.kind !== "odoo");
  }

  async toggle(field) {
    const open = !this.isOpened(field);
    const inside = `${field.path}.`;
    if (open && field.behind && !this.info.fields.some(({ path }) => path.startsWith(inside))) {
      const args = [this.info.model, field.path];
      const found = await this.orm.cache().call("integration.artifact.version", "editor_fields", args);
      this.store.learnFields(found);
    }
    this.state.opened[field.path] = open;
  }

  /** A field that is mapped opens its line; any other gets one. */
  onClick(field) {
    if (field.places.length) {
      this.store.open = placeText(field.places[0]);
    } else {
      this.map(field);
    }
  }

  map(field) {
    if (!this.store.readonly && !this.store.brokenJson) {
      this.isSource ? this.store.mapSource(field.path) : this.store.mapTarget(field.path);
    }
  }

  onDragStart(field, ev) {
    ev.dataTransfer.setData(DRAGGED, JSON.stringify({ side: this.props.side, path: field.path }));
    ev.dataTransfer.effectAllowed = "link";
  }

  onDragOver(field, ev) {
    if (!this.store.readonly && ev.dataTransfer.types.includes(DRAGGED)) {
      ev.preventDefault();
    }
  }

  /** A source dropped on a target: one line from here to there. */
  onDrop(field, ev) {
    const { side, path } = JSON.parse(ev.dataTransfer.getData(DRAGGED) || "{}");
    if (side && side !== this.props.side) {
      ev.preventDefault();
      const [source, target] = this.isSource ? [field.path, path] : [path, field.path];
      this.store.mapSource(source, target);
    }
  }

  tooltip(field) {
    const parts = [field.path, field.title, CLASS_WORDS[field.classification]];
    return parts.filter(Boolean).join(" · ");
  }
}
