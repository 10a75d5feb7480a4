"""The chapter's first graph: what two apples cost, and what the price depends on."""

import backlit as bl

apple = bl.tensor(100, "apple")
number = bl.tensor(2, "number")
tax = bl.tensor(1.1, "tax")

price = apple * number * tax
price.backward()

print(f"price {price.item():.0f}")
for x in (apple, number, tax):
    print(f"one more of {x.name} changes it by {x.grad:.4g}")
