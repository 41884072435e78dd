import json

from odoo import api, fields, models

from ..capture.cache import remembered
from .data_classes import MASK, masked, source_classes

CONFIDENTIAL = "integration_hub.group_confidential"


class IntegrationCatalogueClasses(models.Model):
    _inherit = "integration.catalogue"

    @api.model
    def _source_classes(self, object_code):
        """`{Odoo path: {class, …}}` of a canonical object under what is in force; empty where nothing is known."""
        return remembered(self.env, ("source classes", object_code), lambda: self._find_source_classes(object_code))

    def _find_source_classes(self, object_code):
        artifact = self.env["integration.artifact"].sudo().search([("path", "=", f"odoo/{object_code}.json")])
        mapping = artifact._content() if artifact else None
        schemas = self._schemas()
        version = ((mapping or {}).get("target") or {}).get("version")
        schema = schemas.get(f"hub:canonical/{object_code}/{version}")
        return source_classes(mapping, schema, schemas) if mapping and schema else {}

    @api.model
    def _schemas(self):
        """The canonical schemas by their `$id`."""
        # Odoo copies a JSON value whenever it is read.
        contents = [row.content or {} for row in self.sudo().search([("kind", "=", "schema")])]
        return {content["$id"]: content for content in contents if content.get("$id")}


class IntegrationEventPayloadConfidential(models.Model):
    """What is personal, commercial or financial in a snapshot is shown to those alone who are in the group for it
    (SEC-06): in forms, in lists and in what is exported from them."""

    _inherit = "integration.event.payload"

    payload = fields.Text(groups=CONFIDENTIAL)

    @api.depends_context("uid")
    @api.depends("payload")
    def _compute_pretty(self):
        sees_all = self.env.user.has_group(CONFIDENTIAL)
        for row in self:
            content = json.loads(row.sudo().payload or "null")
            if content and not sees_all:
                content = self._masked(row.sudo().event_id.object, content)
            row.pretty = json.dumps(content, indent=2, ensure_ascii=False) if content else False

    @api.model
    def _masked(self, object_code, content):
        """A payload, `{"record", "before", …}`, as somebody sees it who may not see confidential values."""
        classes = self.env["integration.catalogue"]._source_classes(object_code)
        parts = {key: content[key] for key in ("record", "before") if isinstance(content.get(key), dict)}
        return content | {key: masked(part, classes) for key, part in parts.items()}

    @api.model
    def _masked_for_user(self, object_code, record):
        """A snapshot as the user may see it."""
        if self.env.user.has_group(CONFIDENTIAL):
            return record
        return masked(record, self.env["integration.catalogue"]._source_classes(object_code))


class IntegrationDeliveryConfidential(models.Model):
    _inherit = "integration.delivery"

    payload_masked = fields.Boolean(
        compute="_compute_payload",
        groups="integration_hub.group_operator",
        help="Some of what was recorded is hidden from you.",
    )

    @api.depends_context("uid")
    @api.depends("event_id")
    def _compute_payload(self):
        super()._compute_payload()
        for delivery in self:
            delivery.payload_masked = MASK in (delivery.payload or "")


class IntegrationEventConfidential(models.Model):
    _inherit = "integration.event"

    @api.depends_context("uid")
    def _compute_content(self):
        super()._compute_content()
