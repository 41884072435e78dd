from odoo import models

from .batch import Batch
from .item import reference_parts


class IntegrationInboundLookups(models.AbstractModel):
    """Looks up once for a whole call what each of its items needs."""

    _inherit = "integration.inbound"

    def _batch(self):
        batch = self.env.context.get("inbound_batch")
        return batch if isinstance(batch, Batch) else Batch()

    # -- links -----------------------------------------------------------------------------------------------

    def _link_of(self, system, type_, external_id):
        """The link of an external record; empty where there is none."""
        known = self._links_known(system)
        key = (system.id, type_, str(external_id))
        if key not in known:
            known |= self._links_of(system, {key[1:]})
        links = self.env["integration.link"].sudo()
        return links.browse(known[key] or ()).with_prefetch([id_ for id_ in known.values() if id_])

    def _learn_link(self, system, item, link):
        """:param link: what the item's record is linked by from now on; empty: it is not linked any more"""
        self._links_known(system)[system.id, item.type, item.external_id] = link.id
        self._batch().learned()

    def _links_known(self, system):
        return self._batch().once("links", lambda: self._links_of_items(system))

    def _links_of_items(self, system):
        names = set()
        for item in self._batch().items:
            names.add((item.type, item.external_id))
            names |= _named_records(item.values, (system.code, system.connector))
        return self._links_of(system, names)

    def _links_of(self, system, names):
        """:return: ``{(system id, type, external id): id of the link or False}`` of all `names`"""
        found = {(system.id, *name): False for name in names}
        if names:
            for link in (
                self.env["integration.link"]
                .sudo()
                .search(
                    [
                        ("system_id", "=", system.id),
                        ("external_type", "in", list({type_ for type_, _id in names})),
                        ("external_id", "in", list({id_ for _type, id_ in names})),
                    ]
                )
            ):
                key = (system.id, link.external_type, link.external_id)
                if key in found:
                    found[key] = link.id
        return found

    # -- records of Odoo -------------------------------------------------------------------------------------

    def _linked_to(self, link):
        """The record of Odoo that a link is about, as superuser; empty where it was deleted, or its model is gone."""
        if not link or link.model not in self.env:
            return self.env["base"]
        records = self.env[link.model].sudo()
        is_there = self._batch().once(("there", link.model), dict)
        if link.res_id not in is_there:
            ids = {link.res_id, *self._linked_ids(link.system_id, link.model)}
            there = set(records.browse(ids).exists().ids)
            is_there |= {id_: id_ in there for id_ in ids}
        if not is_there[link.res_id]:
            return records
        return records.browse(link.res_id).with_prefetch([id_ for id_, there in is_there.items() if there])

    def _linked_ids(self, system, model):
        """Ids of the records that the call's items are linked with, as far as they are of the model."""
        known = self._links_known(system)
        links = self.env["integration.link"].sudo().browse([id_ for id_ in known.values() if id_])
        return {link.res_id for link in links if link.model == model}

    # -- rows ------------------------------------------------------------------------------------------------

    def _outgoing(self, system, model, res_id):
        """What goes to the system of a record of Odoo, as far as it matters to what comes in: it is not sent yet, on
        its way, or arrived after the call's items began to be read (`_read_since`).

        :return: ``[(id, state, error_code, done_at)]``, the oldest first
        """
        known = self._batch().once("outgoing", dict)
        if (model, res_id) not in known:
            ids = {res_id, *self._linked_ids(system, model)}
            known |= {(model, id_): [] for id_ in ids}
            self.env.flush_all()
            self.env.cr.execute(
                """
                SELECT res_id, id, state, error_code, done_at FROM integration_delivery
                WHERE model = %(model)s AND res_id = ANY(%(ids)s) AND system_id = %(system)s AND direction = 'out'
                    AND (state IN ('pending', 'waiting', 'retry', 'held', 'dead', 'processing', 'unknown')
                        OR state = 'delivered' AND done_at >= %(since)s)
                ORDER BY id
                """,
                {"model": model, "ids": list(ids), "system": system.id, "since": self._read_since()},
            )
            for id_, *row in self.env.cr.fetchall():
                known[model, id_].append(tuple(row))
        return known[model, res_id]

    def _forget_outgoing(self):
        self._batch().forget("outgoing")


def _named_records(value, codes):
    """``{(type, external id)}`` of the `$record`s of one of these systems anywhere in a document's values."""
    if isinstance(value, list):
        return set().union(*(_named_records(part, codes) for part in value))
    if not isinstance(value, dict):
        return set()
    if "$record" not in value:
        return set().union(*(_named_records(part, codes) for part in value.values()))
    code, *name = reference_parts(value["$record"]) or ("no reference",)
    return {tuple(name)} if code is None or code in codes else set()
