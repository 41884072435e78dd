"""What a message on anybody's record costs because of the addon's own records: nothing."""

from odoo import models


class MailThread(models.AbstractModel):
    """For every message that is made, on whatever record, Odoo goes through the lists of messages of all models, to add
    it to the one that memory may hold of its record. Each model with a chatter makes every message dearer: the addon's
    six were a third of all the calls that it added to the creation of 200 companies. They are left out of that search,
    and forget their own lists instead when a message of theirs is made."""

    _inherit = "mail.thread"

    def _register_hook(self):
        super()._register_hook()
        if self._name != "mail.thread":
            return
        record_of_message = self.env["mail.message"]._fields["res_id"]
        inverses = self.pool.field_inverses
        inverses[record_of_message] = [
            field for field in inverses[record_of_message] if not _is_ours(self.env[field.model_name])
        ]

    def _message_create(self, values_list):
        messages = super()._message_create(values_list)
        if _is_ours(self):
            lists = [
                name
                for name, field in self._fields.items()
                if field.type == "one2many" and (field.comodel_name, field.inverse_name) == ("mail.message", "res_id")
            ]
            self.invalidate_model(lists, flush=False)
        return messages


def _is_ours(model):
    return type(model)._original_module == "integration_hub"
