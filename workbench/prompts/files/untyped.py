"""A text whose type its file does not say."""


class Untyped(str):
    """A cell of CSV or TSV, or a YAML number as it is written: the input's kind says its type."""

    __slots__ = ()
