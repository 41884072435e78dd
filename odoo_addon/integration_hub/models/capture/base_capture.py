"""Notices business changes in the user's own transaction (DESIGN.md D2).

The overrides only mark: ids and, for watched fields, the value before the change. One hook at precommit judges the
marks. A model without rules pays for one look into a cached dictionary.
"""

from odoo import api, models
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .judgement import guarded, judge, note_deletion
from .snapshot import held
from .transaction import captured, kept, mark, note_unlink, plans_of, readable_meanwhile


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        plan = self._capture_plan()
        if plan is None:
            return super().create(vals_list)
        if plan.parents:
            for model, ids in _parents_in_values(plan, vals_list).items():
                for to_many, parent_ids in ids.items():
                    self.env[model].browse(parent_ids)._capture_before([to_many])
        records = super().create(vals_list)
        if plan.rules:
            records._capture_mark()
        return records

    def modified(self, fnames, create=False, before=False):
        # Odoo calls this right after the INSERT, before it creates lines and computes totals: none of that is a change.
        if create and (plan := self._capture_plan()) is not None and plan.rules:
            captured(self.env.cr).created.setdefault(self._name, set()).update(self._ids)
        return super().modified(fnames, create, before)

    def write(self, vals):
        plan = self._capture_plan()
        if plan is None:
            return super().write(vals)
        if self:
            self._capture_change(plan, vals.keys(), vals)
        return super().write(vals)

    def unlink(self):
        note_unlink(self.env.cr)
        plan = self._capture_plan()
        if plan is not None and self:
            if plan.parents:
                self._capture_parents(plan.parents, plan.parents.keys(), {})
            if plan.rules:
                with guarded(self.env):
                    note_deletion(self, plan)
                self._capture_mark()
        return super().unlink()

    def _compute_field_value(self, field):
        if field.store and self._ids:
            plan = self._capture_plan()
            if plan is not None and (names := plan.wanted_of(field, self.pool)):
                real = self.browse(id_ for id_ in self._ids if id_)
                if real:
                    real._capture_change(plan, names, {})
        return super()._compute_field_value(field)

    # -- marking ---------------------------------------------------------------------------------------------

    def _capture_plan(self):
        plan = plans_of(self.env).get(self._name)
        if plan is None or not self.pool.ready or self.env.context.get(MODULE_UNINSTALL_FLAG):
            return None
        return plan

    def _capture_change(self, plan, names, vals):
        """These fields of these records are about to change."""
        if plan.watched and (watched := [name for name in names if name in plan.watched]):
            self._capture_before(watched)
        if plan.parents:
            self._capture_parents(plan.parents, names, vals)
        if plan.followers and (followers := {one for name in names for one in plan.followers.get(name, ())}):
            self._capture_followers(followers)
        if plan.dependents and (sources := [name for name in names if name in plan.dependents]):
            self._capture_dependents(plan.dependents, sources)

    def _capture_mark(self):
        mark(self, judge)
        transaction = captured(self.env.cr)
        context = self.env.context
        if "import_file" in context:
            transaction.imported = True
        asker = (self.env.uid, context.get("integration_origin"))
        if transaction.origin is None and transaction.asked != asker:
            transaction.asked = asker
            with guarded(self.env):
                transaction.origin = self._capture_origin()

    def _capture_origin(self):
        """The system this change came from: the one a connector's user names, or the one whose user it is."""
        codes, users = plans_of(self.env).origins
        code = self.env.context.get("integration_origin")
        if code in codes:
            system_id = codes[code]
            user = self.env.user
            if (
                users.get(user.id) == system_id
                or user.has_group("integration_hub.group_sidecar")
                or self._capture_is_api_user(system_id)
            ):
                return system_id
        return users.get(self.env.uid) or None

    def _capture_is_api_user(self, system_id):
        return self.env["integration.system"].sudo().browse(system_id).api_user_id.id == self.env.uid

    def _capture_before(self, names):
        """Keeps what these fields hold now, unless an earlier change of this transaction kept it already."""
        transaction = captured(self.env.cr)
        created = transaction.created.get(self._name, ())
        images = transaction.before.setdefault(self._name, {})
        unseen = [
            id_ for id_ in self._ids if id_ not in created and any(name not in images.get(id_, ()) for name in names)
        ]
        if unseen:
            with guarded(self.env):
                reading = plans_of(self.env)[self._name].image_of(self.env, self._name, tuple(sorted(names)))
                # Mostly plain values, which are the same in every company and language.
                if (rows := reading.images(self.env, unseen)) is not None:
                    read = [(unseen, rows)]
                else:
                    with readable_meanwhile(self.env):
                        read = [
                            (records._ids, reading.rows(records.env, records._ids))
                            for _company_id, records in self.browse(unseen)._capture_by_company()
                        ]
                for ids, rows in read:
                    for id_, image in zip(ids, rows, strict=True):
                        images[id_] = image | images.get(id_, {})
        self._capture_mark()

    def _capture_parents(self, parents, names, vals):
        """The records whose watched lines these are; with `vals`, also those they move to."""
        for model, to_many, inverse in {parent for name in names for parent in parents.get(name, ())}:
            ids = set(self.sudo()[inverse]._ids)
            if isinstance(vals.get(inverse), int) and vals[inverse]:
                ids.add(vals[inverse])
            if ids:
                self.env[model].browse(ids)._capture_before([to_many])

    def _capture_followers(self, followers):
        """The records that point at these and for which a change here counts."""
        everything = self.sudo().with_context(active_test=False).env
        for model, many2one in followers:
            found = everything[model].search([(many2one, "in", self.ids)])
            if found:
                found.with_env(self.env)._capture_before([many2one])

    def _capture_dependents(self, dependents, sources):
        """The records elsewhere whose watched field is computed from these fields."""
        wanted = set().union(*(dependents[name] for name in sources))
        tree = self.pool.get_trigger_tree([self._fields[name] for name in sources], select=wanted.__contains__)
        if tree:
            for field, records, _created in self.sudo().with_context(active_test=False)._modified_triggers(tree):
                if field in wanted and (records := records.browse(id_ for id_ in records._ids if id_)):
                    records.with_env(self.env)._capture_before([field.name])

    def _capture_by_company(self):
        """`(company id or None, records)`: these records as the capture reads them, as superuser, in their company and
        its language, so that the same change gives the same payload whoever makes it. Records without a company are
        read in the user's."""
        field = self._fields.get("company_id")
        if field is not None and field.type == "many2one" and field.comodel_name == "res.company":
            by_company = {}
            companies = held(self.env, field, self._ids)
            if companies is None:
                companies = [record.company_id.id for record in self.sudo()]
            for id_, company_id in zip(self._ids, companies, strict=True):
                by_company.setdefault(company_id or None, []).append(id_)
        else:
            by_company = {None: self._ids}
        of_transaction = kept(self.env)
        for company_id, ids in by_company.items():
            key = (self.env.uid, company_id or self.env.company.id)
            if (reader := of_transaction.readers.get(key)) is None:
                contexts = of_transaction.plans.contexts
                if (context := contexts.get(key[1])) is None:
                    context = contexts[key[1]] = self.env["integration.rule"]._capture_context(key[1])
                reader = of_transaction.readers[key] = self.env(su=True, context=context)
            yield company_id, self.browse(ids).with_env(reader)


def _parents_in_values(plan, vals_list):
    """`{model: {to-many field: {id, …}}}`: the existing records to which new lines are about to be added."""
    found = {}
    for model, to_many, inverse in {parent for parents in plan.parents.values() for parent in parents}:
        ids = {vals[inverse] for vals in vals_list if isinstance(vals.get(inverse), int) and vals[inverse]}
        if ids:
            found.setdefault(model, {}).setdefault(to_many, set()).update(ids)
    return found
