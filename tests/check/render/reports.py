"""Reports to draw, from the plain to the absurd."""

NASTY = '<b onclick="x">&\x00\x1b[31m' + "🦊層é\u202e" * 40 + "W" * 200


def row(layer, tensor, *, ok=True, shape=(784, 50), kinks=0):
    return {
        "layer": layer, "tensor": tensor, "shape": list(shape), "checked": 100,
        "mean_difference": 1e-11, "max_error": 2e-10 if ok else 0.97, "wrong": 0, "kinks": kinks,
        "ok": ok,
    }  # fmt: skip


def fault(layer, tensor, **rest):
    return {
        "layer": layer, "tensor": tensor, "index": [123, 45], "expected": 0.0123456789,
        "got": -0.0034512, "error": 0.97, "message": "dW is the transpose of the right one",
        "diagnosis": "transposed", "confidence": 0.98,
        "source": {"file": "/some/where/net.py", "line": 42, "text": "self.dW = dout.T @ self.x"},
        "correction": "self.dW = self.x.T @ dout",
    } | rest  # fmt: skip


ONE = {
    "target": "TwoLayerNet",
    "ok": False,
    "layers": ["Affine1", "Relu1", "Affine2", "SoftmaxWithLoss (lastLayer)"],
    "rows": [
        row("Affine1", "W1", ok=False), row("Affine1", "b1"), row("Relu1", "x", kinks=3),
        row("Affine2", "W2"), row("SoftmaxWithLoss (lastLayer)", "x"),
    ],
    "faults": [fault("Affine1", "W1"), fault("Affine1", "W1", index=[3, 4])],
}  # fmt: skip

NASTIEST = {
    "target": NASTY,
    "ok": False,
    "rows": [row(NASTY, NASTY, ok=False), *(row(NASTY, f"{i}{NASTY}") for i in range(9))],
    "faults": [
        fault(NASTY, NASTY, message=NASTY * 3, diagnosis=NASTY, correction=NASTY, source=NASTY),
        fault(NASTY, "", index=None, expected=None, got=None, message="", source=None),
        fault("other", "x", expected="nan", got="inf", error="inf", confidence=None),
    ],
    "notes": [NASTY * 5],
}

DEEP = {
    "target": "Deep",
    "ok": False,
    "rows": [row(f"Affine{i}", t, ok=(i, t) != (70, "b")) for i in range(100) for t in ("W", "b")],
    "faults": [fault(f"Affine{i}", "b") for i in (7, 70)]
    + [fault("Affine30", f"W{i}", diagnosis="factor") for i in range(30)],
    "cleared": [f"Relu{i}" for i in range(30)],
    "calls": 12345,
}

WHOLE = {
    "target": "Net",
    "ok": False,
    "rows": [row("Linear (fc1)", "weight"), row("Net", "x", ok=False)],
    "faults": [fault("Net", "x", diagnosis="dropped_use")],
    "cleared": ["Linear (fc1)", "ReLU (act)"],
}

HEALTHY = {"target": "Affine", "ok": True, "rows": [row("Affine", t) for t in "xWb"], "faults": []}

EMPTY = {"target": "nothing"}

ALL = {
    "one": ONE, "nastiest": NASTIEST, "deep": DEEP, "whole": WHOLE, "healthy": HEALTHY,
    "empty": EMPTY,
}  # fmt: skip
