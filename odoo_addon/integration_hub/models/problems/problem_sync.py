import logging
from datetime import timedelta

from odoo import _, api, fields, models
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure, UniqueViolation

from .integration_problem import NEEDS_A_PERSON, PAUSE, POLL, UNTAKEN

_logger = logging.getLogger(__name__)

#: More causes of one code than this in a system are one problem: a failure that names something else in each record
#: must not flood anybody.
MOST_CAUSES_OF_A_CODE = 20
#: Held by everybody who keeps the problems, one at a time (`pg_try_advisory_xact_lock`).
LOCK = 0x1E4B_0001
PAUSE_KINDS = {"credential": "credential", "breaker": "technical"}
#: Somebody else changed the same rows: Odoo repeats a call that ends so, and the cron comes again.
REPEATED = (SerializationFailure, DeadlockDetected, LockNotAvailable, UniqueViolation)
HEALED = ("delivered", "unchanged", "applied")


class IntegrationProblemSync(models.Model):
    """Keeps problems in step with the queue: opens, follows and closes them.

    Never in the transaction of a user's business change. It runs when the sidecar asks for it (`integration.queue`
    `note_problems`), after a person's decision has been committed, and each minute as a safety net. Running it twice,
    or in two places at once, does no harm: who finds another at it leaves it to that one.
    """

    _inherit = "integration.problem"

    @api.model
    def _sync(self):
        """:return: ``{"open", "opened", "closed", "busy"}``: how many problems are open, were opened and closed now;
        `busy` when somebody else was at it, so that nothing was done
        """
        self.env.flush_all()
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not self.env.cr.fetchone()[0]:
            return {"open": 0, "opened": 0, "closed": 0, "busy": True}
        # Mail goes by its own queue: a slow mail server must not hold up the sidecar's call.
        hub = self.sudo().with_context(lang=None, mail_notify_force_send=False)
        found = hub._found()
        known = {problem._key(): problem for problem in hub.search([("state", "=", "open")])}
        opened = hub._open([cause for key, cause in found.items() if key not in known])
        gone = hub.browse(problem.id for key, problem in known.items() if key not in found)
        gone._close()
        for key, problem in known.items():
            if key in found:
                problem._follow(found[key])
        return {
            "open": len(known) - len(gone) + len(opened),
            "opened": len(opened),
            "closed": len(gone),
            "busy": False,
        }

    @api.model
    def _sync_after_commit(self):
        """Once this transaction has committed, in one of its own: what a person did shows at once and is never undone
        by a failure here."""
        if not self.env.cr.postcommit.data.get("integration_hub.problems"):
            self.env.cr.postcommit.data["integration_hub.problems"] = True
            self.env.cr.postcommit.add(self._sync_apart)

    @api.model
    def _sync_apart(self):
        try:
            with self.env.registry.cursor() as cr:
                self.with_env(self.env(cr=cr, su=True))._sync()
        except REPEATED:
            _logger.info("problems: somebody else changed them at this moment; the next look is within a minute")
        except Exception:
            _logger.exception("problems: could not be brought up to date; the next try is within a minute")

    @api.model
    def _cron_keep(self):
        """Each minute: questions about what waits in vain, in step with the queue, escalation of what nobody touched,
        and the counts in activities."""
        self.env["integration.inbound"].sudo()._ask_about_waiting()
        self._sync()
        self._escalate_untouched()
        self._refresh_activities()

    # -- what the queue says ---------------------------------------------------------------------------------

    def _found(self):
        """`{(system, company, object, cause): row}` of what stands still now and is somebody's business."""
        self.env.cr.execute("SELECT * FROM integration_hub_private.open_causes(%s)", [MOST_CAUSES_OF_A_CODE])
        rows = {
            (row["system_id"], row["company_id"], row["object"], row["cause"]): row
            for row in self.env.cr.dictfetchall()
        }
        quiet = self.env["integration.system"]._still_in_grace(
            {row["system_id"] for row in rows.values() if _breaker(row)}
        )
        # A system that answers nobody is paused and tried in turns: in between it is no better.
        for system in self.env["integration.system"].search([("unanswered_since", "!=", False)]):
            key = (system.id, system.company_id.id or None, None, f"{PAUSE}breaker")
            rows.setdefault(
                key, {"system_id": system.id, "company_id": key[1], "object": None, "cause": key[3], "last_id": None}
            )
        loud = {key: row for key, row in rows.items() if not (_breaker(row) and row["system_id"] in quiet)}
        return loud | self._found_polls() | self._found_untaken()

    def _key(self):
        return (self.system_id.id, self.company_id.id or None, self.object or None, self.cause)

    def _open(self, rows):
        """One that cannot be told of, whatever the reason, does not keep the others from people."""
        opened = self.browse()
        for row in rows:
            try:
                with self.env.cr.savepoint():
                    problem = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True).create(
                        self._values_of(row)
                    )
                    problem._tell()
                    opened |= problem
            except REPEATED:
                raise
            except Exception:
                _logger.exception("problems: %s of system %s could not be opened", row["cause"], row["system_id"])
        return opened

    def _values_of(self, row):
        system = self.env["integration.system"].browse(row["system_id"])
        now = fields.Datetime.now()
        values = {
            "system_id": system.id,
            "company_id": row["company_id"],
            "object": row["object"],
            "cause": row["cause"],
            "opened_at": now,
            "last_seen_at": now,
        }
        rule = self.env["integration.rule"]
        if row["last_id"]:
            example = self.env["integration.delivery"].browse(row["last_id"])
            rule = example.event_id.rule_id
            # It goes to several people, and by mail: without values, which its deliveries show to who may see them.
            message, _hint = example._readable(example.error_message, None, example.error_field, sees_all=False)
            values |= {
                "kind": row["cause"].split(":", 1)[0],
                "code": example.error_code,
                "message": message or _("Deliveries stand still."),
                "hint": self._hint_of(example),
                "error_field": example.error_field,
                "example_id": example.id,
                "last_delivery_id": example.id,
                "rule_id": rule.id,
            }
        elif polls := row.get("polls"):
            values |= self._words_of_polls(system, polls)
        elif untaken := row.get("untaken"):
            values |= self._words_of_untaken(system, untaken)
        else:
            values |= self._words_of_pause(system, row["cause"].removeprefix(PAUSE))
        policy = self.env["integration.exception.policy"]._for(values["kind"], system, row["object"], rule)
        values["policy_id"] = policy.id
        values["due_at"] = now + timedelta(hours=policy.deadline_hours or 24)
        values["escalates_at"] = policy.escalate_hours and now + timedelta(hours=policy.escalate_hours)
        return values

    def _hint_of(self, example):
        if example.state == "dead":
            # The failure's own hint was written for a try that is followed by others.
            return _("All tries are used up. Find out what is wrong at %s, then Retry all.", example.system_id.name)
        _message, hint = example._readable(None, example.error_hint, example.error_field, sees_all=False)
        return hint or _("Look at the deliveries and decide.")

    def _words_of_pause(self, system, pause_kind):
        kind = PAUSE_KINDS.get(pause_kind, "policy")
        if kind == "credential":
            message = _("%s refuses the sign-in: nothing is sent there.", system.name)
            hint = _(
                "Give the sidecar valid credentials for %s. It tries them each minute and goes on by itself.",
                system.name,
            )
        elif kind == "technical":
            message = _("%s has not answered as it should for some time: nothing arrives there.", system.name)
            hint = _(
                "Ask whoever runs %s what is wrong. Changes are kept, and are sent by themselves once it answers.",
                system.name,
            )
        else:
            message = _("%s stands still: nothing is sent there.", system.name)
            hint = _("Find out why it was stopped, then resume it on its form.")
        if system.pause_reason:
            message = _("%(what)s (%(reason)s)", what=message, reason=system.pause_reason)
        return {"kind": kind, "code": pause_kind, "message": message, "hint": hint}

    # -- following and closing -------------------------------------------------------------------------------

    def _follow(self, row):
        """A new delivery that stands still for it. Written only then: nothing changes while nothing happens."""
        if polls := row.get("polls"):
            self._follow_polls(polls)
        if row["last_id"] and row["last_id"] != self.last_delivery_id:
            self.write({"last_seen_at": fields.Datetime.now(), "last_delivery_id": row["last_id"]})

    def _close(self):
        for problem in self:
            reason = problem._how_it_ended()
            problem._activities_done(reason)
            problem.write(
                {
                    "state": "closed",
                    "closed_at": fields.Datetime.now(),
                    "close_reason": reason,
                    "escalates_at": False,
                }
            )

    def _how_it_ended(self):
        if self.cause.startswith(PAUSE):
            return _("%s goes on.", self.system_id.name)
        if self.cause.startswith(POLL):
            if self.system_id.state == "paused":
                return _("%s is paused: nothing is looked for there meanwhile.", self.system_id.name)
            return _("Changes in %s are found again.", self.system_id.name)
        if self.cause.startswith(UNTAKEN):
            return _("Nothing that is due waits any more.")
        collection = self.cause.rpartition(":")[0] + ":*" if not self.cause.endswith(":*") else None
        kind, code = (self.cause.split(":") + [""])[:2]
        if collection and self.search_count(
            [("state", "=", "open"), ("system_id", "=", self.system_id.id), ("cause", "=", f"{kind}:{code}:*")], limit=1
        ):
            return _("Joined with others of its kind in one problem.")
        labels = dict(self.env["integration.delivery"]._fields["state"]._description_selection(self.env))
        if self.example_id and self.example_id.state not in NEEDS_A_PERSON:
            return _(
                "Nothing stands still for it any more. The last one seen is “%s” now.", labels[self.example_id.state]
            )
        return _("Nothing stands still for it any more.")


class IntegrationSystemUnanswered(models.Model):
    """Since when a system answers nobody. The breaker stops it, tries, and stops it again: only a success ends it."""

    _inherit = "integration.system"

    unanswered_since = fields.Datetime(readonly=True, help="Since when no call has succeeded there.")
    unanswered_seen_at = fields.Datetime(readonly=True)

    def _still_in_grace(self, stopped_ids):
        """Notes which systems the breaker stops now, and forgets those that answer again.

        :return: the ids of stopped systems that have not been so for as long as their policy waits
        """
        now = fields.Datetime.now()
        for system in self.browse(stopped_ids):
            system.write({"unanswered_since": system.unanswered_since or now, "unanswered_seen_at": now})
        for system in self.search([("unanswered_since", "!=", False), ("id", "not in", list(stopped_ids))]):
            if system.state == "paused" or system._has_answered():
                system.write({"unanswered_since": False, "unanswered_seen_at": False})
        in_grace = set()
        for system in self.search([("unanswered_since", "!=", False)]):
            policy = self.env["integration.exception.policy"]._for(
                "technical", system, None, self.env["integration.rule"]
            )
            if now - system.unanswered_since < timedelta(minutes=policy.grace_minutes):
                in_grace.add(system.id)
        return in_grace

    def _has_answered(self):
        """Something arrived since it was last seen stopped, or nothing is left that fails."""
        self.ensure_one()
        arrived = self.env["integration.attempt"].search_count(
            [
                ("system_id", "=", self.id),
                ("started_at", ">=", self.unanswered_seen_at),
                ("outcome", "in", HEALED),
            ],
            limit=1,
        )
        return arrived or not self.env["integration.delivery"].search_count(
            [("system_id", "=", self.id), ("state", "in", ("pending", "processing", "retry", "unknown"))], limit=1
        )


def _breaker(row):
    return row["cause"] == f"{PAUSE}breaker"
