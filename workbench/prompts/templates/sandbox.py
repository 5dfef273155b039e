"""The Jinja2 environments of templates: sandboxed, with limits on time and memory.

Jinja2's sandbox restricts what a template can access, but not its memory or time. So here the size
of values is checked before they are created, and every loop iteration, call, filter and comparison
is counted. Constant folding is disabled, since it would run uncounted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes, pass_context, pass_eval_context
from jinja2.filters import do_join, make_attrgetter
from jinja2.runtime import Context, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import _PassArg, object_type_repr
from jinja2.visitor import NodeTransformer

from workbench.prompts.templates import guards, printing, texts
from workbench.prompts.templates.metering import A_FILTER, A_MACRO, begin, check, current, drawn
from workbench.prompts.templates.placed import PlacedFile, printed
from workbench.prompts.values import FIRST_REVISION

_NODES_A_UNIT = 2


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox that limits the memory of operators, methods and filters."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])
    revision = FIRST_REVISION

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        current().spend(1)
        guards.operator(operator, left, right)
        if operator == "%" and isinstance(left, str) and self.revision != FIRST_REVISION:
            right = texts.filled(left, right)
        return current().keep(super().call_binop(context, operator, left, right))

    def getitem(self, obj: Any, argument: Any) -> Any:
        item = super().getitem(obj, guards.hashed(argument))
        named = self.revision != FIRST_REVISION and isinstance(argument, str)
        if not named or not printing.is_method(obj, item):
            return item
        kind = object_type_repr(obj)
        hint = f"{kind!r} has no key {argument!r}; the method is called by {argument}()"
        return self.undefined(hint, obj=obj, name=argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in ("format", "format_map"):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Refuse `str.format`, whose widths and fields are not metered."""

    def call(__self, __context: Context, __obj: Any, *args: Any, **options: Any) -> Any:
        args = guards.call(__obj, args, options)
        made = super().call(__context, __obj, *args, **options)
        return current().keep(made) if guards.makes(__obj) else made

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if self.revision != FIRST_REVISION:
            parsed = _KeysFirst().visit(parsed)
        tree: nodes.Template = _Guards().visit(parsed)
        return tree


class _KeysFirst(NodeTransformer):
    """Makes `order.items` the item of that name, and a method only if it is called."""

    def visit_Call(self, node: nodes.Call) -> nodes.Call:
        called = node.node
        self.generic_visit(called)
        node.node = nodes.Const(None)
        self.generic_visit(node)
        node.node = called
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Getitem:
        self.generic_visit(node)
        key = nodes.Const(node.attr, lineno=node.lineno)
        return nodes.Getitem(node.node, key, node.ctx, lineno=node.lineno)


class _Guards(NodeTransformer):
    """Inserts metering filters where the language itself loops, joins, compares or hashes."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        if node.recursive:
            raise TemplateSyntaxError("recursive loops are refused", node.lineno)
        work, text = _extent(node)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_counted", [nodes.Const(work), nodes.Const(text)])
        return node

    def visit_Macro(self, node: Any) -> Any:
        """Charge a macro for its body when it is called."""
        work, text = _extent(node)
        work += A_MACRO
        self.generic_visit(node)
        price = _filtered(nodes.Const(work), "_price", [nodes.Const(text)], node.lineno)
        node.body.insert(0, nodes.ExprStmt(price, lineno=node.lineno))
        return node

    visit_CallBlock = visit_Block = visit_Macro

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        first, *rest = node.nodes
        return _filtered(first, "_joined", rest)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        same = all(operand.op in ("eq", "ne") for operand in node.ops)
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        if same and any(isinstance(side, nodes.Const) for side in sides):
            return node  # comparison with a constant is immediate
        node.expr = _filtered(node.expr, "_compared", [])
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, "_compared", [])
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:
        self.generic_visit(node)
        return _filtered(node, "_kept", []) if isinstance(node.arg, nodes.Slice) else node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:
        self.generic_visit(node)
        if not isinstance(node.key, nodes.Const):
            node.key = _filtered(node.key, "_hashed", [])
        return node


def _extent(body: nodes.Node) -> tuple[int, int]:
    """Units of work of one iteration, and the characters of its literal text."""
    count = text = 0
    for node in body.find_all(nodes.Node):
        count += 1
        if isinstance(node, nodes.TemplateData):
            text += len(node.data)
    return 1 + count // _NODES_A_UNIT, text


def _filtered(node: Any, name: str, args: list[Any], lineno: int = 0) -> nodes.Filter:
    return nodes.Filter(node, name, args, [], None, None, lineno=lineno or node.lineno)


@lru_cache(maxsize=2)
def environment(revision: int) -> ImmutableSandboxedEnvironment:
    """The environment of a revision: strict undefined names, keeps the trailing newline, no
    loader.
    """
    made = _Environment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        optimized=False,
        cache_size=0,
        finalize=_finalize,
    )
    made.revision = revision
    gone = {"lipsum"}
    if revision == FIRST_REVISION:
        gone |= {"cycler", "joiner", "namespace"}
        made.filters.pop("format")
    else:
        made.filters["tojson"] = printing.json_text
        made.filters.pop("random")  # rendering must be deterministic
    for name in gone:
        made.globals.pop(name)
    for name in ("urlize", "pprint"):
        made.filters.pop(name)
    for name, usual in made.filters.items():
        made.filters[name] = _guarded_filter(name, usual, revision)
    for name, usual in made.tests.items():
        made.tests[name] = _guarded_test(name, usual)
    made.filters.update(
        _counted=_counted,
        _price=_price,
        _joined=_joined,
        _compared=guards.compared,
        _kept=lambda value: current().keep(value),
        _hashed=guards.hashed,
        join=_join,
    )
    return made


def render(template: Template, values: Mapping[str, Any]) -> str:
    """Render a compiled template. Raises SecurityError when a limit is exceeded."""
    first = getattr(template.environment, "revision", FIRST_REVISION) == FIRST_REVISION
    begin(None if first else printing.refuse)
    pieces: list[str] = []
    size = 0
    for piece in template.generate(values):
        size += len(piece)
        check(size)
        pieces.append(piece)
    return "".join(pieces)


@pass_context
def _finalize(_context: Context, value: Any) -> Any:
    """Check a value that is printed, directly or into a macro's or block's text."""
    meter = current()
    meter.spend(3)
    if isinstance(value, PlacedFile):
        return printed(value)
    shown = texts.printable(value) if meter.prints_json else value
    meter.make(meter.show(shown))
    return shown


def _counted(items: Iterable[Any], work: int, text: int) -> Iterator[Any]:
    meter = current()
    for item in items:
        meter.step(work)
        meter.make(text)
        yield item


def _price(work: int, text: int) -> str:
    current().spend(work)
    current().make(text)
    return ""


def _joined(first: Any, *rest: Any) -> str:
    parts = [texts.text_of(part) for part in (first, *rest)]
    check(sum(map(len, parts)))
    text: str = current().keep("".join(parts))
    return text


@pass_eval_context
def _join(context: nodes.EvalContext, value: Any, d: Any = "", attribute: Any = None) -> str:
    items = list(guards.drawn_items(value))
    if attribute is not None:
        items = list(map(make_attrgetter(context.environment, attribute), items))
    separator = texts.text_of(d)
    shown = [item if isinstance(item, str) else texts.text_of(item) for item in items]
    check(sum(map(len, shown)) + len(separator) * len(shown))
    text: str = current().keep(do_join(context, shown, separator))
    return text


def _guarded_filter(name: str, usual: Callable[..., Any], revision: int) -> Callable[..., Any]:
    guard = guards.FILTERS.get(name)
    ours = 0 if _PassArg.from_obj(usual) is None else 1
    fresh = name in ("batch", "slice")
    prints_json = name in texts.PRINTS and revision != FIRST_REVISION

    @functools.wraps(usual)
    def guarded(*args: Any, **options: Any) -> Any:
        meter = current()
        meter.spend(A_FILTER)
        if guard:
            guard(*args[ours:], **options)
        if prints_json:
            args = (*args[:ours], *map(texts.printable, args[ours:]))
            options = {key: texts.printable(value) for key, value in options.items()}
        made = usual(*args, **options)
        if hasattr(made, "__next__"):
            items = drawn(made, fresh)
            return items if revision == FIRST_REVISION else printing.Lazy(items)
        if name in guards.MAKES_NOTHING or any(made is arg for arg in args[ours:]):
            return made
        return meter.keep(made)

    return guarded


def _guarded_test(name: str, usual: Any) -> Callable[..., Any]:
    ours = 0 if _PassArg.from_obj(usual) is None else 1

    @functools.wraps(usual)
    def guarded(*args: Any, **options: Any) -> Any:
        guards.test(name, *args[ours:], *options.values())
        return usual(*args, **options)

    return guarded
