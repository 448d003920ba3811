# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small faults that could be planted in a module, one at a time.

The operators are those of mutmut and cosmic-ray (numbers, operators, comparisons,
conditions, keywords, arguments), and those that hurt on a globe: sine for cosine, a
dropped wrap or clip, latitude and longitude swapped, float32 for float64.
"""

import ast
import copy
import dataclasses

BINARY = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.MatMult: ast.Mult,
}

# The next boundary, and the opposite.
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

_BOTH_WAYS = """
sin cos, arcsin arccos, sinh cosh, sin_degrees cos_degrees, floor ceil, min max,
minimum maximum, argmin argmax, nanmin nanmax, any all, zeros ones, radians degrees,
logical_and logical_or, add subtract, multiply divide, left right, append appendleft,
union1d intersect1d, mean median, less greater, less_equal greater_equal
"""
_ONE_WAY = """
tan sin, arctan arcsin, rint floor, round floor, float64 float32, int64 int32,
uint64 uint32, intp int32, cumsum cumprod, sum max, log log1p, exp expm1, isfinite isnan
"""


def _words(text):
    return frozenset(text.split())


def _pairs(text):
    return [tuple(pair.split()) for pair in text.replace("\n", " ").split(",")]


NAMES = {
    **dict(_pairs(_BOTH_WAYS)),
    **{b: a for a, b in _pairs(_BOTH_WAYS)},
    **dict(_pairs(_ONE_WAY)),
}

# Calls that could be forgotten: the first argument (or the object) stays as it is.
FORGETTABLE = _words(
    """
    abs absolute asarray ascontiguousarray astype array ceil clip copy degrees float
    floor int list max maximum min minimum mod nan_to_num radians ravel rint round set
    sort sorted sqrt square tuple unique
    """
)
FORGETTABLE_PARTS = ("wrap", "clip", "check", "read", "normal")

# The order of these arguments does not matter, or no person would swap them.
UNSWAPPED = _words(
    """
    add allclose array_equal bitwise_and bitwise_or bitwise_xor getattr hasattr hypot
    intersect1d isinstance logical_and logical_or max maximum min minimum multiply print
    range setattr union1d zip
    """
)


@dataclasses.dataclass
class Mutant:
    """One fault: `node`, at `field` (and `index`) of `parent`, becomes `new`."""

    operator: str
    node: ast.AST
    new: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    # Name and first line of the outermost function whose code it is in; None for what
    # runs when the module is imported: constants, default values, decorators.
    function: tuple | None
    lines: tuple  # first and last line that run it

    def plant(self):
        """Change the tree that the mutant was found in."""
        self._set(ast.copy_location(self.new, self.node))

    def pull_out(self):
        """Give the tree its own node back."""
        self._set(self.node)

    def _set(self, node):
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    def __str__(self):
        before, after = (
            " ".join(ast.unparse(node).split()) for node in (self.node, self.new)
        )
        return f"{self.operator}: {before[:90]}  ->  {after[:90]}"


def find_mutants(tree):
    """Find all mutants of a module, in the order of its text."""
    return list(_Finder().walk(tree))


class _Finder:
    def __init__(self):
        self.statements, self.functions, self.bound = [], [], [set()]

    def walk(self, node, parent=None, field=None, index=None):
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
            return
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return
        statement = isinstance(node, ast.stmt)
        if statement:
            self.statements.append(node)
        if parent is not None:
            seen = set()
            for operator, new in self._changes(node, parent, field):
                key = ast.dump(new)
                if key not in seen and key != ast.dump(node):
                    seen.add(key)
                    yield self._mutant(operator, node, new, parent, field, index)
        yield from self._below(node)
        if statement:
            self.statements.pop()

    def _below(self, node):
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "ctx", "ops", "op"):
                continue
            if isinstance(node, ast.Raise) and field in ("exc", "cause"):
                continue  # the words of messages
            if is_function and field == "body":
                self._enter(node)
            for index, child in (
                enumerate(value) if isinstance(value, list) else [(None, value)]
            ):
                if isinstance(child, ast.AST):
                    yield from self.walk(child, node, field, index)
            if is_function and field == "body":
                self._leave()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.bound[-1].add(node.id)

    def _enter(self, node):
        self.functions.append(node)
        arguments = node.args
        self.bound.append(
            {
                argument.arg
                for argument in arguments.args
                + arguments.kwonlyargs
                + arguments.posonlyargs
            }
        )

    def _leave(self):
        self.functions.pop()
        self.bound.pop()

    def _mutant(self, operator, node, new, parent, field, index):
        function = None
        if self.functions:
            outer = self.functions[0]
            first = min([outer, *outer.decorator_list], key=lambda part: part.lineno)
            function = (outer.name, first.lineno)
        return Mutant(
            operator,
            node,
            new,
            parent,
            field,
            index,
            function,
            _lines(self.statements[-1], node),
        )

    def _changes(self, node, parent, field):
        """Yield (operator, new node) for what could stand here instead."""
        name = f"_change_{type(node).__name__.lower()}"
        if hasattr(self, name):
            yield from getattr(self, name)(node, parent, field)
        if field == "test" and isinstance(parent, (ast.If, ast.While)):
            yield "condition", ast.Constant(False)
            if isinstance(parent, ast.If):
                yield "condition", ast.Constant(True)

    def _change_constant(self, node, parent, field):
        value = node.value
        if isinstance(parent, ast.Expr):
            return  # a docstring
        if isinstance(value, bool):
            yield "keyword", ast.Constant(not value)
        elif isinstance(value, int):
            yield "number", ast.Constant(value + 1)
            yield "number", ast.Constant(value - 1)
        elif isinstance(value, float):
            yield "number", ast.Constant(value + 1.0)
            yield "number", ast.Constant(value * 1.001)
        elif isinstance(value, str):
            yield "string", ast.Constant(NAMES.get(value, "XX" + value))

    def _change_binop(self, node, parent, field):
        swapped = BINARY[type(node.op)]()
        yield "operator", ast.BinOp(node.left, swapped, node.right)
        if isinstance(node.op, (ast.Mod, ast.FloorDiv, ast.RShift, ast.BitAnd)):
            yield "operand dropped", node.left

    def _change_augassign(self, node, parent, field):
        swapped = BINARY[type(node.op)]()
        yield "operator", ast.AugAssign(node.target, swapped, node.value)
        yield "statement dropped", ast.Pass()

    def _change_compare(self, node, parent, field):
        for place, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                ops = list(node.ops)
                ops[place] = other()
                yield "comparison", ast.Compare(node.left, ops, node.comparators)

    def _change_boolop(self, node, parent, field):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and/or", ast.BoolOp(other, node.values)
        for place in range(len(node.values)):
            rest = node.values[:place] + node.values[place + 1 :]
            new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield "operand dropped", new

    def _change_unaryop(self, node, parent, field):
        yield "sign", node.operand

    def _change_ifexp(self, node, parent, field):
        yield "condition", node.body
        yield "condition", node.orelse

    def _change_comprehension(self, node, parent, field):
        if node.ifs:
            new = copy.copy(node)
            new.ifs = []
            yield "condition", new

    def _change_name(self, node, parent, field):
        if isinstance(node.ctx, ast.Load) and node.id in NAMES:
            yield "name", ast.Name(NAMES[node.id], ast.Load())

    def _change_attribute(self, node, parent, field):
        if isinstance(node.ctx, ast.Load) and node.attr in NAMES:
            yield "name", ast.Attribute(node.value, NAMES[node.attr], ast.Load())

    def _change_call(self, node, parent, field):
        function = node.func
        name = getattr(function, "id", getattr(function, "attr", ""))
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                rest = node.keywords[:place] + node.keywords[place + 1 :]
                yield "argument dropped", ast.Call(function, node.args, rest)
        if name not in UNSWAPPED:
            for args in _swaps(node.args):
                yield "swap", ast.Call(function, args, node.keywords)
        if name in FORGETTABLE or any(part in name for part in FORGETTABLE_PARTS):
            of_numpy = getattr(getattr(function, "value", None), "id", "np") == "np"
            if node.args and of_numpy and not isinstance(node.args[0], ast.Starred):
                yield "call dropped", node.args[0]
            elif isinstance(function, ast.Attribute):
                yield "call dropped", function.value

    def _change_tuple(self, node, parent, field):
        if not any(isinstance(part, ast.Slice) for part in node.elts):
            for parts in _swaps(node.elts)[:2]:
                yield "swap", type(node)(parts, node.ctx)

    _change_list = _change_tuple

    def _change_expr(self, node, parent, field):
        if not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom)):
            yield "statement dropped", ast.Pass()

    def _change_assign(self, node, parent, field):
        target = node.targets[0]
        if isinstance(target, ast.Name):
            if self.functions and target.id in self.bound[-1]:
                yield "statement dropped", ast.Pass()
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            yield "statement dropped", ast.Pass()

    def _change_raise(self, node, parent, field):
        if not isinstance(parent, ast.If):
            yield "statement dropped", ast.Pass()

    def _change_break(self, node, parent, field):
        yield "statement dropped", ast.Pass()

    def _change_continue(self, node, parent, field):
        yield "statement dropped", ast.Pass()
        yield "statement", ast.Break()


def _swaps(parts):
    """All ways to swap two neighbours."""
    swaps = []
    for place in range(len(parts) - 1):
        pair = parts[place : place + 2]
        if not any(isinstance(part, ast.Starred) for part in pair):
            swaps.append(parts[:place] + pair[::-1] + parts[place + 2 :])
    return swaps


def _lines(statement, node):
    """Return the lines of a statement that run when the node does."""
    if hasattr(statement, "body"):  # its head, not what stands inside
        if node is statement or not hasattr(node, "lineno"):
            return statement.lineno, statement.lineno
        return min(statement.lineno, node.lineno), node.end_lineno
    return statement.lineno, statement.end_lineno
