"""What `python bench/compare.py` measures, and with what."""
