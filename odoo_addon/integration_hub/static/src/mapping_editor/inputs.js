import { Component, useState } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { OPERATORS, comparisonOf, operatorOf, takesList, takesNothing } from "./line_words";

/** How many fields a path input offers at once. */
const OFFERED = 60;

/** A path to a field, with the fields to choose from; anything else can be typed too. */
export class PathInput extends Component {
  static template = "integration_hub.PathInput";
  static components = { AutoComplete };
  static props = {
    /** `source` or `target`. */
    side: String,
    value: String,
    /** What the path is relative to, `order_line.`; empty at the top. */
    prefix: { type: String, optional: true },
    label: String,
    onChange: Function,
    /** Only lists are offered. */
    lists: { type: Boolean, optional: true },
    autofocus: { type: Boolean, optional: true },
  };
  static defaultProps = { prefix: "", lists: false, autofocus: false };

  setup() {
    this.store = useState(this.env.mapping);
    this.orm = useService("orm");
  }

  get sources() {
    return [{ placeholder: _t("Loading…"), options: (request) => this.options(request), optionSlot: "field" }];
  }

  get side() {
    return this.store.info[this.props.side];
  }

  async options(request) {
    const typed = request.toLowerCase();
    const fields = [...this.fieldsHere(), ...(await this.fieldsBehind(request))];
    const score = ({ path, title }) => {
      const name = path.toLowerCase();
      if (!typed || name.startsWith(typed) || name.split(".").at(-1).startsWith(typed)) {
        return 2;
      }
      return name.includes(typed) || (title || "").toLowerCase().includes(typed) ? 1 : 0;
    };
    const fitting = fields
      .filter(score)
      .sort((a, b) => score(b) - score(a))
      .slice(0, OFFERED);
    const options = fitting.map((field) => ({
      label: field.path,
      data: field,
      onSelect: () => this.choose(field.path),
    }));
    for (const path of this.newPaths(request, fields)) {
      const data = { path, title: _t("a field that is not listed"), isNew: true };
      options.push({ label: path, data, onSelect: () => this.choose(path) });
    }
    return options;
  }

  fieldsHere() {
    const { prefix, lists } = this.props;
    return this.side.fields
      .filter((field) => field.path.startsWith(prefix) && field.type !== "group")
      .map((field) => ({ ...field, path: field.path.slice(prefix.length) }))
      .filter((field) => (lists ? field.type === "list" : this.isBeside(field, prefix)));
  }

  /** Fields inside another list are reached through a line for that list. */
  isBeside(field, prefix) {
    return (field.list || "") === prefix.replace(/\.$/, "");
  }

  /** Fields of the record that a path of Odoo leads to, asked for when somebody types beyond it. */
  async fieldsBehind(request) {
    const { model } = this.side;
    const names = (this.props.prefix + request).split(".").slice(0, -1);
    if (this.props.side !== "source" || !model || !names.length) {
      return [];
    }
    const known = await this.orm
      .cache()
      .call("integration.artifact.version", "editor_fields", [model, names.join(".")]);
    const start = this.props.prefix.length;
    const listed = new Set(this.side.fields.map((field) => field.path));
    return known
      .filter((field) => !listed.has(field.path))
      .map((field) => ({ ...field, path: field.path.slice(start) }))
      .filter((field) => !this.props.lists || field.type === "list");
  }

  newPaths(request, fields) {
    if (!request || fields.some((field) => field.path === request)) {
      return [];
    }
    const open = this.side.open || [];
    if (this.props.side === "source" || this.props.prefix || request.includes(".")) {
      return [request];
    }
    // "vat" among HubSpot's properties is "properties.vat".
    return [...new Set(open.map((prefix) => prefix + request))];
  }

  choose(path) {
    this.props.onChange(path);
  }

  onBlur({ inputValue }) {
    const path = inputValue.trim();
    if (path !== this.props.value) {
      this.props.onChange(path);
    }
  }
}

const TYPES = {
  text: { words: _t("Text"), start: "" },
  number: { words: _t("Number"), start: 0 },
  boolean: { words: _t("Yes or no"), start: true },
  null: { words: _t("Nothing"), start: null },
};

/** A fixed value: text, number, yes or no, or nothing. Lists and objects are shown, and changed in the JSON. */
export class ValueInput extends Component {
  static template = "integration_hub.ValueInput";
  static props = { value: true, label: String, onChange: Function };

  types = TYPES;

  get type() {
    const { value } = this.props;
    if (value === null || value === undefined) {
      return "null";
    }
    return typeof value === "string" ? "text" : typeof value;
  }

  get asJson() {
    return JSON.stringify(this.props.value);
  }

  onType(ev) {
    this.props.onChange(TYPES[ev.target.value].start);
  }

  onInput(ev) {
    const text = ev.target.value;
    if (this.type !== "number") {
      this.props.onChange(text);
    } else if (text.trim() !== "" && Number.isFinite(Number(text))) {
      this.props.onChange(Number(text));
    }
  }
}

/** A condition: one comparison, or several with all, any or not around them. */
export class ConditionInput extends Component {
  static template = "integration_hub.ConditionInput";
  static components = { PathInput, ValueInput };
  static props = {
    condition: Object,
    prefix: String,
    /** Gets the new condition; undefined when its last part was taken away. */
    onChange: Function,
  };

  operators = OPERATORS;
  operatorOf = operatorOf;
  takesList = takesList;
  takesNothing = takesNothing;

  get group() {
    return ["all", "any"].find((key) => Array.isArray(this.props.condition[key]));
  }

  get operator() {
    return operatorOf(this.props.condition);
  }

  get operand() {
    return this.props.condition[this.operator] ?? null;
  }

  setup() {
    this.store = useState(this.env.mapping);
  }

  onField(path) {
    const { condition, onChange } = this.props;
    const value = condition[this.operator];
    onChange(value === "" ? comparisonOf(path, this.operator, this.startOf(path)) : { ...condition, from: path });
  }

  /** What a comparison with a field begins with, by the field's type. */
  startOf(path) {
    return { number: 0, boolean: true }[this.store.source(this.props.prefix + path)?.type] ?? "";
  }

  onOperator(ev) {
    const operator = ev.target.value;
    const before = this.operand;
    let value = takesList(operator) ? [before].flat() : [before].flat()[0];
    if (operator === "sameAs") {
      value = "";
    }
    const { from } = this.props.condition;
    this.props.onChange(comparisonOf(from, operator, value ?? (takesList(operator) ? [] : this.startOf(from))));
  }

  onOperand(value) {
    this.props.onChange(comparisonOf(this.props.condition.from, this.operator, value));
  }

  onListItem(index, value) {
    const list = [...this.operand];
    list.splice(index, 1, ...(value === undefined ? [] : [value]));
    this.onOperand(list);
  }

  // -- several -----------------------------------------------------------------------------------------------------

  onPart(index, part) {
    const { condition, onChange } = this.props;
    const parts = [...condition[this.group]];
    parts.splice(index, 1, ...(part === undefined ? [] : [part]));
    onChange(parts.length > 1 ? { [this.group]: parts } : parts[0]);
  }

  onJoin(ev) {
    this.props.onChange({ [ev.target.value]: this.props.condition[this.group] });
  }

  addPart() {
    const { condition, onChange } = this.props;
    const part = { from: "", equals: "" };
    onChange(this.group ? { [this.group]: [...condition[this.group], part] } : { all: [condition, part] });
  }

  addGroup() {
    const inner = this.group === "all" ? "any" : "all";
    const part = {
      [inner]: [
        { from: "", equals: "" },
        { from: "", equals: "" },
      ],
    };
    this.props.onChange({ [this.group]: [...this.props.condition[this.group], part] });
  }

  negate() {
    const { condition, onChange } = this.props;
    onChange(condition.not ? condition.not : { not: condition });
  }

  remove() {
    this.props.onChange(undefined);
  }
}
ConditionInput.components.ConditionInput = ConditionInput;
