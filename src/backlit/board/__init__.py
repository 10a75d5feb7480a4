"""The board: a page with a trained net inside, on which a person draws a digit."""

from backlit.board.parts import Part, parts_of
from backlit.board.run import board_of_run
from backlit.board.write import Board, write_board

__all__ = ["Board", "Part", "board_of_run", "parts_of", "write_board"]
