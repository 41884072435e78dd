"""Amounts that were agreed in another currency than the one in which Odoo would read them: 1,000 dollars are not 1,000
euros."""

from ..item import Stopped

CURRENCY_DIFFERS = "currency_differs"

#: ``{model: (fields with amounts, the field that says in which currency Odoo reads them, what decides about that)}``
AMOUNTS = {
    "sale.order": (("order_line",), "currency_id", ("partner_id", "company_id", "pricelist_id")),
    "crm.lead": (("expected_revenue",), "company_currency", ("company_id",)),
}


class Amounts:
    """What is about to be written of amounts. Read as superuser.

    :ivar theirs: ISO code of the currency in which they were agreed
    :ivar ours: the currency in which Odoo would read them
    """

    def __init__(self, item, record, changed):
        fields, currency, decisive = AMOUNTS[record._name]
        self.theirs = item.canonical["currency"]
        self.field = next(name for name in fields if changed.get(name))
        known = {name: changed[name] for name in decisive if name in changed}
        record = record.sudo()
        if not record:
            record = record.new(known)
        elif known:
            record = record.new(known, origin=record)
        self.ours = record[currency] or record.env.company.currency_id
        self.env = record.env

    @classmethod
    def of(cls, item, record, changed):
        """The amounts, or None: there are none, or nobody says in which currency."""
        if not item.canonical.get("currency") or not any(changed.get(name) for name in AMOUNTS[record._name][0]):
            return None
        return cls(item, record, changed)

    def asked(self):
        """What a person who accepts has seen."""
        return [self.theirs, self.ours.name]


def same_currency(amounts):
    """They are read in the currency in which they were agreed."""
    _, theirs, ours = amounts.env._, amounts.theirs, amounts.ours.name
    if theirs.upper() == ours:
        return None
    return Stopped(
        "business",
        CURRENCY_DIFFERS,
        _("Its amounts are in %(theirs)s, and Odoo would take them for %(ours)s.", theirs=theirs, ours=ours),
        _(
            "An order: give the customer a pricelist in %(theirs)s and retry. Else correct the amounts in the other "
            "system, or accept it this once: then the figures are taken over as they are.",
            theirs=theirs,
        ),
        amounts.field,
    )
