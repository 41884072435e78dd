class Batch:
    """What one call of `receive` looks up at once for all its items. The call reads one snapshot of the database (Odoo
    runs REPEATABLE READ), so what was looked up holds but for what the call does itself: that is learned by changing
    what `once` gave and saying so, and what a savepoint takes back makes everything be looked up anew.

    :param items: the `InboundItem`s of the call; outside of a call there are none, and nothing is kept
    """

    def __init__(self, items=()):
        self.items = items
        #: Links that were stored, as ``(lane there, lane here)``: who waits for them is woken when the call ends.
        self.linked = []
        self._known = {}
        self._has_learned = False
        self._linked_before = 0

    def once(self, key, look_up):
        """What `look_up` answers, asked for once."""
        if key not in self._known:
            self._known[key] = look_up()
        return self._known[key]

    def looked_up(self, kind):
        """``[(key, what is known)]`` of the keys that are tuples and begin with `kind`."""
        return [(key, found) for key, found in self._known.items() if isinstance(key, tuple) and key[0] == kind]

    def learned(self):
        """What `once` gave was changed because of what the item does."""
        self._has_learned = True

    def forget(self, key):
        self._known.pop(key, None)
        self._has_learned = True

    def kept(self):
        """What the item did stays."""
        self._has_learned = False
        self._linked_before = len(self.linked)

    def taken_back(self):
        """What the item did was rolled back."""
        if self._has_learned:
            self._known.clear()
        self._has_learned = False
        del self.linked[self._linked_before :]
