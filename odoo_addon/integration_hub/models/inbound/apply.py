import base64
import hashlib

from odoo import _, fields, models

from .differences import _plain, _same, digest
from .item import Stopped


class IntegrationInboundApply(models.AbstractModel):
    """Writes what a document says, under the system's own user and rights, in the record's company."""

    _inherit = "integration.inbound"

    def _as_user(self, system, model, path=None, company=None):
        """An empty recordset of the model as the user of the system, its changes marked as the system's.

        :raise Stopped: data: this database has no such model
        """
        if model not in self.env or self.env[model]._abstract:
            raise Stopped(
                "data",
                "unknown_model",
                _("This Odoo has no “%s”.", model),
                _("Install the app that brings it, or switch this flow off."),
                path,
            )
        user = system.api_user_id
        company = company or system.company_id or user.company_id
        context = {
            "allowed_company_ids": [company.id],
            "integration_origin": system.code,
            "lang": user.lang or "en_US",
            "tz": "UTC",
            "mail_create_nosubscribe": True,
            "mail_notify_author": False,
        }
        return self.env[model].with_user(user).with_context(context)  # nothing of the caller's context counts

    def _apply(self, system, item, record, values, memory):
        """Creates the record, or writes `values` to it.

        :param values: the differences, as `_resolved` gives them
        :return: the record
        """
        plain = {name: value for name, value in values.items() if record._fields[name].type != "one2many"}
        lines = {name: value for name, value in values.items() if record._fields[name].type == "one2many"}
        for name, value in plain.items():
            if record._fields[name].type == "many2many":
                plain[name] = [fields.Command.set(value)]
        commands = {name: self._line_commands(record, name, value, memory) for name, value in lines.items()}
        before = {name: set(record[name].ids) for name in commands}
        plain |= {name: [step[0] for step in steps if step[0]] for name, steps in commands.items()}
        plain = {name: value for name, value in plain.items() if name not in commands or value}
        if not record:
            record = record.create(plain)
        elif plain:
            record.write(plain)
        record.flush_recordset()
        self._remember_lines(record, commands, before, memory)
        self._remember_adjusted(record, values, memory)
        return record

    def _remember_lines(self, record, commands, before, memory):
        for name, steps in commands.items():
            known = memory.setdefault("lines", {}).setdefault(name, {})
            new = iter(sorted(set(record[name].ids) - before[name]))
            for command, key, *adopted in steps:
                if adopted:
                    known[key] = adopted[0]
                elif command[0] == fields.Command.CREATE:
                    known[key] = next(new, None)
                elif command[0] == fields.Command.DELETE:
                    known.pop(key, None)

    def _remember_adjusted(self, record, values, memory):
        adjusted = memory.setdefault("adjusted", {})
        for name, value in values.items():
            adjusted.pop(name, None)
            if record._fields[name].type != "one2many" and not _same(record, record._fields[name], value):
                adjusted[name] = [digest(value), digest(_plain(record[name]))]

    def _add_note(self, item, record, memory):
        """Posts the document's note, once."""
        seen = item.note and digest(item.note)
        if not seen or memory.get("note") == seen or not hasattr(record, "message_post"):
            return False
        record.message_post(body=item.note, subtype_xmlid="mail.mt_note")
        memory["note"] = seen
        return True

    def _add_attachments(self, item, record):
        """Attaches files that the record does not have yet. A file is the same when its name and its content are."""
        added = False
        Attachment = self.env["ir.attachment"].with_env(record.env)
        for given in item.attachments:
            content = given.get("data")
            same = [("res_model", "=", record._name), ("res_id", "=", record.id), ("name", "=", given["name"])]
            values = {"name": given["name"], "res_model": record._name, "res_id": record.id}
            if content is not None:
                raw = base64.b64decode(content)
                same.append(("checksum", "=", hashlib.sha1(raw).hexdigest()))
                values |= {"raw": raw, "mimetype": given.get("mimetype")}
            else:
                if not given["url"].startswith(("https://", "http://")):
                    raise self._bad_value("attachments", given["url"])
                same.append(("url", "=", given["url"]))
                values |= {"type": "url", "url": given["url"]}
            if not Attachment.search_count(same, limit=1):
                Attachment.create(values)
                added = True
        return added
