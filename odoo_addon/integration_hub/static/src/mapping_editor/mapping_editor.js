import { Component, onMounted, onWillStart, onWillUnmount, useEffect, useState, useSubEnv, markRaw } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FieldList } from "./field_list";
import { JsonPane } from "./json_pane";
import { LineList } from "./line_list";
import { createMappingStore } from "./mapping_store";
import { placeText, sameContent, lineOf, usedPaths } from "./mapping_content";

/**
 * The content of an artifact's version, edited without JSON: the source's fields on one side, the target's on the
 * other, the lines between them, and the JSON beside them for those who prefer it. What is no mapping is edited as JSON.
 */
export class MappingEditor extends Component {
  static template = "integration_hub.MappingEditor";
  static components = { FieldList, JsonPane, LineList };
  static props = { ...standardFieldProps };

  setup() {
    this.orm = useService("orm");
    const { model } = this.props.record;
    this.store = useState(
      createMappingStore({
        onChange: (content) => this.props.record.update({ [this.props.name]: content }),
        check: (content) =>
          this.orm.silent.call(this.props.record.resModel, "editor_check", [[this.props.record.resId], content]),
      }),
    );
    useSubEnv({ mapping: this.store });
    this.view = useState({ right: "fields", showsProblems: false });
    onWillStart(async () => {
      await this.learn();
      this.take();
    });
    onMounted(() => this.checkOrRecall());
    useEffect(
      () => this.take(),
      () => [this.props.record.data[this.props.name], this.props.readonly],
    );
    useEffect(
      (resId) => {
        if (resId && resId !== this.learnt) {
          this.learn().then(() => this.checkOrRecall());
        }
      },
      () => [this.props.record.resId],
    );
    onWillUnmount(() => this.store.close());
    this.model = model;
  }

  async learn() {
    const { resId, resModel } = this.props.record;
    this.learnt = resId;
    const info = resId ? await this.orm.call(resModel, "editor_info", [[resId]]) : { kind: "new" };
    this.store.info = markRaw(info);
  }

  /** A draft is checked at once; of any other version it is shown what its last check said. */
  checkOrRecall() {
    return this.store.readonly ? this.store.recall(this.store.info.problems || []) : this.store.check();
  }

  get isMapping() {
    return this.store.info?.kind === "mapping";
  }

  /** Takes over what the record holds when that did not come from here: another record, a discarded change. */
  take() {
    const content = this.props.record.data[this.props.name] || {};
    this.store.readonly = Boolean(this.props.readonly);
    if (!sameContent(JSON.parse(JSON.stringify(content)), this.store.content)) {
      this.store.load(JSON.parse(JSON.stringify(content)));
      if (!this.store.readonly) {
        this.store.checkSoon();
      }
    }
  }

  // -- toolbar -----------------------------------------------------------------------------------------------------

  get statusOf() {
    if (this.store.brokenJson) {
      return "broken";
    }
    return this.store.problems.length ? "problems" : this.store.checkState;
  }

  /** Fields that the other system insists on and no line fills. */
  get unfilled() {
    const { target } = this.store.info;
    if (!this.isMapping || target?.kind !== "document") {
      return 0;
    }
    const filled = [...usedPaths(this.store.content).targets.keys()];
    const isFilled = ({ path }) => filled.some((other) => other === path || other.startsWith(`${path}.`));
    return target.fields.filter((field) => field.required && field.type !== "object" && !isFilled(field)).length;
  }

  get changeCounts() {
    return this.store.comparison?.counts;
  }

  goTo(problem) {
    const line = lineOf(problem.place);
    if (line) {
      this.store.open = placeText(line);
    }
  }

  onKeydown(ev) {
    const typing = ev.target.closest(".ace_editor, input, textarea");
    if (!(ev.ctrlKey || ev.metaKey) || typing) {
      return;
    }
    const key = ev.key.toLowerCase();
    if (key === "z" || key === "y") {
      ev.preventDefault();
      key === "y" || ev.shiftKey ? this.store.redo() : this.store.undo();
    }
  }

  get whenEmpty() {
    return this.store.content.whenEmpty || "omit";
  }

  setWhenEmpty(ev) {
    this.store.set(["whenEmpty"], ev.target.value);
  }
}

registry.category("fields").add("mapping_editor", { component: MappingEditor, supportedTypes: ["json"] });
