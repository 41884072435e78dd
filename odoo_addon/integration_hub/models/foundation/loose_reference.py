"""References without a foreign key, and what happens when the record at their other end is deleted."""

from odoo import _, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class LooseMany2one(fields.Many2one):
    """A many-to-one without a foreign key, for rows that a user's transaction or a settle inserts.

    A foreign key looks at another table and locks a row there with every insert. Measured: the seven of one captured
    change took half of the time that storing it takes, and every transaction locked the same rows of companies, users
    and rules. The references are right when they are written, because what they point at has just been read; deleting
    that is seen by `integration.referenced`, which does what `ondelete` says.
    """

    def update_db_foreign_key(self, model, column):
        # A database made by an earlier version has one.
        cr = model.env.cr
        cr.execute(
            """
            SELECT c.conname FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
            WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND a.attname = %s
            """,
            [model._table, self.name],
        )
        for (name,) in cr.fetchall():
            cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(model._table), SQL.identifier(name)))


class IntegrationReferenced(models.AbstractModel):
    """Records that loose references point at."""

    _name = "integration.referenced"
    _description = "Referenced by the queue"

    def unlink(self):
        for field in self._loose_references():
            self._let_go(field)
        return super().unlink()

    def _loose_references(self):
        """The loose references to this model, those that forbid a deletion first."""
        found = [
            field
            for model in self.pool.values()
            if model._auto and not model._abstract
            for field in model._fields.values()
            if isinstance(field, LooseMany2one) and field.store and field.comodel_name == self._name
        ]
        return sorted(found, key=lambda field: field.ondelete != "restrict")

    def _let_go(self, field):
        """Does to the rows that point here what a foreign key with the field's `ondelete` would do."""
        rows = self.env[field.model_name].sudo().with_context(active_test=False)
        if field.ondelete == "restrict":
            if used := rows.search([(field.name, "in", self.ids)], limit=1):
                raise UserError(
                    _(
                        "%(record)s cannot be deleted, because its history is kept (%(rows)s). Archive it instead.",
                        record=used[field.name].display_name,
                        rows=rows._description,
                    )
                )
        elif field.ondelete == "cascade":
            rows.search([(field.name, "in", self.ids)]).unlink()
        else:
            rows.flush_model([field.name])
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s SET %(column)s = NULL WHERE %(column)s = ANY(%(ids)s)",
                    table=SQL.identifier(rows._table),
                    column=SQL.identifier(field.name),
                    ids=self.ids,
                )
            )
            rows.invalidate_model([field.name])


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "integration.referenced"]


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "integration.referenced"]
