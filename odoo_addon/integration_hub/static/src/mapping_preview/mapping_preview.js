import { Component, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { shown, valueRows } from "./value_rows";

/** How long nothing has to change before the preview is made again, in milliseconds. */
const AGAIN_AFTER = 500;

/** Which record was looked at last, by version: leaving the tab does not forget it. */
const lastLooked = new Map();

/** What would become of a real record under this version, unsaved changes included. Nothing is sent. */
export class MappingPreview extends Component {
  static template = "integration_hub.MappingPreview";
  static components = { RecordSelector };
  static props = { ...standardWidgetProps };

  shown = shown;

  setup() {
    this.orm = useService("orm");
    this.state = useState({ choice: null, resId: false, system: "", result: null, failure: "", asking: false });
    onWillStart(async () => {
      const { resId, resModel } = this.props.record;
      const info = resId ? await this.orm.call(resModel, "editor_info", [[resId]]) : {};
      this.state.choice = info.preview || null;
      const last = lastLooked.get(resId) || {};
      this.state.resId = last.resId || false;
      this.state.system = last.system || info.preview?.systems[0]?.code || "";
    });
    useEffect(
      () => this.lookSoon(),
      () => [this.state.resId, this.state.system, this.props.record.data.content],
    );
    onWillUnmount(() => {
      this.closed = true;
      clearTimeout(this.timer);
    });
  }

  // -- asking ------------------------------------------------------------------------------------------------------

  choose(resId) {
    this.state.resId = resId;
  }

  onSystem(ev) {
    this.state.system = ev.target.value;
  }

  lookSoon() {
    clearTimeout(this.timer);
    if (this.state.resId && this.state.system) {
      this.timer = setTimeout(() => this.look(), this.state.result ? AGAIN_AFTER : 0);
    }
  }

  async look() {
    const { record } = this.props;
    const { resId, system } = this.state;
    const asked = (this.asked = {});
    lastLooked.set(record.resId, { resId, system });
    this.state.asking = true;
    let result = null;
    let failure = "";
    try {
      const args = [[record.resId], record.data.content, resId, system];
      result = await this.orm.silent.call(record.resModel, "editor_preview", args);
    } catch (error) {
      failure = error.data?.message || _t("The preview could not be made.");
    }
    if (!this.closed && asked === this.asked) {
      Object.assign(this.state, { result, failure, asking: false });
    }
  }

  // -- words -------------------------------------------------------------------------------------------------------

  get systemName() {
    return this.state.choice.systems.find(({ code }) => code === this.state.system)?.name || this.state.system;
  }

  get placeholder() {
    return _t("a record…");
  }

  get problems() {
    return (this.state.result?.problems || []).map((problem) => ({
      reason: problem.reason || problem.message || "",
      fix: problem.fix || problem.hint || "",
      place: problem.field || problem.pointer || "",
    }));
  }

  get verdict() {
    const { result } = this.state;
    if (result.refused) {
      return {
        tone: "danger",
        icon: "fa-ban",
        words: _t("The mapping has problems: nothing can be shown before they are mended."),
      };
    }
    if (this.problems.length) {
      return {
        tone: "danger",
        icon: "fa-hand-paper-o",
        words: _t("This record would be held, and nothing of it would be sent."),
      };
    }
    if (result.would_skip) {
      return {
        tone: "success",
        icon: "fa-check",
        words: _t("%s has it like this already: nothing would be sent.", this.systemName),
      };
    }
    if ((result.waits_for || []).length) {
      return {
        tone: "info",
        icon: "fa-hourglass-half",
        words: _t("This would wait before it is sent to %s.", this.systemName),
      };
    }
    if (result.current) {
      return {
        tone: "info",
        icon: "fa-paper-plane",
        words: _t("This would change the record in %s.", this.systemName),
      };
    }
    return { tone: "info", icon: "fa-paper-plane", words: _t("This would be sent to %s.", this.systemName) };
  }

  get snapshotRows() {
    return valueRows(this.state.result.snapshot || {});
  }

  get canonicalRows() {
    return valueRows(this.state.result.canonical || {});
  }

  /** The outgoing body beside what the versions in force make of the same record. */
  get documentRows() {
    const { document, active_document: active } = this.state.result;
    return valueRows(document || {}, active || undefined);
  }

  get changesBody() {
    return this.documentRows.some(({ change }) => change);
  }
}

registry.category("view_widgets").add("mapping_preview", { component: MappingPreview });
