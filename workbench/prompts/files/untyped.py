"""Text whose type is not given by its file."""


class UntypedText(str):
    """A cell of CSV or TSV, or a YAML number's source text; the input's kind decides its type."""

    __slots__ = ()
