"""What a message on anybody's record costs because of the addon's own records: nothing."""

from odoo import models

# What Odoo keeps of a record's chatter, all found by the number of the record.
_LISTED = ("mail.message", "mail.followers")


class MailThread(models.AbstractModel):
    """For every message and follower, of whatever record, Odoo goes through the lists of messages and followers of all
    models, to add it to the one that memory may hold of its record. Each model with a chatter makes all others dearer:
    the addon's six were half of the calls that it added to the creation of 200 companies. They are left out of that
    search, and forget their own lists instead when something comes to them."""

    _inherit = "mail.thread"

    def _register_hook(self):
        super()._register_hook()
        if self._name != "mail.thread":
            return
        inverses = self.pool.field_inverses
        for model in _LISTED:
            record = self.env[model]._fields["res_id"]
            inverses[record] = [one for one in inverses[record] if not _is_ours(self.env[one.model_name])]

    def _message_create(self, values_list):
        messages = super()._message_create(values_list)
        _forget_lists(self)
        return messages


class Followers(models.Model):
    _inherit = "mail.followers"

    def _insert_followers(self, res_model, *args, **kwargs):
        result = super()._insert_followers(res_model, *args, **kwargs)
        _forget_lists(self.env[res_model])
        return result


def _forget_lists(model):
    if _is_ours(model):
        lists = [name for name, field in model._fields.items() if field.type == "one2many" and _lists(field)]
        model.invalidate_model(lists, flush=False)


def _lists(field):
    return field.comodel_name in _LISTED and field.inverse_name == "res_id"


def _is_ours(model):
    return type(model)._original_module == "integration_hub"
