"""What one transaction did to captured records: marked while it runs, judged at precommit."""

from contextlib import contextmanager
from os import urandom

KEY = "integration_hub"
UNLINKED = "integration_hub.unlinked"
KEPT = "integration_hub.kept"


class CapturedTransaction:
    """The marks of one database transaction. They end with it, by commit or by rollback.

    A flushing savepoint runs precommit hooks early, so the same transaction may be judged more than once:
    before-images stay as they were at its beginning, and `emitted` remembers all events of a record, so that a later
    judgement replaces the one that counts. (Which one that is, a rolled-back savepoint may have changed.)
    """

    __slots__ = (
        "asked",
        "before",
        "created",
        "emitted",
        "gone",
        "imported",
        "origin",
        "traceparent",
    )

    def __init__(self):
        self.created = {}  # {model: {id, …}}
        self.before = {}  # {model: {id: {field: JSON value}}}
        self.gone = {}  # {model: {id: {rule id: (company id, name, user id, payload)}}}: read before a delete
        self.imported = False  # a test run of an import undoes its changes, but not what memory holds of them
        self.emitted = {}  # {(model, id): [event id, …]}
        self.origin = None  # id of the system this transaction's changes came from
        self.asked = None  # (user id, named system) that was last asked for its origin: asking again answers the same
        trace = urandom(24).hex()
        self.traceparent = f"00-{trace[:32]}-{trace[32:]}-01"


def captured(cr):
    """The marks of the cursor's transaction."""
    transaction = cr.postcommit.data.get(KEY)
    if transaction is None:
        transaction = cr.postcommit.data[KEY] = CapturedTransaction()
    return transaction


class Kept:
    """What a transaction asks for again and again; it ends with it. There is no copy of it: Odoo's tests copy what
    belongs to a transaction, and an environment is not to be copied."""

    __slots__ = ("plans", "readers")

    def __init__(self, plans):
        self.plans = plans
        self.readers = {}  # {(user id, company id): the environment in which that company's records are read}

    def __deepcopy__(self, memo):
        return None


def kept(env):
    data = env.cr.postcommit.data
    of_transaction = data.get(KEPT)
    if of_transaction is None:
        if not env.registry.ready:  # modules are being installed; the tables of rules may not be there yet
            return Kept({})
        of_transaction = data[KEPT] = Kept(env["integration.rule"]._capture_plans())
    return of_transaction


def plans_of(env):
    """`Plans`: what is captured. Every create, write and compute of any model asks: kept, it costs them one call."""
    return (env.cr.postcommit.data.get(KEPT) or kept(env)).plans


def forget_kept(cr):
    """Fields or rules are not what they were when this transaction began."""
    cr.postcommit.data.pop(KEPT, None)


def note_unlink(cr):
    """This transaction deletes rows, of whatever model: foreign keys may take others with them."""
    cr.postcommit.data[UNLINKED] = True


@contextmanager
def readable_meanwhile(env):
    """Reading in the middle of a computation, whichever Odoo is at. Of a field that is not stored and is being computed
    Odoo says that it is empty, and remembers that, with all that follows from it: an employee who comes back would have
    no job. Here such fields are computed as usual, from stored ones, which hold what they held before."""
    protected = env.transaction.protected
    if not protected:
        yield
        return
    protected.pushmap({field: frozenset() for field in protected if not field.store})
    try:
        yield
    finally:
        protected.popmap()


def existing(records):
    """The records that are still there. Only where this transaction deleted something it costs a query: what a
    savepoint took back is found when the events are stored."""
    return records.exists() if records.env.cr.postcommit.data.get(UNLINKED) else records


def mark(records, judge):
    """Have `judge(env)` look at these records before the transaction commits.

    The user is the one who made the first change. A rolled-back savepoint forgets marks made inside it, together with
    the hook.
    """
    cr, uid = records.env.cr, records.env.uid
    dirty = cr.precommit.data.get(KEY)
    if dirty is None:
        dirty = cr.precommit.data[KEY] = {}
        env = records.env
        cr.precommit.add(lambda: judge(env))
    of_model = dirty.setdefault(records._name, {})
    for id_ in records._ids:
        of_model.setdefault(id_, uid)


def take_marks(cr):
    """`{model: {id: user id}}` marked since the last judgement."""
    return cr.precommit.data.pop(KEY, None) or {}
