"""``torch.nn.Module``: checked on a copy, layer by layer."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
nn = torch.nn

from backlit.check import check  # noqa: E402
from backlit.check.foreign import adapted, as_pair  # noqa: E402
from backlit.errors import TypeRefusedError  # noqa: E402


def checked(target, *inputs, loss=None, **options):
    target, inputs, loss = adapted(target, inputs, loss)
    return check(target, *inputs, loss=loss, **options)


class WrongSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x


class Squares(nn.Module):
    def forward(self, x):
        return WrongSquare.apply(x)


class Residual(nn.Module):
    def __init__(self, size, inner):
        super().__init__()
        self.linear, self.inner = nn.Linear(size, size), inner

    def forward(self, x):
        return x + self.inner(self.linear(x))


def net(middle):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(4, 3), nn.ReLU(inplace=True), nn.Dropout(0.4), nn.BatchNorm1d(3),
        Residual(3, middle), nn.Dropout(0.2), nn.Linear(3, 2),
    )  # fmt: skip


X = torch.tensor(np.random.default_rng(1).standard_normal((6, 4)), dtype=torch.float32)
T = torch.tensor([0, 1, 1, 0, 1, 0])


def test_a_healthy_net_passes_and_is_left_bit_for_bit():
    whole = net(nn.GELU())
    whole[0].requires_grad_(requires_grad=False)
    whole[6].eval()
    before = {key: value.clone() for key, value in whole.state_dict().items()}
    modes = [each.training for each in whole.modules()]
    state = torch.get_rng_state()
    report = checked(whole, X)
    report.assert_ok()
    assert not any("(0)" in row.layer for row in report.rows)  # frozen
    after = whole.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in before)
    assert all(after[key].dtype == before[key].dtype for key in before)
    assert [each.training for each in whole.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in whole.parameters())


@pytest.mark.parametrize("loss", [None, nn.functional.cross_entropy, nn.CrossEntropyLoss()])
def test_the_layer_at_fault_is_named(loss):
    inputs = (X,) if loss is None else (X, T)
    checked(net(nn.Tanh()), *inputs, loss=loss).assert_ok()
    report = checked(net(Squares()), *inputs, loss=loss)
    assert {fault.layer for fault in report.faults} == {"Squares (4.inner)"}


def test_the_net_itself_is_named_where_the_function_is_in_its_own_forward():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x):
            return WrongSquare.apply(self.fc(x))

    report = checked(Net(), X)
    assert not report.ok
    assert {fault.layer for fault in report.faults} == {"Net"}


def test_layers_have_their_parameters_and_add_up_to_torchs_gradients():
    whole = net(nn.Tanh()).double()
    pair = as_pair(whole, (X,))
    y = pair.forward(*pair.given)
    dx = pair.backward(np.ones_like(y))
    again = as_pair(whole, (X,)).module
    x = X.double().requires_grad_()
    with torch.random.fork_rng():
        again(x).sum().backward()
    np.testing.assert_allclose(dx, x.grad.numpy(), atol=1e-12)
    inner = vars(vars(pair)["4"])["linear"]
    assert inner.weight.dtype == np.float64
    np.testing.assert_allclose(inner.dweight, again[4].linear.weight.grad.numpy(), atol=1e-12)
    inner.weight[0, 0] += 1.0
    assert not np.allclose(pair.forward(*pair.given), y)


def test_tied_weights_shared_layers_tuples_and_integers():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.gru = nn.Embedding(5, 3), nn.GRU(3, 3, batch_first=True)
            self.mix = nn.Linear(3, 3)
            self.out = nn.Linear(3, 5, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, ids):
            h, _ = self.gru(self.embed(ids))
            h = torch.tanh(self.mix(self.mix(h)))
            return self.out(h) + nn.functional.linear(h, self.embed.weight)

    report = checked(Tied(), torch.tensor([[0, 1, 2], [3, 4, 1]]))
    report.assert_ok()
    tensors = {row.tensor for row in report.rows}
    assert {"embed.weight", "gru.weight_ih_l0", "mix.weight"} <= tensors
    assert "out.weight" not in tensors


def test_weights_that_the_net_uses_beside_their_layer():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            return self.fc(x) @ self.fc.weight

    checked(Beside(), X).assert_ok()


def test_a_copy_in_float64_is_made_of_what_keeps_results():
    class Keeps(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.seen = nn.Linear(4, 2), []

        def forward(self, x):
            self.last = self.fc(x)
            self.seen.append(self.last)
            return self.last + torch.ones(2)  # the default dtype, which is float64 meanwhile

    whole = Keeps()
    whole(X)
    checked(whole, X).assert_ok()
    assert len(whole.seen) == 1


def test_what_a_module_raises_is_a_fault():
    report = checked(nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 3)), X)
    assert "shapes cannot be multiplied" in report.faults[0].message


def test_refusals():
    with pytest.raises(TypeRefusedError, match="is a class; pass a module"):
        as_pair(nn.Linear, (X,))
    with pytest.raises(TypeRefusedError, match="can't be checked"):
        as_pair(torch.ones(3), (X,))
    whole = nn.Linear(4, 2)
    whole.handle = (i for i in range(3))
    with pytest.raises(TypeRefusedError, match="can't be copied"):
        as_pair(whole, (X,))
