import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ConditionInput, PathInput, ValueInput } from "./inputs";
import { asKind, kindOf, placeText, valueAt, withMoved } from "./mapping_content";

const KIND_WORDS = {
  field: _t("A field"),
  fields: _t("Several fields together"),
  constant: _t("A fixed value"),
  link: _t("The other system's id of another record"),
  list: _t("A list, item by item"),
};

const UNKNOWN_WORDS = {
  hold: _t("hold the record until somebody adds the value"),
  default: _t("take the value for “otherwise” below"),
  pass: _t("send the value as it is"),
  omit: _t("leave the field out"),
};

const WHEN_EMPTY_WORDS = {
  omit: _t("leave the field out, so that the target keeps what it has"),
  null: _t("send “nothing”, so that the target clears it"),
  blank: _t("send an empty text, so that the target clears it"),
};

/** Parts that a line may have, with what each starts as. Offered while the line has none. */
const PARTS = [
  { key: "apply", words: _t("Change the value"), icon: "fa-magic", start: () => [] },
  { key: "lookup", words: _t("Translate with a table"), icon: "fa-exchange", start: () => ({ table: "" }) },
  { key: "default", words: _t("Otherwise…"), icon: "fa-life-ring", start: () => "" },
  { key: "when", words: _t("Only when…"), icon: "fa-filter", start: () => ({ from: "", equals: "" }) },
  { key: "where", words: _t("Only some items"), icon: "fa-filter", start: () => ({ from: "", equals: "" }) },
  { key: "whenEmpty", words: _t("If empty…"), icon: "fa-circle-o", start: () => "omit" },
  { key: "required", words: _t("Required"), icon: "fa-asterisk", start: () => true },
  { key: "append", words: _t("Add to the list"), icon: "fa-plus", start: () => true },
  { key: "note", words: _t("Note"), icon: "fa-comment-o", start: () => "" },
];

/** One line's rule, opened: each part with its words, nothing to be written as JSON. */
export class LineForm extends Component {
  static template = "integration_hub.LineForm";
  static components = { ConditionInput, PathInput, ValueInput };
  static props = { place: Array };

  kindWords = KIND_WORDS;
  unknownWords = UNKNOWN_WORDS;
  whenEmptyWords = WHEN_EMPTY_WORDS;

  setup() {
    this.store = useState(this.env.mapping);
    // A list of steps without one is no part of a mapping: until the first step is chosen it stands here only.
    this.state = useState({ choosesStep: false });
  }

  get line() {
    return valueAt(this.store.content, this.props.place) || {};
  }

  get scope() {
    return this.store.scope(this.props.place);
  }

  get innerPrefix() {
    return `${this.scope.source}${this.line.each}.`;
  }

  get kind() {
    return kindOf(this.line);
  }

  get kinds() {
    const toSystem = this.store.info.target.kind === "document";
    return Object.keys(KIND_WORDS).filter((kind) => kind !== "link" || toSystem);
  }

  get parts() {
    const isList = this.kind === "list";
    const fits = {
      apply: !isList && this.kind !== "constant",
      lookup: !isList,
      default: !isList,
      whenEmpty: !isList,
      append: !isList,
      where: isList,
    };
    const has = (key) => this.line[key] !== undefined || (key === "apply" && this.state.choosesStep);
    return PARTS.filter(({ key }) => (fits[key] ?? true) && !has(key));
  }

  add({ key, start }) {
    if (key === "apply") {
      this.state.choosesStep = true;
    } else {
      this.set(key, start());
    }
  }

  /** Sets a part of the line, or takes it away with undefined. */
  set(key, value) {
    this.store.set([...this.props.place, ...[key].flat()], value);
  }

  onKind(ev) {
    this.store.set(this.props.place, asKind(this.line, ev.target.value));
  }

  // -- several fields ----------------------------------------------------------------------------------------------

  setField(index, path) {
    this.set(["from", index], path);
  }

  removeField(index) {
    this.set(["from", index], undefined);
  }

  // -- steps -------------------------------------------------------------------------------------------------------

  get steps() {
    return (this.line.apply || []).map((call) => {
      const [name, ...args] = [call].flat();
      const known = this.store.info.functions.find((fn) => fn.name === name);
      return { name, args, description: known?.description || "", arguments: known?.arguments || [] };
    });
  }

  setSteps(calls) {
    this.set("apply", calls.length ? calls : undefined);
  }

  addStep(ev) {
    const fn = this.store.info.functions.find(({ name }) => name === ev.target.value);
    ev.target.value = "";
    if (fn) {
      const args = fn.arguments.filter((arg) => !arg.optional).map((arg) => (arg.type === "text" ? "" : 0));
      this.setSteps([...(this.line.apply || []), args.length ? [fn.name, ...args] : fn.name]);
      this.state.choosesStep = false;
    }
  }

  setArgument(step, index, argument, ev) {
    const text = ev.target.value;
    const [name, ...args] = [this.line.apply[step]].flat();
    if (argument.optional && text === "") {
      args.splice(index);
    } else {
      args[index] = argument.type === "text" ? text : Number(text) || 0;
    }
    this.set(["apply", step], args.length ? [name, ...args] : name);
  }

  removeStep(index) {
    this.setSteps(this.line.apply.filter((_call, at) => at !== index));
  }

  moveStep(index, by) {
    this.setSteps(withMoved({ list: this.line.apply }, ["list", index], by).list);
  }

  // -- table -------------------------------------------------------------------------------------------------------

  get ownTable() {
    const { table } = this.line.lookup;
    return table && typeof table === "object" ? Object.entries(table) : null;
  }

  get tableHint() {
    return this.store.info.tables.find(({ name }) => name === this.line.lookup.table)?.description || "";
  }

  onTable(ev) {
    this.set(["lookup", "table"], ev.target.value === "{}" ? { "": "" } : ev.target.value);
  }

  setRow(index, from, to) {
    const rows = this.ownTable.map((row) => [...row]);
    rows.splice(index, 1, ...(from === undefined ? [] : [[from, to]]));
    this.set(["lookup", "table"], Object.fromEntries(rows));
  }

  get linkTypes() {
    return this.store.info.types;
  }

  get label() {
    return placeText(this.props.place);
  }
}
