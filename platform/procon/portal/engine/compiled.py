"""Templates as quicker Python: the same output, errors and escaping as Jinja's own code.

Jinja's code calls Python functions for every attribute that is read, every value that is printed
and every macro; a page has a thousand of them. Here the common case stands in the line itself,
and whatever is not the common case goes to Jinja's function (docs/adr/0006).
"""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinMethodType
from typing import Any

import markupsafe
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup, escape

# The C function behind `escape`, without the Markup around its result: what is printed is joined
# to the page at once. Private, but `escape` itself looks it up under this name.
escape_text: Callable[[str], str] = vars(markupsafe)["_escape_inner"]

PlainMethod = BuiltinMethodType  # the generated code knows it by this name

_new_text = str.__new__
_NAMES = (
    f"from {__name__} import PlainMethod, QuickMacro, escape_text, printed,"
    " run_constant, run_macro, run_plain"
)


def printed(value: Any) -> str:
    """Text of a value that is neither a string nor Markup, ready to be joined to the page."""
    return escape(value)


class QuickMacro(Macro):
    """A macro that `run_macro` may call without Jinja's general argument handling.

    Args:
        pure: its module sees nothing of a request, so what it prints depends on its arguments.
    """

    def __init__(self, *args: Any, pure: bool) -> None:
        super().__init__(*args)
        # Jinja passes an undeclared `caller` after the declared parameters.
        self.names = (*self.arguments, "caller") if self.caller else tuple(self.arguments)
        self.quick = not (self.catch_kwargs or self.catch_varargs or self.explicit_caller)
        self.pure = pure
        self.kept: dict[tuple[Any, ...], str] = {}


# The three have the signature of `Context.call`; the generated code chooses one.


def run_macro(macro: QuickMacro, /, *args: Any, **kwargs: Any) -> str:
    """What a macro prints.

    Raises:
        TypeError: an argument that the macro does not take.
    """
    names = macro.names
    if not macro.quick or len(args) > len(macro.arguments):
        return Macro.__call__(macro, *args, **kwargs)
    if len(args) < len(names):
        if macro.caller and "caller" not in kwargs:
            return Macro.__call__(macro, *args, **kwargs)
        args = (*args, *[kwargs.pop(name, missing) for name in names[len(args) :]])
    if kwargs:  # which of them is wrong, Jinja says
        return Macro.__call__(macro, *args[: len(macro.arguments)], **kwargs)
    return _new_text(Markup, macro._func(*args))


def run_constant(macro: QuickMacro, /, *args: Any, **kwargs: Any) -> str:
    """As `run_macro`, for a call whose arguments all stand in the template: printed once, then
    kept. There are no more such calls than templates have lines.
    """
    if not macro.pure:
        return run_macro(macro, *args, **kwargs)
    values = (*args, *kwargs.values())
    key = (*values, *kwargs, *map(type, values))  # the types, because 1 is True
    if (kept := macro.kept.get(key)) is None:
        kept = macro.kept[key] = run_macro(macro, *args, **kwargs)
    return kept


def run_plain(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a method of a built-in type, which never asks for the context."""
    return function(*args, **kwargs)


class QuickGenerator(CodeGenerator):
    """Jinja's code generator with attributes, printing and macro calls written out in the line.

    `o_` and `r_` hold an object and what was found in it. They may be used again inside the
    expression that fills them: by then nothing of the outer one is kept in them.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """The imports of the template's module, then all as usual."""
        self.writeline(_NAMES)
        super().visit_Template(node, frame)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """`a.b`: the attribute; a key or an undefined value is found by the environment."""
        self.write("(r_ if (r_ := getattr((o_ := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing")
        self.write(f" else environment.getattr(o_, {node.attr!r}))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802 - Jinja's name
        """`f(…)`: macros and methods of built-in types at once, the rest through the context.

        No function of ours takes the context, so loops' and blocks' variables are not passed.
        """
        constant = not forward_caller and _is_constant(node)
        self.write(f"({'run_constant' if constant else 'run_macro'} if type(o_ := ")
        self.visit(node.node, frame)
        self.write(") is QuickMacro else run_plain if type(o_) is PlainMethod")
        self.write(" else context.call)(o_")
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        """`Macro(…)` as our class."""
        node = macro_ref.node
        names = tuple(arg.name for arg in node.args)
        self.write(
            f"QuickMacro(environment, macro, {getattr(node, 'name', None)!r}, {names!r},"
            f" {macro_ref.accesses_kwargs!r}, {macro_ref.accesses_varargs!r},"
            f" {macro_ref.accesses_caller!r}, context.eval_ctx.autoescape,"
            " pure=context.parent.keys() <= environment.globals.keys())"
        )

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame, finalize):
            self.write("(escape_text(o_) if type(o_ := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame, finalize):
            self.write(") is str else o_ if type(o_) is Markup else printed(o_))")
        else:
            super()._output_child_post(node, frame, finalize)


class QuickTemplate(Template):
    """A template whose macros are made once: no template here has globals of its own."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        if self._module is None:
            self._module = self.make_module()
        return self._module


class QuickEnvironment(Environment):
    """An environment whose templates are compiled by `QuickGenerator`."""

    code_generator_class = QuickGenerator
    template_class = QuickTemplate


def _is_constant(node: nodes.Call) -> bool:
    """Whether every argument stands in the template."""
    values = [*node.args, *(one.value for one in node.kwargs)]
    dynamic = node.dyn_args is not None or node.dyn_kwargs is not None
    return not dynamic and all(isinstance(value, nodes.Const) for value in values)


def _is_plain(frame: Frame, finalize: Any) -> bool:
    """Whether it is known while compiling that the value is escaped and nothing else."""
    escaped: bool = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile
    return escaped and finalize.src is None
