"""What the command line accepts."""

from __future__ import annotations

from argparse import (
    SUPPRESS,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from typing import TYPE_CHECKING, Any, NoReturn

from backlit._version import __version__
from backlit.cli import board_arguments, gallery_arguments
from backlit.cli.check_arguments import CHECK, CHECK_EXAMPLES, add_arguments
from backlit.train import settings as known

if TYPE_CHECKING:
    from collections.abc import Callable

TRAIN = """\
Train a net and keep the run in a folder: weights, history, curves, a gradient check and
report.html, which shows it all. Without options, affine layers 784-50-10 on the MNIST digits that
come with backlit, by stochastic gradient descent; --model cnn for a convolutional net.
"""
TRAIN_EXAMPLES = """\
examples:
  backlit train
  backlit train --hidden 200 100 --init he --optimizer adam --epochs 10
  backlit train --model cnn                       99 % in two epochs
  backlit train --hidden --steps 600              no hidden layer, one epoch
  backlit train --data fashion-mnist --dropout 0.2
  backlit train --resume runs/2026-01-31-120000-mnist-784-50-10 --epochs 30
"""
PREDICT = """\
Say which class an image shows, and how probable the net finds it.

A PNG or JPEG becomes what the net was trained on, as MNIST was made: grey; inverted if dark on
light; cut to its ink; scaled to fit 20 × 20 pixels; laid on 28 × 28 pixels with its centre of mass
in the middle. A .npy file holds one image (H, W), treated likewise, or a batch (N, 28, 28) that is
taken as it is, as is anything with --raw: ink is 1 (or 255) and paper 0.
"""
PREDICT_EXAMPLES = """\
examples:
  backlit predict seven.png
  backlit predict *.png --run runs/mine --json
"""
BOOK = """\
Run a script of chapter 5 of "Deep Learning from Scratch" on backlit: its imports of the book's
modules are answered by backlit.book.
"""


class Parser(ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        self.exit(2, f"backlit: error: {message} (see {self.prog} --help)\n")


def parser() -> Parser:
    """Describe the whole command line."""
    whole = Parser(
        prog="backlit",
        description="Backpropagation, lit up: train a net, ask it, check its gradients.",
        epilog="`backlit COMMAND --help` says more, with examples.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"backlit {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(_command(commands, "train", "train a net on images", TRAIN, TRAIN_EXAMPLES))
    _add_predict(
        _command(commands, "predict", "say what an image shows", PREDICT, PREDICT_EXAMPLES)
    )
    check = _command(
        commands, "check", "check gradients: of a run, or in a file", CHECK, CHECK_EXAMPLES
    )
    add_arguments(check)
    check.set_defaults(run=_run_check)
    board = _command(
        commands,
        "board",
        "write a page to draw digits on",
        board_arguments.BOARD,
        board_arguments.BOARD_EXAMPLES,
    )
    board_arguments.add_arguments(board)
    board.set_defaults(run=_run_board)
    gallery = _command(
        commands,
        "gallery",
        "write the figures of the chapter",
        gallery_arguments.GALLERY,
        gallery_arguments.GALLERY_EXAMPLES,
    )
    gallery_arguments.add_arguments(gallery)
    gallery.set_defaults(run=_run_gallery)
    _add_book(_command(commands, "book", "run a script of the book", BOOK))
    return whole


def _command(
    commands: Any, name: str, help: str, description: str, examples: str | None = None
) -> Parser:
    command: Parser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=examples,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    return command


def _add_train(command: Parser) -> None:
    default = known.Settings()
    rates = ", ".join(f"{name} {rate:g}" for name, (_, rate) in known.OPTIMIZERS.items())

    # Only what was typed gets into the namespace, so that a resumed run can tell.
    def add(group: Any, option: str, help: str, **rest: Any) -> None:
        group.add_argument(option, default=SUPPRESS, help=help, **rest)

    net = command.add_argument_group("net and data")
    add(net, "--data", "mnist (default), or fashion-mnist, downloaded at first use",
        choices=list(known.DATA))  # fmt: skip
    add(net, "--model", "dense, affine layers alone (default); or cnn, which has two convolutions "
        "with pooling before them, and by default --hidden 128 --init he --optimizer adam --lr "
        "0.003 --schedule cosine --epochs 2", choices=list(known.MODELS))  # fmt: skip
    add(net, "--hidden", "sizes of the hidden layers (default 50); none: a linear classifier",
        type=_whole(1), nargs="*", metavar="SIZE")  # fmt: skip
    add(net, "--activation", f"{', '.join(known.ACTIVATIONS)} (default {default.activation})",
        choices=list(known.ACTIVATIONS), metavar="NAME")  # fmt: skip
    add(net, "--init", "initial weights: normal, 0.01 × N(0, 1) (default), xavier or he",
        choices=known.INITS)  # fmt: skip
    add(net, "--dropout", "fraction of hidden outputs dropped in training (default 0)",
        type=_number, metavar="RATE")  # fmt: skip
    how = command.add_argument_group("training")
    add(how, "--optimizer", f"{', '.join(known.OPTIMIZERS)} (default {default.optimizer})",
        choices=list(known.OPTIMIZERS), metavar="NAME")  # fmt: skip
    add(how, "--lr", f"learning rate (default {rates})", type=_number)
    add(how, "--schedule", "of the learning rate: constant (default); step, divided by 10 after "
        "each third of the steps; cosine, down to 0", choices=known.SCHEDULES)  # fmt: skip
    add(how, "--warmup", "steps in which the learning rate rises (default 0)",
        type=_whole(0), metavar="STEPS")  # fmt: skip
    add(how, "--batch", "samples in a batch (default 100)", type=_whole(1), metavar="SIZE")
    end = how.add_mutually_exclusive_group()
    add(end, "--epochs", "when to end (default 17)", type=_whole(1), metavar="N")
    add(end, "--steps", "when to end, counted in steps", type=_whole(1), metavar="N")
    add(how, "--seed", "decides weights, dropout and order (default 0)",
        type=_whole(0), metavar="N")  # fmt: skip
    add(how, "--eager", "run ops one by one: slower, and the same to rounding; by default the "
        "train step is compiled", action="store_true")  # fmt: skip
    run = command.add_argument_group("run")
    where = run.add_mutually_exclusive_group()
    where.add_argument("--folder", help="a new folder for the run (default runs/DATE-TIME-...)")
    where.add_argument("--resume", metavar="FOLDER", help="go on with a run that was stopped, or "
                       "with --epochs or --steps beyond its end")  # fmt: skip
    run.add_argument("--no-check", action="store_true", help="leave out the gradient check")
    run.add_argument("--quiet", action="store_true", help="print nothing but errors")
    command.set_defaults(run=_run_train)


def _add_predict(command: Parser) -> None:
    command.add_argument("images", nargs="+", metavar="IMAGE", help="a PNG, JPEG or .npy file")
    source = command.add_mutually_exclusive_group()
    source.add_argument("--run", dest="folder", metavar="FOLDER",
                        help="the run to ask (default: the newest in ./runs)")  # fmt: skip
    source.add_argument("--weights", metavar="FILE", help="a run's weights.safetensors")
    command.add_argument("--raw", action="store_true", help="take images of 28 × 28 as they are")
    command.add_argument("--json", action="store_true", help="print all probabilities as JSON")
    command.set_defaults(run=_run_predict)


def _add_book(command: Parser) -> None:
    command.add_argument("script", help="the script to run")
    command.add_argument("arguments", nargs="...", metavar="ARGUMENT", help="for the script")
    command.set_defaults(run=_run_book)


# Commands are imported when they are called: `--version` and `--help` come at once.


def _run_train(arguments: Namespace) -> int:
    from backlit.cli.train import run  # noqa: PLC0415

    return run(arguments)


def _run_predict(arguments: Namespace) -> int:
    from backlit.cli.predict import run  # noqa: PLC0415

    return run(arguments)


def _run_check(arguments: Namespace) -> int:
    from backlit.cli.check import run  # noqa: PLC0415

    return run(arguments)


def _run_board(arguments: Namespace) -> int:
    from backlit.cli.board import run  # noqa: PLC0415

    return run(arguments)


def _run_gallery(arguments: Namespace) -> int:
    from backlit.cli.gallery import run  # noqa: PLC0415

    return run(arguments)


def _run_book(arguments: Namespace) -> int:
    from backlit.cli.book import run  # noqa: PLC0415

    return run(arguments)


def _whole(least: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < least:
            raise ArgumentTypeError(f"{number} is below {least}")
        return number

    return convert


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None
