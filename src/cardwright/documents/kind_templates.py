"""What a template of a kind of document may do. It can come from a stranger's dossier, so it only shows what there is.

Jinja's sandbox keeps a template from reaching beyond its values; it does not keep it from running for a week or filling the
memory. So a kind's template is looked at before it is compiled: no variable, macro, arithmetic or call but to show a block of
ours, no filter but those listed, loops three deep at most, and a budget of steps for all of its loops together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError

DEPTH = 3
"""How many loops may stand in each other."""
STEPS = 50_000
"""How often all loops of a document may go round, together: a plan of 30 fields of 100 entries takes a tenth of it."""
BASES = {"kind.html.j2": "_blocks.html.j2", "kind.md.j2": "_blocks.md.j2"}
"""What it may extend, and the blocks that go with it."""
BLOCKS = ("lead", "fields", "evaluations", "own_sections")
"""Blocks that it may fill; the band, the verdict, what is missing, the requirements and the signatures stay as they are."""
FILTERS = frozenset(
    {
        "words", "sentence", "short", "clip", "moment", "paragraphs", "anchor", "number", "general", "percent", "interval",
        "measured", "slice", "headline", "standing", "term", "inner", "digest", "length", "list", "first", "last", "join",
        "lower", "upper", "selectattr", "rejectattr", "map", "sort", "unique", "safe",
    }
)  # fmt: skip
_REFUSED: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Macro, "a macro"),
    (nodes.CallBlock, "a call block"),
    (nodes.Include, "an include"),
    (nodes.FromImport, "an import of names"),
    (nodes.Assign, "a variable"),
    (nodes.AssignBlock, "a variable"),
    (nodes.With, "a variable"),
    (nodes.ExprStmt, "a statement"),
    (nodes.ScopedEvalContextModifier, "a change of escaping"),
    (nodes.EvalContextModifier, "a change of escaping"),
    (nodes.FilterBlock, "a filter over a block"),
    (nodes.BinExpr, "arithmetic"),
    (nodes.Concat, "arithmetic"),
    (nodes.Dict, "a list of its own"),
)


def checked(tree: nodes.Template, name: str) -> nodes.Template:
    """The tree of a kind's template, its loops counted.

    Raises
    ------
    TemplateSyntaxError
        If it does what a kind's template may not; with the line.
    """
    for node in tree.find_all(nodes.Node):
        _refuse(node, name)
    first = next((one for one in tree.body if not _is_blank(one)), None)
    if not isinstance(first, nodes.Extends):
        # Without the frame a document would show neither its state nor its verdict.
        raise TemplateSyntaxError(f"a template of a kind of document extends {' or '.join(BASES)}", 1, name)
    _loops(tree, 0, name)
    return tree


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(one, nodes.TemplateData) and not one.data.strip() for one in node.nodes
    )


def counted(items: Iterable[Any], budget: Iterator[int]) -> list[Any]:
    """The items of a loop, taken off a budget that the whole document shares.

    Raises
    ------
    SecurityError
        If it is used up.
    """
    found = list(islice(items, STEPS + 1))
    for _ in found:
        if next(budget, None) is None:
            raise SecurityError(f"its loops go round more than {STEPS} times")
    return found


def _refuse(node: nodes.Node, name: str) -> None:
    def refuse(what: str) -> None:
        raise TemplateSyntaxError(f"a template of a kind of document may not hold {what}", node.lineno, name)

    for kind, what in _REFUSED:
        if isinstance(node, kind) and not (kind is nodes.BinExpr and isinstance(node, nodes.And | nodes.Or)):
            refuse(what)
    if isinstance(node, nodes.Extends) and _constant(node.template) not in BASES:
        refuse(f"an `extends` but of {' or '.join(BASES)}")
    if isinstance(node, nodes.Import) and (_constant(node.template) not in BASES.values() or node.target != "b"):
        refuse("an import but of our blocks as b")
    if isinstance(node, nodes.Block) and node.name not in BLOCKS:
        refuse(f"a block but {', '.join(BLOCKS)}")
    if isinstance(node, nodes.Output):
        _refuse_markup(node, refuse)
    if isinstance(node, nodes.List) and not all(
        isinstance(one, nodes.Const) and isinstance(one.value, int) for one in node.items
    ):
        refuse("a list of its own")
    if isinstance(node, nodes.Call):
        _refuse_arguments(node, refuse)
    if isinstance(node, nodes.Filter):
        _refuse_filter(node, refuse)
    if isinstance(node, nodes.Name) and node.ctx != "load" and node.name in ("t", "b", "super"):
        refuse("something else called t, b or super")
    if isinstance(node, nodes.Call) and not _may_be_called(node.node):
        refuse("a call but of t, super and our blocks")
    if isinstance(node, nodes.For) and node.recursive:
        refuse("a loop that calls itself")
    if isinstance(node, nodes.Name) and node.name in ("self", "caller", "varargs", "kwargs"):
        refuse("a reference to itself")


def _refuse_arguments(call: nodes.Call, refuse: Callable[[str], None]) -> None:
    called = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", "")
    if called == "t":
        # Fixed words are not escaped: they are ours. So are those of a kind only if they hold no markup.
        words = call.args[0] if call.args else None
        if not isinstance(words, nodes.Const) or not isinstance(words.value, str) or set(words.value) & set("<>&"):
            refuse("`t` but of plain words")
    if called == "cols" and not all(isinstance(one, nodes.List) for one in call.args):
        refuse("`b.cols` but of a list of numbers")
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        refuse("a call with unpacked arguments")


def _refuse_filter(node: nodes.Filter, refuse: Callable[[str], None]) -> None:
    if node.name not in FILTERS:
        refuse(f"the filter {node.name}")
    if node.name == "safe" and not isinstance(node.node, nodes.Call):
        refuse("`safe` but on a block of ours")
    if node.name == "map" and (node.args or [one.key for one in node.kwargs] != ["attribute"]):
        refuse("`map` but by an attribute")  # by name it would reach every filter there is
    if node.name == "join" and not all(isinstance(one, nodes.Const) and len(str(one.value)) <= 20 for one in node.args):
        refuse("`join` but with a short text")


_ELEMENT = re.compile(r"</?(?P<tag>[a-z][a-z0-9]*)(?P<rest>(?:\s+[a-z-]+=\"[^\"<>]*\")*)\s*/?>")
_ATTRIBUTE = re.compile(r"\s+([a-z-]+)=")
_TAGS = frozenset(
    {
        "h2", "h3", "h4", "p", "br", "hr", "table", "caption", "thead", "tbody", "tr", "th", "td", "colgroup", "col", "ul", "ol",
        "li", "dl", "dt", "dd", "strong", "em", "span", "small", "section", "figure", "figcaption", "blockquote", "code", "div",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset({"class", "id", "scope", "colspan", "rowspan", "lang", "role", "aria-label"})
_OURS = frozenset({"allowed", "band", "kicker", "refused", "requirement", "status", "verdict"})
"""Classes of the frame: what bears them looks like our state, verdict or requirement, whatever the record says."""
_CLASSES = re.compile(r"\s(?:class|id)=\"([^\"]*)\"")
_ACTIVE = re.compile(r"(?i)(?:javascript|vbscript|data)\s*:|\]\s*\(|&#|&[a-z]+;")


def _refuse_markup(output: nodes.Output, refuse: Callable[[str], None]) -> None:
    """Refuse markup that loads, links or runs anything: what a stranger's template writes is opened in a receiver's browser.

    Each stretch of text between two statements is whole by itself, so that no tag can be put together from two of them. An
    expression inside a tag stands as a NUL, which no text has: it is escaped, and may fill an attribute and nothing else.
    """
    text = "".join(one.data if isinstance(one, nodes.TemplateData) else "\0" for one in output.nodes)
    for match in re.finditer("<", text):
        element = _ELEMENT.match(text, match.start())
        named = {*_ATTRIBUTE.findall(element["rest"])} if element is not None else set()
        if element is None or element["tag"] not in _TAGS or not named <= _ATTRIBUTES:
            refuse(f"the markup {text[match.start() : match.start() + 20]!r}")
        for written in _CLASSES.findall(element["rest"] if element is not None else ""):
            if "\0" in written or not _OURS.isdisjoint(written.split()):
                refuse("a class or id of ours, or one that is put together")
    if found := _ACTIVE.search(text):
        refuse(found[0].strip())


def _may_be_called(called: nodes.Expr) -> bool:
    if isinstance(called, nodes.Name):
        return called.name in ("t", "super")
    return isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name) and called.node.name == "b"


def _constant(expression: nodes.Expr) -> object:
    return expression.value if isinstance(expression, nodes.Const) else None


def _loops(node: nodes.Node, depth: int, name: str) -> None:
    inner = depth + isinstance(node, nodes.For)
    if inner > DEPTH:
        raise TemplateSyntaxError(f"loops stand in each other more than {DEPTH} deep", node.lineno, name)
    for child in node.iter_child_nodes():
        _loops(child, inner, name)
    if isinstance(node, nodes.For):
        node.iter = nodes.Filter(node.iter, "counted", [], [], None, None, lineno=node.lineno)
