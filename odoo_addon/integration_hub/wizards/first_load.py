from odoo import Command, _, api, fields, models
from odoo.exceptions import UserError

from ..models.foundation.titles import title_of
from ..models.inbound.item import CONFLICT, DUPLICATE, NOT_OWNER, SINGLE_CREATION, STATE_JUMP

STATES = [
    ("running", "Running"),
    ("stopped", "Stopped"),
    ("failed", "Failed"),
    ("done", "Done"),
]
#: What is told first, and what it is told as: ``(outcomes of the sidecar)``.
OUTCOMES = (
    ("matched",),
    ("created",),
    ("delivered",),
    ("unchanged", "echo"),
    ("waiting",),
    ("held",),
    ("dead",),
    ("settled",),
    ("gone", "not_taken"),
    ("led",),
)


class IntegrationFirstLoad(models.TransientModel):
    """Brings what is already in a system into Odoo: tried out first, then started (MIG-06). The sidecar does it, and
    goes on whether somebody looks or not; this shows what it says."""

    _name = "integration.first.load"
    _description = "First Load"

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    system_state = fields.Selection(related="system_id.state")
    pause_reason = fields.Char(related="system_id.pause_reason")
    line_ids = fields.One2many("integration.first.load.line", "wizard_id")
    is_running = fields.Boolean(compute="_compute_is_running")

    @api.depends("line_ids.dry_state", "line_ids.load_state")
    def _compute_is_running(self):
        for wizard in self:
            states = wizard.line_ids.mapped("dry_state") + wizard.line_ids.mapped("load_state")
            wizard.is_running = "running" in states

    def action_refresh(self):
        """Asks the sidecar how far everything is."""
        return self._ask_and_show()

    def _ask_and_show(self, **request):
        self.ensure_one()
        answer = self.env["integration.question"]._ask("load", {"system": self.system_id.code} | request)
        if not answer["lists"]:
            raise UserError(
                _(
                    "Nothing of %s can be loaded: its connector lists no records that a mapping takes into Odoo.",
                    self.system_id.name,
                )
            )
        told = {(load["object"], load["dry_run"]): load for load in answer["loads"]}
        titles = self.env["integration.catalogue"]._object_titles()
        self.line_ids = [Command.clear()] + [
            Command.create(
                {
                    "object": entry["object"],
                    "name": titles.get(entry["becomes"]) or title_of(entry["becomes"], {}),
                    **self._shown("dry", told.get((entry["object"], True))),
                    **self._shown("load", told.get((entry["object"], False))),
                }
            )
            for entry in answer["lists"]
        ]
        return {
            "type": "ir.actions.act_window",
            "name": _("First load from %s", self.system_id.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _shown(self, part, load):
        if load is None:
            return {f"{part}_state": False, f"{part}_text": False}
        parts = []
        if load["state"] == "running":
            done = load["listed"] - load["open"]
            parts.append(_("%(done)s of %(listed)s listed so far", done=done, listed=load["listed"]))
        for outcomes in OUTCOMES:
            if count := sum(load["outcomes"].get(outcome, 0) for outcome in outcomes):
                parts.append(self._in_words(part == "dry", outcomes[0], count))
        if load["state"] == "done" and not parts:
            parts.append(_("nothing is there"))
        text = ", ".join(parts)
        if load["reasons"]:
            reasons = ", ".join(f"{self._reason(code)} ({count})" for code, count in sorted(load["reasons"].items()))
            text = _("%(text)s. Why: %(reasons)s", text=text, reasons=reasons)
        if load["failure"]:
            failure = " ".join(part for part in (load["failure"]["message"], load["failure"]["hint"]) if part)
            text = f"{text}. {failure}" if text else failure
        return {f"{part}_state": load["state"], f"{part}_text": text}

    def _in_words(self, dry, outcome, count):
        if dry:
            words = {
                "matched": _("%s linked with what is here", count),
                "created": _("%s created", count),
                "delivered": _("%s changed", count),
                "unchanged": _("%s the same as here", count),
                "waiting": _("%s wait for another record", count),
                "held": _("%s need a decision", count),
                "dead": _("%s cannot be read", count),
                "led": _("%s lead to other records", count),
            }
        else:
            words = {
                "matched": _("%s linked with what was here", count),
                "created": _("%s created", count),
                "delivered": _("%s changed", count),
                "unchanged": _("%s the same as here", count),
                "waiting": _("%s wait for another record", count),
                "held": _("%s need a decision", count),
                "dead": _("%s failed", count),
                "settled": _("%s settled since", count),
                "led": _("%s led to other records", count),
            }
        return words.get(outcome) or _("%s gone meanwhile", count)

    def _reason(self, code):
        return {
            DUPLICATE: _("may be the same as a record here"),
            SINGLE_CREATION: _("may be created elsewhere only"),
            NOT_OWNER: _("changes what another system owns"),
            CONFLICT: _("changed on both sides"),
            STATE_JUMP: _("a step that its life does not have"),
        }.get(code) or code.replace("_", " ")


class IntegrationFirstLoadLine(models.TransientModel):
    _name = "integration.first.load.line"
    _description = "First Load of one List"

    wizard_id = fields.Many2one("integration.first.load", required=True, ondelete="cascade")
    object = fields.Char(readonly=True, help="What the system calls it.")
    name = fields.Char("What", readonly=True)
    dry_state = fields.Selection(STATES, "Dry run", readonly=True)
    dry_text = fields.Text("It would be", readonly=True)
    load_state = fields.Selection(STATES, "Load", readonly=True)
    load_text = fields.Text("So far", readonly=True)

    def action_try(self):
        """Asks what would become of each record; writes nothing, here or there."""
        return self._act("dry_run")

    def action_start(self):
        """Begins, or goes on where it was interrupted.

        :raise UserError: it was not tried out
        """
        if self.dry_state != "done" and self.load_state not in ("stopped", "failed"):
            raise UserError(_("Try it out first, and see what would become of the records."))
        return self._act("start")

    def action_stop(self):
        """Nothing more is listed; what was named already is brought to its end."""
        return self._act("stop")

    def _act(self, action):
        self.ensure_one()
        return self.wizard_id._ask_and_show(action=action, object=self.object)
