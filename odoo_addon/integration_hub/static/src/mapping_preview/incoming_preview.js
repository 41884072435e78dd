import { Component, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { incomingVerdict } from "./incoming_words";
import { valueRows } from "./value_rows";

/** How long nothing has to change before the preview is made again, in milliseconds. */
const AGAIN_AFTER = 500;

/** Which record was looked at last, by version: leaving the tab does not forget it. */
const lastLooked = new Map();

/** What would become of another system's record in Odoo under this version, unsaved changes included. Nothing is written. */
export class IncomingPreview extends Component {
  static template = "integration_hub.IncomingPreview";
  static components = { RecordSelector };
  static props = { ...standardWidgetProps };

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.state = useState({
      choice: null,
      externalId: "",
      linkId: false,
      system: "",
      result: null,
      failure: "",
      asking: false,
    });
    onWillStart(async () => {
      const { resId, resModel } = this.props.record;
      const info = resId ? await this.orm.call(resModel, "editor_info", [[resId]]) : {};
      const last = lastLooked.get(resId) || {};
      this.state.choice = info.preview || null;
      this.state.externalId = last.externalId || "";
      this.state.linkId = last.linkId || false;
      this.state.system = last.system || info.preview?.systems[0]?.code || "";
    });
    useEffect(
      () => this.lookSoon(),
      () => [this.state.externalId, this.state.system, this.props.record.data.content],
    );
    onWillUnmount(() => {
      this.closed = true;
      clearTimeout(this.timer);
    });
  }

  // -- asking ------------------------------------------------------------------------------------------------------

  onId(ev) {
    Object.assign(this.state, { externalId: ev.target.value.trim(), linkId: false });
  }

  async chooseLink(linkId) {
    const [link] = linkId ? await this.orm.read("integration.link", [linkId], ["external_id"]) : [];
    Object.assign(this.state, { linkId, externalId: link?.external_id || "" });
  }

  onSystem(ev) {
    Object.assign(this.state, { system: ev.target.value, externalId: "", linkId: false, result: null, failure: "" });
  }

  lookSoon() {
    clearTimeout(this.timer);
    if (this.state.externalId && this.state.system) {
      this.timer = setTimeout(() => this.look(), this.state.result ? AGAIN_AFTER : 0);
    }
  }

  async look() {
    const { record } = this.props;
    const { externalId, linkId, system } = this.state;
    const asked = (this.asked = {});
    lastLooked.set(record.resId, { externalId, linkId, system });
    this.state.asking = true;
    let result = null;
    let failure = "";
    try {
      const args = [[record.resId], record.data.content, externalId, system];
      result = await this.orm.silent.call(record.resModel, "editor_preview_incoming", args);
    } catch (error) {
      failure = error.data?.message || _t("The preview could not be made.");
    }
    if (!this.closed && asked === this.asked) {
      Object.assign(this.state, { result, failure, asking: false });
    }
  }

  openLinked() {
    const { model, id } = this.state.result.linked;
    this.action.doAction({ type: "ir.actions.act_window", res_model: model, res_id: id, views: [[false, "form"]] });
  }

  // -- words -------------------------------------------------------------------------------------------------------

  get system() {
    return this.state.choice.systems.find(({ code }) => code === this.state.system);
  }

  get systemName() {
    return this.system?.name || this.state.system;
  }

  get linkDomain() {
    return [
      ["system_id", "=", this.system?.id || 0],
      ["external_type", "=", this.system?.type || ""],
    ];
  }

  get idLabel() {
    return _t("ID in %s", this.systemName);
  }

  get linkPlaceholder() {
    return _t("a linked record…");
  }

  get verdict() {
    return incomingVerdict(this.state.result, this.systemName, this.state.externalId);
  }

  get problems() {
    return (this.state.result.problems || []).map((problem) => ({
      reason: problem.reason || problem.message || "",
      fix: problem.fix || problem.hint || "",
      place: problem.field || [problem.path, problem.pointer].filter(Boolean).join(" "),
    }));
  }

  get recordRows() {
    return valueRows(this.state.result.record || {});
  }

  /** The canonical object beside what the versions in force make of the same record. */
  get canonicalRows() {
    const { canonical, active } = this.state.result;
    return valueRows(canonical || {}, active?.canonical || undefined);
  }

  get changesCanonical() {
    return this.canonicalRows.some(({ change }) => change);
  }

  /** What changes first, then what does not. */
  get fieldRows() {
    const rank = ({ changes, problem, refused }) => (problem ? 0 : refused ? 1 : changes ? 2 : 3);
    return [...this.state.result.fields].sort((a, b) => rank(a) - rank(b));
  }
}

registry.category("view_widgets").add("incoming_preview", { component: IncomingPreview });
