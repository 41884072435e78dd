from lxml import etree
from odoo import models


class Base(models.AbstractModel):
    """Puts the sync status on the form of every model that a rule covers, so that no view has to be written for it."""

    _inherit = "base"

    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and arch.tag == "form" and self._has_integration_rule():
            self._add_integration_status(arch)
        return arch, view

    def _has_integration_rule(self):
        """Whether an active rule captures this model. Asked once per cached view: rules clear that cache."""
        if not self.pool.ready or self._transient or self._abstract or self._name.startswith("integration."):
            return False
        active_rule = [("model", "=", self._name), ("active", "=", True)]
        return bool(self.env["integration.rule"].sudo().search_count(active_rule, limit=1))

    def _add_integration_status(self, arch):
        box = next(iter(arch.xpath("//div[@name='button_box'][not(ancestor::field)]")), None)
        if box is None:
            box = etree.Element("div", {"name": "button_box", "class": "oe_button_box"})
            sheet = arch.find("sheet")
            (arch if sheet is None else sheet).insert(0, box)
        # First, because on a narrow screen the last buttons end up under "More".
        status = {"name": "integration_status", "invisible": "not id", "groups": "integration_hub.group_viewer"}
        box.insert(0, etree.Element("widget", status))
