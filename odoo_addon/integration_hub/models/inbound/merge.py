from odoo import _, fields, models
from odoo.tools import SQL

from .item import OPEN_IN, Stopped, lane_of

MERGED = "merged_there"


class IntegrationLinkMerge(models.Model):
    """Records that are merged in Odoo: their links and history go with them (OBJ-03)."""

    _inherit = "integration.link"

    def _rewire(self, model, from_ids, to_id):
        """What was about the records `from_ids` is about the record `to_id` from now on. Where both have an identity in
        one system, that of the record that stays counts; the other is kept, archived. What was still to be sent of the
        records that go is superseded: the one that stays is sent."""
        lane = f"{model},{to_id}"
        name = self.env[model].browse(to_id).display_name
        links = self.search([("model", "=", model), ("res_id", "in", from_ids)], order="synced_at desc, id desc")
        taken = {(link.system_id, link.external_type) for link in self.search([("lane", "=", lane)])}
        for link in links:
            if (link.system_id, link.external_type) in taken:
                link.active = False
                continue
            taken.add((link.system_id, link.external_type))
            link.write({"lane": lane, "res_id": to_id, "res_name": name})
        self.env.flush_all()
        old_lanes = [f"{model},{id_}" for id_ in from_ids]
        about = {"model": model, "ids": list(from_ids), "to": to_id, "name": name, "lane": lane, "lanes": old_lanes}
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET state = 'superseded', done_at = clock_timestamp() AT TIME ZONE 'UTC',
                wait_for = NULL, next_attempt_at = NULL
            WHERE model = %(model)s AND res_id = ANY(%(ids)s) AND direction = 'out'
                AND state IN ('pending', 'waiting', 'retry', 'held', 'dead')
            """,
            about,
        )
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET res_id = %(to)s, res_name = %(name)s,
                lane = CASE WHEN direction = 'out' THEN %(lane)s ELSE lane END
            WHERE model = %(model)s AND res_id = ANY(%(ids)s)
            """,
            about,
        )
        self.env.cr.execute(
            "UPDATE integration_delivery SET wait_for = %(lane)s WHERE wait_for = ANY(%(lanes)s)", about
        )
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET decision = jsonb_set(decision, '{link}', to_jsonb(%(to)s))
            WHERE direction = 'in' AND state = 'received' AND model = %(model)s
                AND (decision ->> 'link')::integer = ANY(%(ids)s)
            """,
            about,
        )
        self.env.cr.execute(
            """
            UPDATE integration_event SET res_id = %(to)s, res_name = %(name)s
            WHERE model = %(model)s AND res_id = ANY(%(ids)s)
            """,
            about,
        )
        self.env.invalidate_all()


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_reference_fields_generic(
        self, referenced_model, src_records, dst_record, additional_update_records=None
    ):
        result = super()._update_reference_fields_generic(
            referenced_model, src_records, dst_record, additional_update_records
        )
        self.env["integration.link"].sudo()._rewire(referenced_model, src_records.ids, dst_record.id)
        return result


class IntegrationInboundMerge(models.AbstractModel):
    """Records that were merged in the other system."""

    _inherit = "integration.inbound"

    def _follow_merge(self, system, item):
        """The links of the records that were merged into this one there: the first becomes this one's where it has
        none, the others are archived.

        :return: the records of Odoo that are left without their like there
        """
        links = (
            self.env["integration.link"]
            .sudo()
            .search(
                [
                    ("system_id", "=", system.id),
                    ("external_type", "=", item.type),
                    ("external_id", "in", item.old_ids),
                ],
                order="id",
            )
        )
        if not self._link_of(system, item.type, item.external_id) and links:
            links[0].write({"external_id": item.external_id, "external_url": item.url})
            links = links[1:]
        links.write({"active": False})
        self._batch().forget("links")
        lanes = [lane_of(item.type, old) for old in item.old_ids]
        of_them = [("system_id", "=", system.id), ("direction", "=", "in"), ("lane", "in", lanes)]
        rows = self.env["integration.delivery"].sudo().search([*of_them, ("state", "in", OPEN_IN)])
        rows.write({"state": "superseded", "done_at": fields.Datetime.now(), "wait_for": False})
        for row in rows:
            self._let_go_unsent(row)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE integration_delivery SET wait_for = %(lane)s "
                "WHERE system_id = %(system)s AND direction = 'in' AND wait_for = ANY(%(lanes)s)",
                lane=item.lane,
                system=system.id,
                lanes=lanes,
            )
        )
        self.env["integration.delivery"].invalidate_model()
        known = links.filtered(lambda link: link.model in self.env)
        return [record for link in known if (record := self.env[link.model].browse(link.res_id).exists())]

    def _merged_there(self, system, left):
        return Stopped(
            "business",
            MERGED,
            _(
                "%(system)s merged it with what is still in Odoo as: %(names)s.",
                system=system.name,
                names=", ".join(record.display_name for record in left),
            ),
            _("Merge the records in Odoo as well, then retry. If they are to stay apart here, cancel this."),
            candidates=[{"id": record.id, "why": _("Merged there")} for record in left],
        )
