{
    "name": "Integration Hub",
    "version": "19.0.1.0.0",
    "summary": "Records business changes, delivers them to other systems and shows the result on every record",
    "author": "Odoo Integration Hub contributors",
    "license": "LGPL-3",
    "category": "Productivity/Integration",
    "depends": ["web"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/company_rules.xml",
        "data/service_user.xml",
        # Screens: wizards first, menus last.
    ],
    "assets": {},
    "application": True,
    "uninstall_hook": "uninstall_hook",
}
