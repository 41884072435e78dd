from datetime import timedelta

from odoo import _, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from .integration_problem import UNTAKEN


class IntegrationProblemUntaken(models.Model):
    """What is due and is taken by nobody, because no sidecar works, the system was archived, or the sidecar's
    configuration lacks something: one problem for each system (OBS-03). It closes by itself once somebody takes
    what waits."""

    _inherit = "integration.problem"

    def _found_untaken(self):
        """As `_found`. What is paused is no business of a sidecar: it has a problem of its own, unless a person paused
        it."""
        now = fields.Datetime.now()
        seen_at = self.env["integration.mark"]._last_seen_at()
        since = self._due_since(seen_at)
        systems = self.env["integration.system"].with_context(active_test=False).browse(since)
        found = {}
        for system in systems.filtered(lambda system: not system.active or system.state == "active"):
            before = now - self._grace_of(system)
            if since[system.id] >= before:
                continue
            if not system.active:
                code = "system_archived"
            elif not seen_at or seen_at < before:
                code = "no_sidecar"
            elif self._takes_incoming(system, before):
                continue
            else:
                code = "incoming_not_taken"
            key = (system.id, system.company_id.id or None, None, f"{UNTAKEN}{code}")
            found[key] = {
                "system_id": system.id,
                "company_id": key[1],
                "object": None,
                "cause": key[3],
                "last_id": None,
                "untaken": code,
            }
        return found

    def _due_since(self, seen_at):
        """:return: ``{system id: since when something is due there}``: what came in, and where no sidecar was seen for
        a minute also what goes out. While one works, what goes out may wait for its turn behind thousands. Indexes:
        (system_id, next_attempt_at) of what is received, those of claim for what is pending.
        """
        alone = not seen_at or seen_at < fields.Datetime.now() - timedelta(minutes=1)
        self.env.cr.execute(
            """
            SELECT d.system_id, min(coalesce(d.next_attempt_at, d.create_date))
            FROM integration_delivery d JOIN integration_system s ON s.id = d.system_id
            WHERE d.state = 'received' OR (%s AND s.active AND d.state IN ('pending', 'retry', 'unknown'))
            GROUP BY d.system_id
            """,
            [alone],
        )
        return dict(self.env.cr.fetchall())

    def _takes_incoming(self, system, since):
        """Somebody is at it: there is only much of it."""
        return self.env["integration.attempt"].search_count(
            [
                ("system_id", "=", system.id),
                ("started_at", ">=", since),
                ("number", ">", 0),
                ("delivery_id.direction", "=", "in"),
            ],
            limit=1,
        )

    def _untaken_domain(self):
        """What is due and not taken. Both directions where no sidecar works."""
        states = ["received"]
        if self.code == "no_sidecar":
            states += ["pending", "retry", "unknown"]
        due = Domain("next_attempt_at", "=", False) | Domain("next_attempt_at", "<=", fields.Datetime.now())
        return Domain("system_id", "=", self.system_id.id) & Domain("state", "in", states) & due

    def _grace_of(self, system):
        """How long something may be due before anybody is told: what is away for a moment comes back by itself."""
        policy = self.env["integration.exception.policy"]._for("technical", system, None, self.env["integration.rule"])
        return timedelta(minutes=policy.grace_minutes)

    def _words_of_untaken(self, system, code):
        if code == "system_archived":
            message = _(
                "%s is archived, and changes that came from it wait to be read there and applied.",
                system.name,
            )
            hint = _(
                "Take the system out of the archive and put the connection “%s” back into the sidecar's configuration: "
                "they go by themselves then. Or cancel them.",
                system.code,
            )
        elif code == "no_sidecar":
            message = _("No sidecar works: nothing goes to %s or comes from there.", system.name)
            hint = _("Start the sidecar, or ask whoever runs it. What waits goes by itself then.")
            if seen_at := self.env["integration.mark"]._last_seen_at():
                moment = format_datetime(self.env, seen_at, tz="UTC", dt_format="short")
                hint = _("%(what_to_do)s It was last seen on %(moment)s UTC.", what_to_do=hint, moment=moment)
        else:
            message = _(
                "Changes that came from %s are not read there and applied, although a sidecar works.",
                system.name,
            )
            hint = _(
                "The sidecar's configuration needs the connection “%s”, its store and an API key of Odoo: “hub check” "
                "says what is missing. What waits goes by itself then. If nothing is to come from there any more, "
                "cancel what waits and archive the system.",
                system.code,
            )
        return {"kind": "technical", "code": code, "message": message, "hint": hint}


class IntegrationMark(models.Model):
    _inherit = "integration.mark"

    def _last_seen_at(self):
        """When a sidecar last looked for something to send; False: never. Each does every few seconds."""
        return self.search([], order="seen_at desc", limit=1).seen_at
