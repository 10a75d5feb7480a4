"""The vocabulary: every op's card, by family, and the function that applies it."""

from backlit.ops.activations import *  # noqa: F403
from backlit.ops.arithmetic import *  # noqa: F403
from backlit.ops.convolution import *  # noqa: F403
from backlit.ops.elementary import *  # noqa: F403
from backlit.ops.linear import *  # noqa: F403
from backlit.ops.losses import *  # noqa: F403
from backlit.ops.normalization import *  # noqa: F403
from backlit.ops.pooling import *  # noqa: F403
from backlit.ops.random import *  # noqa: F403
from backlit.ops.reductions import *  # noqa: F403
from backlit.ops.selection import *  # noqa: F403
from backlit.ops.shapes import *  # noqa: F403
from backlit.ops.windows import *  # noqa: F403
