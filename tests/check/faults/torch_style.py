"""PyTorch: functions with a backward of their own, and modules that lose a gradient."""

from importlib.util import find_spec

from check.faults.case import Family, normal

family = Family("torch", style="torch", needs="torch")
wrong, right = family.wrong, family.right

if find_spec("torch"):
    import torch
    from torch import nn
    from torch.autograd import Function


def double(seed, *shape):
    return torch.tensor(normal(seed, *shape))


@wrong("Sigmoid", ("x", "input"), "derivative_at_input")
def the_input_is_saved_for_a_formula_in_the_output():
    class Sigmoid(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 1 / (1 + torch.exp(-x))

        @staticmethod
        def backward(ctx, grad_output):
            (y,) = ctx.saved_tensors
            return grad_output * y * (1 - y)

    return Sigmoid, (double(1, 4, 3),), {}


@wrong("MyReLU", ("input", "x"), "mask_reversed")
def the_positive_ones_are_zeroed():
    class MyReLU(Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input > 0] = 0
            return grad_input

    return MyReLU, (double(2, 4, 3),), {}


@wrong("LinearFunction", ("weight", "w"), "transposed")
def the_weight_is_out_by_in():
    class LinearFunction(Function):
        @staticmethod
        def forward(ctx, x, weight, bias):
            ctx.save_for_backward(x, weight)
            return x @ weight.t() + bias

        @staticmethod
        def backward(ctx, grad_output):
            x, weight = ctx.saved_tensors
            return grad_output @ weight, x.t() @ grad_output, grad_output.sum(0)

    return LinearFunction, (double(3, 5, 3), double(4, 3, 3), double(5, 3)), {}


@wrong("LinearFunction", "bias", "batch_size", "mean_for_sum")
def the_bias_gradient_is_a_mean():
    class LinearFunction(Function):
        @staticmethod
        def forward(ctx, x, weight, bias):
            ctx.save_for_backward(x, weight)
            return x @ weight.t() + bias

        @staticmethod
        def backward(ctx, grad_output):
            x, weight = ctx.saved_tensors
            return grad_output @ weight, grad_output.t() @ x, grad_output.mean(0)

    return LinearFunction, (double(6, 6, 3), double(7, 4, 3), double(8, 4)), {}


@wrong("Swish", "x", "dropped_use", "local_derivative")
def only_one_use_of_x():
    class Swish(Function):
        @staticmethod
        def forward(ctx, x):
            s = torch.sigmoid(x)
            ctx.save_for_backward(s)
            return x * s

        @staticmethod
        def backward(ctx, grad_output):
            (s,) = ctx.saved_tensors
            return grad_output * s

    return Swish, (double(9, 4, 3),), {}


@wrong("MulFunction", ("a", "b"), "swapped_inputs")
def the_factors_are_exchanged():
    class MulFunction(Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, grad_output):
            a, b = ctx.saved_tensors
            return grad_output * a, grad_output * b

    return MulFunction, (double(10, 4), double(11, 4)), {}


@wrong("Square", "x", "dout_ignored")
def grad_output_is_not_used():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return 2 * x

    return Square, (double(12, 4, 2),), {}


@wrong("Scale", "k", "missing")
def none_for_a_tensor_that_has_a_gradient():
    class Scale(Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.save_for_backward(x, k)
            return x * k

        @staticmethod
        def backward(ctx, grad_output):
            _, k = ctx.saved_tensors
            return grad_output * k, None

    return Scale, (double(13, 4, 2), double(14, 4, 2)), {}


@wrong("Gate", None, "dropped_use", "missing")
def a_module_detaches_its_gate():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            generator = torch.Generator().manual_seed(15)
            self.value, self.gate = nn.Linear(4, 3), nn.Linear(4, 3)
            for p in self.parameters():
                p.data = torch.randn(p.shape, generator=generator)
            self.double()

        def forward(self, x):
            return self.value(x) * torch.sigmoid(self.gate(x)).detach()

    return Gate(), (double(16, 5, 4),), {}


@wrong("Act (act)", None, "factor", style="torch")
def a_wrong_function_within_a_module():
    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return grad_output * x**2

    class Act(nn.Module):
        def forward(self, x):
            return Cube.apply(x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            generator = torch.Generator().manual_seed(17)
            self.fc1, self.act, self.fc2 = nn.Linear(4, 3), Act(), nn.Linear(3, 2)
            for p in self.parameters():
                p.data = torch.randn(p.shape, generator=generator)
            self.double()

        def forward(self, x):
            return self.fc2(self.act(self.fc1(x)))

    return Net(), (double(18, 5, 4),), {}


# Healthy


@right()
def a_function_with_its_own_backward():
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad_output):
            (y,) = ctx.saved_tensors
            return grad_output * y

    return Exp, (double(51, 4, 3),), {}


@right()
def clamped_exactly_at_the_limit():
    class Clamp(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(-1, 1)

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return grad_output * ((x >= -1) & (x <= 1))

    return Clamp, (torch.tensor([-2.0, -1.0, 0.0, 1.0, 3.0], dtype=torch.float64),), {}


@right()
def none_for_an_option():
    class Scaled(Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.k = k
            return x * k

        @staticmethod
        def backward(ctx, grad_output):
            return grad_output * ctx.k, None

    return Scaled, (double(52, 4, 3), 3), {}


@right()
def a_module_with_dropout_and_batch_norm():
    generator = torch.Generator().manual_seed(53)
    net = nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 2)
    )
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=generator)
    return net.double(), (double(54, 7, 4),), {}


@right()
def a_module_in_single_precision():
    generator = torch.Generator().manual_seed(55)
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=generator)
    return net, (double(56, 6, 4).float(),), {}


CASES = family.cases
