"""All cases, by family."""

from check.faults import (
    activations,
    affine,
    arithmetic,
    blocks,
    conv,
    functions,
    library,
    losses,
    masks,
    more,
    naming,
    norms,
    sequences,
    softmax,
    state,
    torch_style,
    wiring,
)

FAMILIES = (
    affine, activations, arithmetic, losses, softmax, masks, norms, conv, sequences, state,
    wiring, naming, functions, library, torch_style, more, blocks,
)  # fmt: skip
CASES = tuple(case for family in FAMILIES for case in family.CASES)
WRONG = tuple(case for case in CASES if not case.healthy)
HEALTHY = tuple(case for case in CASES if case.healthy)

assert len({case.name for case in CASES}) == len(CASES)
