from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError

from .common import HubCase

PATH = "systems/test_crm/mappings/customer.json"
ASK = "odoo.addons.integration_hub.models.artifacts.integration_question.IntegrationQuestion._ask"


class ArtifactCase(HubCase):
    """An artifact with an owner and a purpose, two mapping administrators, and a sidecar that answers as told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.artifact.version"].search([("state", "=", "active")]).write({"state": "retired"})
        cls.ann = cls.person("hub_artifact_ann", "integration_hub.group_mapping")
        cls.bob = cls.person("hub_artifact_bob", "integration_hub.group_mapping")
        cls.operator = cls.person("hub_artifact_operator", "integration_hub.group_operator")
        cls.artifact = cls.make_artifact()

    def setUp(self):
        super().setUp()
        self.asked = []
        self.answer = {"ok": True, "problems": [], "objects": {}}
        self.sidecar_runs = True

        def ask(_self, kind, request, timeout=5.0):
            self.asked.append((kind, request))
            if not self.sidecar_runs:
                raise UserError("The sidecar did not answer.")
            return self.answer

        self.startPatcher(patch(ASK, ask))

    @classmethod
    def make_artifact(cls, path=PATH, **values):
        return cls.env["integration.artifact"].create(
            {"path": path, "title": path, "owner_id": cls.ann.id, "purpose": "For the tests."} | values
        )

    def draft(self, content=None, user=None, artifact=None, **values):
        values = {"artifact_id": (artifact or self.artifact).id, "reason": "Because"} | values
        if content is not None:
            values["content"] = content
        return self.env["integration.artifact.version"].with_user(user or self.ann).create(values)

    def approved(self, content=None, **values):
        """Written and submitted by Ann, approved by Bob."""
        version = self.draft(content, compliance_note="Nothing personal.", rollback_plan="Roll back.", **values)
        version.action_submit()
        version.with_user(self.bob).action_approve()
        return version

    def activated(self, content=None, **values):
        version = self.approved(content, **values)
        version.action_activate()
        return version

    def capture(self, *paths):
        """What the sidecar says is to be captured of customers."""
        self.answer = {"ok": True, "problems": [], "objects": {"customer": {"model": "res.partner", "paths": paths}}}

    @contextmanager
    def refusing(self, reason="There is no such field."):
        before, self.answer = (
            self.answer,
            {"ok": False, "problems": [{"path": PATH, "pointer": "lines[3].from", "reason": reason, "fix": ""}]},
        )
        yield
        self.answer = before
