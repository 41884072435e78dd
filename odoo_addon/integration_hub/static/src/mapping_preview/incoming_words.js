import { _t } from "@web/core/l10n/translation";

/** What would happen, in a sentence: `{tone, icon, words, more}`; `more` says why or what to do. */
export function incomingVerdict(result, system, id) {
  if (result.refused) {
    return stop(_t("The mapping has problems: nothing can be shown before they are mended."));
  }
  const { outcome, linked } = result;
  const name = linked?.name || "";
  if (!result.found) {
    return linked
      ? change(_t("It is no longer in %s: %s would be archived in Odoo.", system, name))
      : { tone: "warning", icon: "fa-search", words: _t("%s has no record with the ID %s.", system, id), more: "" };
  }
  if (result.problems.length) {
    return stop(_t("This record would be held, and nothing of it would land in Odoo."));
  }
  const { error } = outcome;
  const why = error ? [error.message, error.hint].filter(Boolean).join(" ") : "";
  if (outcome.state === "waiting") {
    return {
      tone: "info",
      icon: "fa-hourglass-half",
      words: _t("This would wait before it lands in Odoo."),
      more: why,
    };
  }
  if (error?.code === "not_owner") {
    return stop(_t("What the system may not change would be held for a person; the rest would land."), why);
  }
  if (error) {
    return stop(_t("This record would be held, and nothing of it would land in Odoo."), why);
  }
  if (outcome.read_again) {
    const more = _t("Until then, what %s holds says nothing about now.", system);
    return { tone: "info", icon: "fa-refresh", words: _t("Odoo's own change is on its way there."), more };
  }
  if (outcome.created) {
    return change(_t("This would become a new record in Odoo."));
  }
  if (outcome.matched) {
    return change(_t("This would be linked with %s in Odoo.", name));
  }
  if (outcome.unchanged) {
    return {
      tone: "success",
      icon: "fa-check",
      words: _t("Odoo has it like this already: nothing would change."),
      more: "",
    };
  }
  return change(_t("This would change %s in Odoo.", name));
}

const change = (words) => ({ tone: "info", icon: "fa-sign-in", words, more: "" });

const stop = (words, more = "") => ({ tone: "danger", icon: "fa-hand-paper-o", words, more });
