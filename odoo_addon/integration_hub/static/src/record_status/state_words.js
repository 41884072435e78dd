import { _t } from "@web/core/l10n/translation";

/**
 * How each state of a delivery looks and what it is called on a record. The server answers the worst state first.
 * `moving`: it changes without anybody doing something, so the widget keeps looking.
 */
export const STATES = {
  dead: { words: _t("Needs attention"), icon: "fa-exclamation-triangle", tone: "danger", moving: false },
  held: { words: _t("Needs attention"), icon: "fa-exclamation-triangle", tone: "danger", moving: false },
  unknown: { words: _t("Being checked"), icon: "fa-question-circle", tone: "warning", moving: true },
  retry: { words: _t("Will retry"), icon: "fa-repeat", tone: "warning", moving: true },
  waiting: { words: _t("Waiting"), icon: "fa-hourglass-half", tone: "info", moving: true },
  received: { words: _t("Arriving"), icon: "fa-download", tone: "info", moving: true },
  processing: { words: _t("Being sent"), icon: "fa-paper-plane", tone: "info", moving: true },
  pending: { words: _t("On its way"), icon: "fa-paper-plane", tone: "info", moving: true },
  delivered: { words: _t("In step"), icon: "fa-check-circle", tone: "success", moving: false },
  superseded: { words: _t("In step"), icon: "fa-check-circle", tone: "success", moving: false },
  cancelled: { words: _t("Not sent"), icon: "fa-ban", tone: "secondary", moving: false },
  none: { words: _t("Not sent yet"), icon: "fa-circle-o", tone: "secondary", moving: false },
};

/** The look of a state; a state this version does not know is shown as `none` rather than breaking the form. */
export const lookOf = (state) => (Object.hasOwn(STATES, state) ? STATES[state] : STATES.none);
