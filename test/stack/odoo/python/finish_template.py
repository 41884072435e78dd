# Run inside `odoo shell` once, on a database that will be copied many times.
import json

env = globals()["env"]

# Jobs of the standard apps would send digests, fetch mail and so on in the middle of tests. Ours are installed later.
env["ir.cron"].search([]).write({"active": False})

# The first page otherwise compiles scripts and styles for seconds.
env["ir.qweb"]._pregenerate_assets_bundles()

env.cr.commit()
print("HUB_ANSWER " + json.dumps({}))
