import { Component, onWillStart, onWillUnmount, useEffect, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { lookOf } from "./state_words";

/** Milliseconds between two looks while something is on its way: soon at first, then ever less often. */
const FIRST_LOOK = 1500;
const SLOWEST_LOOK = 30000;

/** Sync status of the record on a form: the worst state on the button, each system in the drop-down. */
export class RecordStatus extends Component {
  static template = "integration_hub.RecordStatus";
  static components = { Dropdown };
  static props = { ...standardWidgetProps };

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.notification = useService("notification");
    this.dropdown = useDropdownState();
    this.state = useState({ status: null, sending: false });
    this.delay = FIRST_LOOK;

    onWillStart(async () => {
      this.isOperator = await user.hasGroup("integration_hub.group_operator");
    });
    // The record's data is a new object after every load and save; while it is being edited nothing has changed for the queue.
    useEffect(
      (resId, data) => {
        if (resId && data) {
          this.lookAgainSoon(0);
        }
      },
      () => [this.props.record.resId, this.props.record.dirty ? null : this.props.record.data],
    );
    useExternalListener(document, "visibilitychange", () => {
      if (!document.hidden && this.isMoving) {
        this.lookAgainSoon(0);
      }
    });
    onWillUnmount(() => {
      this.closed = true;
      browser.clearTimeout(this.timer);
    });
  }

  // -- reading ---------------------------------------------------------------------------------------------------------

  lookAgainSoon(delay) {
    browser.clearTimeout(this.timer);
    if (delay === 0) {
      this.delay = FIRST_LOOK;
    }
    this.timer = browser.setTimeout(() => this.look(), delay);
  }

  async look() {
    const { resModel, resId } = this.props.record;
    if (!resId || document.hidden) {
      return;
    }
    let status;
    try {
      status = await this.orm.silent.call("integration.delivery", "get_record_status", [resModel, resId]);
    } catch {
      // Never in the way of the form: the figure stays as it was, and the next look may be luckier.
      status = this.state.status;
    }
    if (this.closed || resId !== this.props.record.resId) {
      return;
    }
    this.state.status = status;
    if (this.isMoving) {
      this.lookAgainSoon(this.delay);
      this.delay = Math.min(this.delay * 1.5, SLOWEST_LOOK);
    }
  }

  get isMoving() {
    return (this.state.status?.systems || []).some((system) => lookOf(system.state).moving);
  }

  // -- words -----------------------------------------------------------------------------------------------------------

  get worst() {
    return lookOf(this.state.status?.state || "none");
  }

  lookOf(state) {
    return lookOf(state);
  }

  /** Whether somebody has to act: it does not go on by itself. */
  needsPerson(state) {
    return lookOf(state).tone === "danger";
  }

  get countText() {
    const systems = this.state.status?.systems || [];
    if (!systems.length) {
      return _t("Integrations");
    }
    const attention = systems.filter((system) => lookOf(system.state).tone === "danger").length;
    if (attention && systems.length > 1) {
      return _t("%(attention)s of %(total)s systems", { attention, total: systems.length });
    }
    return systems.length === 1 ? systems[0].name : _t("%s systems", systems.length);
  }

  ago(serverTime) {
    return serverTime ? deserializeDateTime(serverTime).toRelative() : "";
  }

  exactTime(serverTime) {
    return serverTime ? formatDateTime(deserializeDateTime(serverTime)) : "";
  }

  // -- acting ----------------------------------------------------------------------------------------------------------

  async openAll() {
    this.dropdown.close();
    await this.action.doAction(this.state.status.action);
  }

  async openDelivery(system) {
    this.dropdown.close();
    await this.action.doAction({
      type: "ir.actions.act_window",
      res_model: "integration.delivery",
      res_id: system.delivery_id,
      views: [[false, "form"]],
    });
  }

  async sendNow() {
    const { resModel, resId } = this.props.record;
    this.state.sending = true;
    try {
      await this.orm.call("integration.delivery", "send_record_now", [resModel, resId]);
    } finally {
      this.state.sending = false;
    }
    this.lookAgainSoon(0);
  }
}

registry.category("view_widgets").add("integration_status", { component: RecordStatus });
