"""Compiles one template, and names where it goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.errors import TemplateError
from workbench.prompts.snippets import Expanded, expanded
from workbench.prompts.templates.placed import PlacedFile, printed
from workbench.prompts.values import (
    BRACES,
    FIRST_REVISION,
    JINJA2,
    PARTS_REVISION,
    REVISION,
    Prompt,
)
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template, nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

Fill = Callable[[Mapping[str, Any]], str]
"""Renders a template with these values."""


def null_of(prompt: Prompt) -> Any:
    """What stands for null in templates."""
    if prompt.revision == FIRST_REVISION or prompt.template_format != JINJA2:
        return ""
    from workbench.prompts.templates.printing import Null

    return Null()


def variables_of(template: str, prompt: Prompt) -> list[str]:
    """The names that a template uses, in order of appearance. Raises TemplateError."""
    if prompt.template_format == BRACES:
        return [match.group(1) for match in _PLACEHOLDER.finditer(template)]
    from jinja2 import meta

    whole = expanded(prompt, template)
    with _compiling(whole):
        tree = _environment(prompt).parse(whole.text)
        names = meta.find_undeclared_variables(tree)
    _refuse_other_files(tree, whole)
    return sorted(names, key=whole.text.find)


@contextmanager
def _compiling(whole: Expanded) -> Iterator[None]:
    """Convert errors that Jinja2 or Python raise for an invalid template to TemplateError."""
    from jinja2 import TemplateSyntaxError

    try:
        yield
    except TemplateSyntaxError as error:
        raise TemplateError(f"{whole.place(error.lineno)}: {error.message}") from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise TemplateError("the template is nested too deeply") from error
    except ValueError as error:
        raise TemplateError(f"the template: {error}") from error


def check_snippet(name: str, text: str, prompt: Prompt) -> None:
    """Raise TemplateError for a snippet that is no template by itself: its end would be that of
    another block or comment.
    """
    if prompt.template_format == JINJA2:
        with _compiling(Expanded(text, sources=((name, 1),))):
            _environment(prompt).parse(text)


def _refuse_other_files(tree: nodes.Template, whole: Expanded) -> None:
    from jinja2 import nodes

    reaching = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    for node in tree.find_all(reaching):
        raise TemplateError(
            f"{whole.place(node.lineno)}: {type(node).__name__.lower()} is refused",
            hint='put the text itself here, or include a snippet: {% include "NAME" %}',
        )


def compiled(template: str, prompt: Prompt) -> Fill:
    """What fills in a template's values. Raises TemplateError where it does not compile."""
    if prompt.template_format == BRACES:
        as_text = _as_text if prompt.revision == FIRST_REVISION else _as_json
        return lambda values: _PLACEHOLDER.sub(lambda m: as_text(values[m.group(1)]), template)
    if prompt.template_format != JINJA2:
        raise TemplateError(
            f"template format {prompt.template_format!r} is not supported",
            hint=did_you_mean(prompt.template_format, (JINJA2, BRACES)),
        )
    if "{{" not in template and "{%" not in template and "{#" not in template:
        return lambda _values: template
    whole = expanded(prompt, template)
    with _compiling(whole):
        return _filling(_environment(prompt).from_string(whole.text), whole)


def _filling(template: Template, whole: Expanded) -> Fill:
    from jinja2 import TemplateError as JinjaError

    from workbench.prompts.templates.sandbox import render

    def fill(values: Mapping[str, Any]) -> str:
        try:
            return render(template, values)
        except JinjaError as error:
            problem = error.message or type(error).__name__
            raise TemplateError(f"{_place(error, whole)}: {problem}") from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise TemplateError(f"{_place(error, whole)}: {error}") from error
        except (RecursionError, MemoryError) as error:
            raise TemplateError(f"{_place(error, whole)} needs too much memory or depth") from error
        except (AssertionError, RuntimeError) as error:
            raise TemplateError(f"{_place(error, whole)}: {error}") from error

    return fill


def _place(error: BaseException, whole: Expanded) -> str:
    """The line that was being rendered: Jinja2's frames have the template's line numbers."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return whole.place(line) if line else "the template"


def _as_text(value: Any) -> str:
    if isinstance(value, PlacedFile):
        return printed(value)
    return value if isinstance(value, str) else str(value)


def _as_json(value: Any) -> str:
    from workbench.prompts.templates.printing import json_text

    return json_text(value) if isinstance(value, (list, tuple, Mapping)) else _as_text(value)


def _environment(prompt: Prompt) -> ImmutableSandboxedEnvironment:
    from workbench.prompts.templates.sandbox import environment

    if prompt.revision not in (FIRST_REVISION, REVISION, PARTS_REVISION):
        raise TemplateError(
            f"{prompt.prompt_id} is of template revision {prompt.revision}, which is unknown here",
            hint="upgrade prompt-workbench",
        )
    return environment(min(prompt.revision, REVISION))
