"""What is captured of which model: the active rules, compiled once for all workers' requests until a rule changes."""

from dataclasses import dataclass, field

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import ormcache

from .cache import remembered
from .paths import UNWATCHED, complete, path_tree
from .scope import compile_scope, in_scope
from .snapshot import Reading, compile_tree
from .transaction import forget_kept


@dataclass(frozen=True, eq=False)
class CompiledRule:
    id: int
    name: str
    on_create: bool
    on_write: bool
    on_archive: bool
    on_unlink: bool
    watched: frozenset  # first fields of the paths whose change counts
    reading: Reading  # the payload
    domain: Domain | None  # None: every record
    scope: list | None  # the same as memory answers it (`compile_scope`)
    event_type: str
    object: str
    systems: tuple  # ((id, code, company id or None), …): active ones
    company_id: int | None
    priority: int
    coalesce: bool
    linked_only: bool
    followed: frozenset  # paths of its domain through a watched many-to-one: a change there counts here

    def in_scope(self, records, company_id):
        """The records of this company (None: of none) that the rule lets through, as they are now."""
        if self.company_id and company_id and company_id != self.company_id:
            return records.browse()
        if not self.domain:
            return records
        if self.scope is not None and (ids := in_scope(records.env, records._ids, self.scope)) is not None:
            return records.browse(ids)
        return records.filtered_domain(self.domain)


@dataclass(eq=False)
class Plan:
    """All that the capture needs to know about one model."""

    rules: list = field(default_factory=list)
    watched: dict = field(default_factory=dict)  # {field: tree}: what a before-image of the field is
    # {field of this model: {(model, to-many field, its inverse here), …}}: a change shows in a watched to-many field
    # there
    parents: dict = field(default_factory=dict)
    # {field of this model: {Field, …}}: watched fields elsewhere, not stored, that are computed from it
    dependents: dict = field(default_factory=dict)
    # {field of this model: {(model, many-to-one to this one), …}}: a change counts for the records that point here
    followers: dict = field(default_factory=dict)
    followed: set = field(default_factory=set)  # watched many-to-ones of this model whose records' changes count
    # {computed field: its names that any of these three know}: most computations of a model concern none of them
    computed: dict = field(default_factory=dict)
    images: dict = field(default_factory=dict)  # {(watched field, …): Reading}: the same fields change again and again

    def image_of(self, env, model, names):
        """How before-images of these watched fields are read."""
        reading = self.images.get(names)
        if reading is None:
            reading = self.images[names] = compile_tree(env, model, {name: self.watched[name] for name in names})
        return reading

    def wanted_of(self, field, registry):
        """The stored fields that are computed together with this one and that anybody waits for."""
        names = self.computed.get(field)
        if names is None:
            names = self.computed[field] = tuple(
                computed.name
                for computed in registry.field_computed[field]
                if computed.store
                and (
                    computed.name in self.watched
                    or computed.name in self.parents
                    or computed.name in self.dependents
                    or computed.name in self.followers
                )
            )
        return names


class Plans(dict):
    """`{model: Plan}` for the models that anything is captured of, with what else the capture asks for in every
    transaction: looking up each of these in Odoo's cache takes as long as reading a record."""

    def __init__(self, origins, release):
        super().__init__()
        self.release = release  # the number of the one in force
        self.origins = origins  # what `_capture_origins` answers
        self.contexts = {}  # {company id: what `_capture_context` answers}
        self.lenient = None  # whether users go on when capturing fails (`guarded`); None: not asked yet


class IntegrationRule(models.Model):
    _inherit = "integration.rule"

    def _register_hook(self):
        super()._register_hook()
        forget_kept(self.env.cr)  # the models were set up anew: their fields are others

    @api.model
    @ormcache()
    def _capture_cache(self):
        """`{key: value}` of `remembered`: emptied with Odoo's cache, by there being another one."""
        return {}

    @api.model
    def _capture_plans(self):
        return remembered(self.env, "plans", self._compile_all)

    def _compile_all(self):
        release = self.env["integration.release"]._current().number
        plans, shared = Plans(self._capture_origins(), release), {}
        for rule in self.sudo().search([]):
            if compiled := rule._compile(shared):
                plans.setdefault(rule.model, Plan()).rules.append(compiled)
        for model, plan in list(plans.items()):
            self._add_watched(plans, model, plan)
        return plans

    @api.model
    def _capture_origins(self):
        """`({code: id}, {user id: system id})`: how a change that came from a system is recognised (DESIGN.md D11)."""
        systems = self.env["integration.system"].sudo().search([])
        users = {}
        for system in systems:
            if user := system.api_user_id.id:
                users[user] = False if user in users else system.id  # a user of two systems tells nothing
        return {system.code: system.id for system in systems}, users

    def _compile(self, shared):
        """The rule in the form the capture uses; None when it can make no event here. Rules with the same payload
        share its reading."""
        self.ensure_one()
        model = self.env.get(self.model)
        systems = tuple(
            (system.id, system.code, system.company_id.id or None) for system in self.system_ids if system.active
        )
        if model is None or not systems:
            return None
        tree = path_tree(self.env, self.model, self._paths())
        if not tree:
            return None
        watched = self.watched_field_ids.mapped("name") or [name for name in tree if name not in UNWATCHED]
        if self.on_archive and "active" in model._fields:
            watched = [*watched, "active"]
        domain = _optimized(Domain(self._parsed_domain()), model)
        key = (self.model, tuple(self._paths()))
        if (reading := shared.get(key)) is None:
            reading = shared[key] = compile_tree(self.env, self.model, complete(self.env, self.model, tree))
        return CompiledRule(
            id=self.id,
            name=self.name,
            on_create=self.on_create,
            on_write=self.on_write,
            on_archive=self.on_archive,
            on_unlink=self.on_unlink,
            watched=frozenset(watched),
            reading=reading,
            domain=None if domain.is_true() else domain,
            scope=compile_scope(model, domain),
            event_type=self.event_type,
            object=self.object,
            systems=systems,
            company_id=self.company_id.id or None,
            priority=self.priority,
            coalesce=self.coalesce,
            linked_only=self.linked_only,
            followed=frozenset(self._followed(model)),
        )

    def _followed(self, model):
        """`field.field` paths of the domain that lead through a many-to-one that the rule names as watched."""
        named = self.watched_field_ids.mapped("name")
        for condition in Domain(self._parsed_domain()).iter_conditions():
            name, _dot, there = condition.field_expr.partition(".")
            field = model._fields.get(name)
            leads = name in named and field.type == "many2one" and field.store
            if leads and there in self.env[field.comodel_name]._fields:
                yield condition.field_expr

    def _add_watched(self, plans, model, plan):
        """Before-images of a model's watched fields, and where else their changes begin."""
        fields = self.env[model]._fields
        wanted = path_tree(
            self.env,
            model,
            [name for rule in plan.rules for name in rule.watched]
            + [path for rule in plan.rules for path in rule.followed]
            + [path for rule in self.sudo().browse(rule.id for rule in plan.rules) for path in rule._paths()],
        )
        names = frozenset().union(*(rule.watched for rule in plan.rules))
        plan.watched = {name: wanted[name] for name in sorted(names) if name in wanted}
        for path in frozenset().union(*(rule.followed for rule in plan.rules)):
            name, _dot, there = path.partition(".")
            plan.followed.add(name)
            plans.setdefault(fields[name].comodel_name, Plan()).followers.setdefault(there, set()).add((model, name))
        for name in plan.watched:
            watched = fields[name]
            if watched.type == "one2many" and watched.inverse_name and watched.comodel_name in self.env:
                self._add_lines(plans, model, watched, wanted[name])
            elif watched.compute and not watched.store:
                self._add_sources(plans, watched)

    def _add_lines(self, plans, model, to_many, subtree):
        """A change of a line is a change of the record it belongs to."""
        lines = self.env[to_many.comodel_name]
        inverse = lines._fields[to_many.inverse_name]
        if inverse.type != "many2one" or not inverse.store:
            return
        plan = plans.setdefault(to_many.comodel_name, Plan())
        for name in (to_many.inverse_name, *subtree):
            plan.parents.setdefault(name, set()).add((model, to_many.name, to_many.inverse_name))

    def _add_sources(self, plans, watched):
        """A field that is not stored changes when what it is computed from does, possibly on another model (an
        employee's version)."""
        todo, seen = [watched], {watched}
        while todo:
            for path in todo.pop().resolve_depends(self.pool):
                for source in path:
                    if source in seen:
                        continue
                    seen.add(source)
                    if source.store:
                        plans.setdefault(source.model_name, Plan()).dependents.setdefault(source.name, set()).add(
                            watched
                        )
                    elif source.compute:
                        todo.append(source)


def _optimized(domain, model):
    """Once here, or once a transaction. A domain with a field that is gone stays as it is: it is the judgement of that
    model that fails then, not every change of every model."""
    try:
        return domain.optimize(model)
    except (ValueError, KeyError):
        return domain
