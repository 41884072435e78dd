"""In which company and language records are read: theirs, so that the same change gives the same payload whoever makes
it."""

from odoo import api, models

from .cache import forget_plans


class IntegrationRule(models.Model):
    _inherit = "integration.rule"

    @api.model
    def _capture_context(self, company_id):
        """The context in which the capture reads records of a company. `Plans` keep it, because the language stands on
        the company's contact: two records and a query that most transactions have no other use for."""
        lang = self.env["res.company"].sudo().browse(company_id).partner_id.lang or "en_US"
        return {"allowed_company_ids": [company_id], "lang": lang, "tz": "UTC"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        # A contact takes its language from its parent as well.
        if ("lang" in vals or "parent_id" in vals) and self.sudo().with_context(active_test=False).ref_company_ids:
            forget_plans(self.env)
        return result


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            forget_plans(self.env)
        return result
