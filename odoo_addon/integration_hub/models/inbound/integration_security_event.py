from odoo import _, api, fields, models

from ..foundation.loose_reference import LooseMany2one
from ..queue.integration_queue import for_the_sidecar
from .item import moment

ACTIVITY = "integration_hub.activity_problem"
REASONS = [
    ("bad_signature", "The signature is wrong"),
    ("no_signature", "There is no signature"),
    ("stale", "Signed too long ago"),
    ("secret_not_set", "No secret is configured to check it with"),
    ("too_large", "Too large"),
    ("too_frequent", "Too frequent"),
    ("malformed", "Not readable"),
    ("handshake", "A secret was handed over without leave"),
    ("unknown_system", "For a system that is not configured"),
    ("other", "Another reason"),
]


class IntegrationSecurityEvent(models.Model):
    """Calls from outside that were refused at the sidecar's door: one row for each system, reason and hour, so that a
    flood is one event (SEC-11). Nothing of what was sent is kept."""

    _name = "integration.security.event"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Security Event"
    _order = "hour desc, id desc"
    _rec_name = "reason"

    system_id = LooseMany2one("integration.system", readonly=True, ondelete="set null")
    system_code = fields.Char(
        "Called as", required=True, readonly=True, help="The name in the address that was called."
    )
    reason = fields.Selection(REASONS, required=True, readonly=True)
    hour = fields.Datetime(required=True, readonly=True, help="The hour in which they came.")
    calls = fields.Integer(readonly=True, help="How many were refused in that hour.")
    sender = fields.Char("Last sender", readonly=True, help="The address that the last of them came from.")
    last_at = fields.Datetime("Last one", readonly=True)

    _hour_uniq = models.UniqueIndex("(system_code, reason, hour)")

    @api.depends("system_code", "reason", "hour")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["reason"]._description_selection(self.env))
        for event in self:
            event.display_name = _("%(system)s: %(reason)s", system=event.system_code, reason=labels[event.reason])

    def _tell_administrators(self):
        """One open activity a person for one system and reason, however long it goes on."""
        for event in self:
            same = self.search([("system_code", "=", event.system_code), ("reason", "=", event.reason)])
            told = same.activity_ids.user_id
            for person in self.env.ref("integration_hub.group_administrator").all_user_ids - told:
                if person.active and not person.share and person != self.env.ref("base.user_root"):
                    event.with_context(lang=person.lang).activity_schedule(
                        ACTIVITY,
                        summary=event.env._("Calls from outside are refused: %s", event.display_name),
                        note=event.env._(
                            "Find out who calls. If it is the system itself, its webhook and the sidecar's secret do "
                            "not fit any more; if it is not, nothing was taken from it."
                        ),
                        user_id=person.id,
                    )


class IntegrationInboundRefused(models.AbstractModel):
    _inherit = "integration.inbound"

    @for_the_sidecar
    def refused(self, events):
        """Keeps what was refused at the door, and tells the integration administrators of what is new.

        :param events: ``[{"system": code as called, "reason", "hour": ISO 8601, "count", "sender"?, "last_at"?}]``; the
            count is that of the whole hour so far, so that telling it twice does no harm
        :return: how many rows are new
        """
        Event = self.env["integration.security.event"].sudo().with_context(mail_create_nosubscribe=True)
        systems = {system.code: system for system in self.env["integration.system"].sudo().search([])}
        known_reasons = dict(REASONS)
        new = Event
        for given in events:
            key = {
                "system_code": given["system"],
                "reason": given["reason"] if given["reason"] in known_reasons else "other",
                "hour": moment(given["hour"]).replace(minute=0, second=0, microsecond=0),
            }
            values = {
                "calls": given["count"],
                "sender": given.get("sender") or False,
                "last_at": moment(given.get("last_at")) or fields.Datetime.now(),
            }
            event = Event.search([(name, "=", value) for name, value in key.items()])
            if event:
                event.write(values)
            else:
                system = systems.get(given["system"])
                new |= Event.create(key | values | {"system_id": system.id if system else False})
        new._tell_administrators()
        return len(new)
