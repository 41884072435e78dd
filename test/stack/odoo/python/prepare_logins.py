# Run inside `odoo shell`: give the administrator this stack's password and the sidecar's user an API key.
import json
from datetime import datetime, timedelta

env = globals()["env"]
wanted = globals()["HUB_INPUT"]
answer = {"key": None, "expires": None}

if wanted["newIdentity"]:
    # Every stack starts as a copy of one template; as with any copied database, it must not pass for the original.
    env["ir.config_parameter"].init(force=True)
answer["uuid"] = env["ir.config_parameter"].get_param("database.uuid")

env.ref("base.user_admin").password = wanted["adminPassword"]

user = env["res.users"].search([("login", "=", wanted["serviceLogin"])], limit=1)
if user:
    keys = env["res.users.apikeys"].sudo()
    keys.search([("user_id", "=", user.id), ("name", "=", wanted["keyName"])])._remove()
    expires = datetime.now() + timedelta(days=wanted["keyDays"])
    answer["key"] = env(user=user)["res.users.apikeys"].sudo()._generate("rpc", wanted["keyName"], expires)
    answer["expires"] = expires.isoformat() + "Z"

env.cr.commit()
print("HUB_ANSWER " + json.dumps(answer))
