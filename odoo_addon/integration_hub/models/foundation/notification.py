"""What a button tells the person who pressed it."""


def told(message, kind="success", **params):
    """The action that shows a message and reads the view it was asked from again.

    :param message: translated text
    :param kind: ``success``, ``warning``, ``danger`` or ``info``, the colour
    :param params: more of Odoo's ``display_notification``: ``title``, ``sticky``
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "message": message,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        | params,
    }
