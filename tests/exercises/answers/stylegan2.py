"""Answers to the exercises of chapter 09."""

from tests.exercises.answers import right, wrong


def _penalty(
    lengths: str, value: str = "(lengths - a).square().mean()", move: str = "", keep: str = "a.detach()"
) -> str:
    return f"""
        def penalty(gradients, a, decay):
            squares = gradients.square().sum(2)
            lengths, old = {lengths}, a
            a = {move or "a + decay * (lengths.mean() - a)"}
            return {value}, {keep}
        """


_RIGHT = "squares.mean(0).sqrt()"


_LONG = "It is what I saw, and this goes on until it has words enough to be a reason for whoever reads it."


def _published(chosen: str, why: str = _LONG) -> str:
    return f'chosen = {chosen}\nwhy = "{why}"'


ANSWERS = [
    # 1 · adain
    wrong(
        "adain",
        "the unbiased variance",
        """
        def adain(x, scale, shift):
            mean, std = x.mean((2, 3), keepdim=True), (x.var((2, 3), keepdim=True) + 1e-8).sqrt()
            return scale[:, :, None, None] * (x - mean) / std + shift[:, :, None, None]
        """,
        expects="pixels minus one",
    ),
    wrong(
        "adain",
        "batch normalisation",
        """
        def adain(x, scale, shift):
            normal = F.batch_norm(x, None, None, training=True, eps=1e-8)
            return scale[:, :, None, None] * normal + shift[:, :, None, None]
        """,
        expects="each picture has its own",
    ),
    wrong(
        "adain",
        "layer normalisation",
        """
        def adain(x, scale, shift):
            normal = F.layer_norm(x, x.shape[1:], eps=1e-8)
            return scale[:, :, None, None] * normal + shift[:, :, None, None]
        """,
        expects="each map has its own",
    ),
    wrong(
        "adain",
        "divided by the variance",
        """
        def adain(x, scale, shift):
            variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
            return scale[:, :, None, None] * (x - mean) / (variance + 1e-8) + shift[:, :, None, None]
        """,
        expects="its root, the deviation",
    ),
    wrong(
        "adain",
        "shift before scale",
        """
        def adain(x, scale, shift):
            return (F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]) * scale[:, :, None, None]
        """,
        expects="shift is multiplied by the scale",
    ),
    wrong(
        "adain",
        "scale and shift swapped",
        """
        def adain(x, shift, scale):
            return scale[:, :, None, None] * F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]
        """,
        expects="swapped",
    ),
    wrong(
        "adain",
        "the scale as StyleGAN's code has it",
        """
        def adain(x, scale, shift):
            return (1 + scale[:, :, None, None]) * F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]
        """,
        expects="1 + scale",
    ),
    wrong(
        "adain",
        "no ε",
        """
        def adain(x, scale, shift):
            variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
            return scale[:, :, None, None] * (x - mean) / variance.sqrt() + shift[:, :, None, None]
        """,
        expects="ε is missing",
    ),
    wrong(
        "adain",
        "statistics without a gradient",
        """
        def adain(x, scale, shift):
            variance, mean = torch.var_mean(x.detach(), (2, 3), correction=0, keepdim=True)
            return scale[:, :, None, None] * (x - mean) / (variance + 1e-8).sqrt() + shift[:, :, None, None]
        """,
        expects="detached",
    ),
    wrong(
        "adain",
        "ε outside the root",
        """
        def adain(x, scale, shift):
            std, mean = torch.std_mean(x, (2, 3), correction=0, keepdim=True)
            return scale[:, :, None, None] * (x - mean) / (std + 1e-8) + shift[:, :, None, None]
        """,
        expects="ε = 10⁻⁸ stands below the root",
    ),
    wrong(
        "adain",
        "torch's own ε",
        """
        def adain(x, scale, shift):
            return scale[:, :, None, None] * F.instance_norm(x, eps=1e-7) + shift[:, :, None, None]
        """,
        expects="ε = 10⁻⁸ stands below the root",
    ),
    wrong(
        "adain",
        "a scale without a gradient",
        """
        def adain(x, scale, shift):
            return scale.detach()[:, :, None, None] * F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]
        """,
        expects="`scale`",
    ),
    wrong(
        "adain",
        "a shift without a gradient",
        """
        def adain(x, scale, shift):
            return scale[:, :, None, None] * F.instance_norm(x, eps=1e-8) + shift.detach()[:, :, None, None]
        """,
        expects="`shift`",
    ),
    wrong(
        "adain",
        "the style of the first picture",
        """
        def adain(x, scale, shift):
            return scale[0][:, None, None] * F.instance_norm(x, eps=1e-8) + shift[0][:, None, None]
        """,
        expects="style of the first picture",
    ),
    wrong(
        "adain",
        "not centred",
        """
        def adain(x, scale, shift):
            deviation = (x.var((2, 3), correction=0, keepdim=True) + 1e-8).sqrt()
            return scale[:, :, None, None] * x / deviation + shift[:, :, None, None]
        """,
        expects="mean is not subtracted",
    ),
    wrong(
        "adain",
        "written over the input",
        """
        def adain(x, scale, shift):
            with torch.no_grad():
                x -= x.mean((2, 3), keepdim=True)
            return scale[:, :, None, None] * F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]
        """,
        expects="writes to its input",
    ),
    right(
        "adain",
        "torch's instance norm",
        """
        def adain(x, scale, shift):
            return scale[:, :, None, None] * F.instance_norm(x, eps=1e-8) + shift[:, :, None, None]
        """,
    ),
    right(
        "adain",
        "maps as rows",
        """
        def adain(x, scale, shift):
            rows = x.flatten(2)
            centred = rows - rows.mean(2, keepdim=True)
            deviation = (centred.square().mean(2, keepdim=True) + 1e-8).sqrt()
            return (scale[..., None] * centred / deviation + shift[..., None]).reshape(x.shape)
        """,
    ),
    right(
        "adain",
        "picture by picture, map by map",
        """
        def adain(x, scale, shift):
            def one(map_, a, b):
                return a * (map_ - map_.mean()) / (map_.var(correction=0) + 1e-8).sqrt() + b

            return torch.stack([
                torch.stack([one(*each) for each in zip(*picture)]) for picture in zip(x, scale, shift)
            ])
        """,
    ),
    # 2 · modulated_conv
    wrong(
        "modulated_conv",
        "not demodulated",
        """
        def modulated_conv(x, weight, styles):
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1)
        """,
        expects="not demodulated",
    ),
    wrong(
        "modulated_conv",
        "the norm of the unmodulated weights",
        """
        def modulated_conv(x, weight, styles):
            norms = (weight.square().sum((1, 2, 3)) + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[None, :, None, None]
        """,
        expects="before the style",
    ),
    wrong(
        "modulated_conv",
        "the style forgotten",
        """
        def modulated_conv(x, weight, styles):
            norms = (weight.square().sum((1, 2, 3)) + 1e-8).sqrt()
            return F.conv2d(x, weight, padding=1) / norms[None, :, None, None]
        """,
        expects="styles are missing",
    ),
    wrong(
        "modulated_conv",
        "no root",
        """
        def modulated_conv(x, weight, styles):
            squares = styles.square() @ weight.square().sum((2, 3)).T + 1e-8
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / squares[:, :, None, None]
        """,
        expects="its root is wanted",
    ),
    wrong(
        "modulated_conv",
        "multiplied",
        """
        def modulated_conv(x, weight, styles):
            norms = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) * norms[:, :, None, None]
        """,
        expects="must be divided",
    ),
    wrong(
        "modulated_conv",
        "a mean for the sum",
        """
        def modulated_conv(x, weight, styles):
            each = weight[None] * styles[:, None, :, None, None]
            norms = (each.square().mean((2, 3, 4)) + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="their sum is wanted",
    ),
    wrong(
        "modulated_conv",
        "one norm a picture",
        """
        def modulated_conv(x, weight, styles):
            each = weight[None] * styles[:, None, :, None, None]
            norms = (each.square().sum((1, 2, 3, 4)) + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, None, None, None]
        """,
        expects="each output map has its own",
    ),
    wrong(
        "modulated_conv",
        "instance normalisation again",
        """
        def modulated_conv(x, weight, styles):
            out = F.conv2d(x * styles[:, :, None, None], weight, padding=1)
            return out / (out.var((2, 3), correction=0, keepdim=True) + 1e-8).sqrt()
        """,
        expects="weights only",
    ),
    wrong(
        "modulated_conv",
        "the first picture's weights for all",
        """
        def modulated_conv(x, weight, styles):
            each = weight * styles[0][None, :, None, None]
            each = each / (each.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
            return F.conv2d(x, each, padding=1)
        """,
        expects="first picture are used for all",
    ),
    wrong(
        "modulated_conv",
        "no border",
        """
        def modulated_conv(x, weight, styles):
            norms = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight) / norms[:, :, None, None]
        """,
        expects="zeros at the border",
    ),
    wrong(
        "modulated_conv",
        "a norm without gradient",
        """
        def modulated_conv(x, weight, styles):
            with torch.no_grad():
                norms = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="detached",
    ),
    wrong(
        "modulated_conv",
        "no ε",
        """
        def modulated_conv(x, weight, styles):
            norms = (styles.square() @ weight.square().sum((2, 3)).T).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="ε is missing",
    ),
    wrong(
        "modulated_conv",
        "ε outside the root",
        """
        def modulated_conv(x, weight, styles):
            norms = (styles.square() @ weight.square().sum((2, 3)).T).sqrt() + 1e-8
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="ε = 10⁻⁸ stands below the root",
    ),
    wrong(
        "modulated_conv",
        "styles detached",
        """
        def modulated_conv(x, weight, styles):
            s = styles.detach()
            norms = (s.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * s[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="`styles`",
    ),
    wrong(
        "modulated_conv",
        "flipped",
        """
        def modulated_conv(x, weight, styles):
            weight = weight.flip(2, 3)
            norms = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / norms[:, :, None, None]
        """,
        expects="flipped",
    ),
    wrong(
        "modulated_conv",
        "another border",
        """
        def modulated_conv(x, weight, styles):
            norms = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            x = F.pad(x * styles[:, :, None, None], (1, 1, 1, 1), mode="reflect")
            return F.conv2d(x, weight) / norms[:, :, None, None]
        """,
        expects="border is mirrored",
    ),
    right(
        "modulated_conv",
        "one group a picture",
        """
        def modulated_conv(x, weight, styles):
            batch, _, height, width = x.shape
            each = weight[None] * styles[:, None, :, None, None]
            each = each * (each.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
            out = F.conv2d(x.reshape(1, -1, height, width), each.flatten(0, 1), padding=1, groups=batch)
            return out.reshape(batch, -1, height, width)
        """,
    ),
    right(
        "modulated_conv",
        "a loop over pictures",
        """
        def modulated_conv(x, weight, styles):
            found = []
            for picture, style in zip(x, styles):
                own = weight * style.reshape(1, -1, 1, 1)
                own = own / torch.sqrt((own**2).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
                found.append(F.conv2d(picture[None], own, padding=1))
            return torch.cat(found)
        """,
    ),
    right(
        "modulated_conv",
        "patches and einsum",
        """
        def modulated_conv(x, weight, styles):
            each = torch.einsum("oikl,bi->boikl", weight, styles)
            each = each / (torch.einsum("boikl,boikl->bo", each, each) + 1e-8).sqrt()[..., None, None, None]
            patches = F.unfold(x, 3, padding=1)
            return torch.einsum("bop,bpn->bon", each.flatten(2), patches).reshape(len(x), -1, *x.shape[2:])
        """,
    ),
    # 3 · lazy
    wrong(
        "lazy",
        "the penalty left as it was",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma, lr * c, beta1**c, beta2**c
        """,
        expects="k times as strong",
    ),
    wrong(
        "lazy",
        "divided",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma / k, lr * c, beta1**c, beta2**c
        """,
        expects="must be stronger",
    ),
    wrong(
        "lazy",
        "only the weight",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            return gamma * k, lr, beta1, beta2
        """,
        expects="it is unchanged; there is a step more",
    ),
    wrong(
        "lazy",
        "c upside down",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = (k + 1) / k
            return gamma * k, lr * c, beta1**c, beta2**c
        """,
        expects="upside down",
    ),
    wrong(
        "lazy",
        "β times c",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * k, lr * c, beta1 * c, beta2 * c
        """,
        expects="raised to the power c",
    ),
    wrong(
        "lazy",
        "the β untouched",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            return gamma * k, lr * k / (k + 1), beta1, beta2
        """,
        expects="β₁: it is unchanged",
    ),
    wrong(
        "lazy",
        "one off",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = (k - 1) / k
            return gamma * k, lr * c, beta1**c, beta2**c
        """,
        expects="not (k − 1)/k",
    ),
    wrong(
        "lazy",
        "the example by heart",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            return 160.0, 0.0018824, 0.0, 0.990585
        """,
        expects="numbers of the example",
    ),
    wrong(
        "lazy",
        "k + 1",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * (k + 1), lr * c, beta1**c, beta2**c
        """,
        expects="multiplied by k + 1",
    ),
    wrong(
        "lazy",
        "c everywhere",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * k * c, lr * c, beta1**c, beta2**c
        """,
        expects="corrected by c as well",
    ),
    wrong(
        "lazy",
        "1 − β",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * k, lr * c, 1 - (1 - beta1) * c, 1 - (1 - beta2) * c
        """,
        expects="1 − β is corrected",
    ),
    wrong(
        "lazy",
        "the rate to the power c",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * k, lr**c, beta1**c, beta2**c
        """,
        expects="only the two β are",
    ),
    wrong(
        "lazy",
        "β swapped",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = k / (k + 1)
            return gamma * k, lr * c, beta2**c, beta1**c
        """,
        expects="swapped",
    ),
    wrong(
        "lazy",
        "sixteen by heart",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = 16 / 17
            return gamma * 16, lr * c, beta1**c, beta2**c
        """,
        expects="16 is the example's k",
    ),
    wrong(
        "lazy",
        "three numbers",
        "def lazy(gamma, lr, beta1, beta2, k):\n    return gamma * k, lr, (beta1, beta2)",
        expects="four things",
    ),
    right(
        "lazy",
        "NumPy",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            import numpy as np
            return np.concatenate([[gamma * k, lr * k / (k + 1)], np.array([beta1, beta2]) ** (k / (k + 1))])
        """,
    ),
    right(
        "lazy",
        "logarithms",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = 1 - 1 / (k + 1)
            remember = lambda beta: math.exp(c * math.log(beta)) if beta else 0.0
            return k * gamma, c * lr, remember(beta1), remember(beta2)
        """,
    ),
    right(
        "lazy",
        "roots",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            betas = [(beta**k) ** (1 / (k + 1)) for beta in (beta1, beta2)]
            return [gamma * k, lr - lr / (k + 1), *betas]
        """,
    ),
    right(
        "lazy",
        "tensors",
        """
        def lazy(gamma, lr, beta1, beta2, k):
            c = torch.tensor(k, dtype=torch.float64) / (k + 1)
            return gamma * k, lr * c, torch.pow(beta1, c), torch.pow(beta2, c)
        """,
    ),
    # 4 · path_lengths
    wrong(
        "path_lengths",
        "the noise undivided",
        """
        def path_lengths(images, ws, noise):
            (gradient,) = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="not divided by √(HW)",
    ),
    wrong(
        "path_lengths",
        "divided twice",
        """
        def path_lengths(images, ws, noise):
            y = noise / (images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="its root is wanted",
    ),
    wrong(
        "path_lengths",
        "channels counted",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images[0].numel())
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="channels do not count",
    ),
    wrong(
        "path_lengths",
        "layers summed",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.flatten(1).norm(dim=1)
        """,
        expects="their mean is wanted",
    ),
    wrong(
        "path_lengths",
        "no root",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1)
        """,
        expects="root is missing",
    ),
    wrong(
        "path_lengths",
        "root first",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.norm(dim=2).mean(1)
        """,
        expects="before the mean over layers",
    ),
    wrong(
        "path_lengths",
        "averaged over the batch",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt().mean()
        """,
        expects="averaged over everything",
    ),
    wrong(
        "path_lengths",
        "the graph thrown away",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, retain_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="no gradient",
    ),
    wrong(
        "path_lengths",
        "its own noise",
        """
        def path_lengths(images, ws, noise):
            y = torch.randn_like(noise) / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="length",
    ),
    wrong(
        "path_lengths",
        "a square picture",
        """
        def path_lengths(images, ws, noise):
            (gradient,) = torch.autograd.grad((images * noise / images.shape[2]).sum(), ws, create_graph=True)
            return gradient.square().sum(2).mean(1).sqrt()
        """,
        expects="H and W differ",
    ),
    wrong(
        "path_lengths",
        "through backward",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (images * y).sum().backward(create_graph=True)
            return ws.grad.square().sum(2).mean(1).sqrt()
        """,
        expects="leaves a gradient",
    ),
    wrong(
        "path_lengths",
        "absolute values",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.abs().sum(2).mean(1)
        """,
        expects="absolute values",
    ),
    wrong(
        "path_lengths",
        "one a layer",
        """
        def path_lengths(images, ws, noise):
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return gradient.norm(dim=2)
        """,
        expects="not averaged over the layers",
    ),
    right(
        "path_lengths",
        "grad_outputs",
        """
        def path_lengths(images, ws, noise):
            height, width = images.shape[-2:]
            gradient = torch.autograd.grad(
                images, ws, grad_outputs=noise / (height * width) ** 0.5, create_graph=True
            )[0]
            return torch.sqrt((gradient**2).sum(-1).mean(-1))
        """,
    ),
    right(
        "path_lengths",
        "divided at the end",
        """
        def path_lengths(images, ws, noise):
            gradient = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)[0]
            scale = images.shape[2] * images.shape[3] * ws.shape[1]
            return gradient.flatten(1).norm(dim=1) / math.sqrt(scale)
        """,
    ),
    right(
        "path_lengths",
        "einsum",
        """
        def path_lengths(images, ws, noise):
            y = noise * (images.shape[2] * images.shape[3]) ** -0.5
            inner = torch.einsum("bchw,bchw->", images, y)
            gradient = torch.autograd.grad(inner, ws, create_graph=True)[0]
            return (torch.einsum("bld,bld->b", gradient, gradient) / gradient.shape[1]) ** 0.5
        """,
    ),
    # 5 · truncate
    wrong(
        "truncate",
        "every layer",
        """
        def truncate(ws, mean, psi, cutoff):
            return mean + psi * (ws - mean)
        """,
        expects="only the first `cutoff` are",
    ),
    wrong(
        "truncate",
        "the last layers",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([ws[:, :cutoff], torch.lerp(mean.expand_as(ws), ws, psi)[:, cutoff:]], 1)
        """,
        expects="must be the first",
    ),
    wrong(
        "truncate",
        "towards zero",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([psi * ws[:, :cutoff], ws[:, cutoff:]], 1)
        """,
        expects="towards zero",
    ),
    wrong(
        "truncate",
        "ψ the wrong way round",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([ws[:, :cutoff] + psi * (mean - ws[:, :cutoff]), ws[:, cutoff:]], 1)
        """,
        expects="wrong way round",
    ),
    wrong(
        "truncate",
        "off by one",
        """
        def truncate(ws, mean, psi, cutoff):
            pulled = mean + psi * (ws[:, : cutoff + 1] - mean)
            return torch.cat([pulled, ws[:, cutoff + 1 :]], 1)
        """,
        expects="off by one",
    ),
    wrong(
        "truncate",
        "this batch's average",
        """
        def truncate(ws, mean, psi, cutoff):
            mean = ws.mean((0, 1))
            return torch.cat([mean + psi * (ws[:, :cutoff] - mean), ws[:, cutoff:]], 1)
        """,
        expects="average of this batch",
    ),
    wrong(
        "truncate",
        "the average forgotten",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([psi * (ws[:, :cutoff] - mean), ws[:, cutoff:]], 1)
        """,
        expects="not added again",
    ),
    wrong(
        "truncate",
        "in place",
        """
        def truncate(ws, mean, psi, cutoff):
            ws[:, :cutoff] = mean + psi * (ws[:, :cutoff] - mean)
            return ws
        """,
        expects="writes to its input",
    ),
    wrong(
        "truncate",
        "the rest lost",
        """
        def truncate(ws, mean, psi, cutoff):
            return mean + psi * (ws[:, :cutoff] - mean)
        """,
        expects="others belong there too",
    ),
    wrong(
        "truncate",
        "nothing done",
        "def truncate(ws, mean, psi, cutoff):\n    return ws",
        expects="left as it was",
    ),
    wrong(
        "truncate",
        "added only",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([mean + psi * ws[:, :cutoff], ws[:, cutoff:]], 1)
        """,
        expects="not subtracted before",
    ),
    wrong(
        "truncate",
        "pictures for layers",
        """
        def truncate(ws, mean, psi, cutoff):
            return torch.cat([mean + psi * (ws[:cutoff] - mean), ws[cutoff:]])
        """,
        expects="first pictures",
    ),
    right(
        "truncate",
        "NumPy",
        """
        def truncate(ws, mean, psi, cutoff):
            out, mean = ws.numpy().copy(), mean.numpy()
            out[:, :cutoff] += (1 - psi) * (mean - out[:, :cutoff])
            return out
        """,
    ),
    right(
        "truncate",
        "lists",
        """
        def truncate(ws, mean, psi, cutoff):
            pulled = mean + psi * (ws - mean)
            return [[list(map(float, (p if i < cutoff else w))) for i, (p, w) in enumerate(zip(*each))]
                    for each in zip(pulled, ws)]
        """,
    ),
    right(
        "truncate",
        "a clone",
        """
        def truncate(ws, mean, psi, cutoff):
            out = ws.clone()
            out[:, :cutoff] = mean + psi * (ws[:, :cutoff] - mean)
            return out
        """,
    ),
    right(
        "truncate",
        "a ψ for each layer",
        """
        def truncate(ws, mean, psi, cutoff):
            each = torch.ones(ws.shape[1])
            each[:cutoff] = psi
            return mean + each[None, :, None] * (ws - mean)
        """,
    ),
    right(
        "truncate",
        "layer by layer",
        """
        def truncate(ws, mean, psi, cutoff):
            layers = [
                (1 - psi) * mean + psi * w if i < cutoff else w for i, w in enumerate(ws.unbind(1))
            ]
            return torch.stack(layers, dim=1)
        """,
    ),
    # 6 · penalty
    wrong("penalty", "only a cut off", _penalty("squares.mean(1).sqrt()"), expects="a is cut off now"),
    wrong("penalty", "only the axis", _penalty(_RIGHT, keep="a"), expects="memory grows"),
    wrong(
        "penalty",
        "averaged over everything",
        _penalty("squares.mean().sqrt()"),
        expects="one length for the whole",
    ),
    wrong(
        "penalty",
        "each layer by itself",
        _penalty("squares.sqrt()"),
        expects="first comes the mean over layers",
    ),
    wrong("penalty", "root first", _penalty("squares.sqrt().mean(0)"), expects="root is taken before"),
    wrong("penalty", "layers summed", _penalty("squares.sum(0).sqrt()"), expects="their mean is wanted"),
    wrong(
        "penalty",
        "the mean length",
        _penalty(_RIGHT, "(lengths.mean() - a).square()"),
        expects="the square comes first",
    ),
    wrong("penalty", "no root", _penalty("squares.mean(0)"), expects="squared lengths"),
    wrong(
        "penalty",
        "one number a picture",
        _penalty(_RIGHT, "(lengths - a).square()"),
        expects="not averaged",
    ),
    wrong(
        "penalty",
        "the sum",
        _penalty(_RIGHT, "(lengths - a).square().sum()"),
        expects="summed over the pictures",
    ),
    wrong("penalty", "no square", _penalty(_RIGHT, "(lengths - a).mean()"), expects="not squared"),
    wrong("penalty", "absolute", _penalty(_RIGHT, "(lengths - a).abs().mean()"), expects="absolute difference"),
    wrong(
        "penalty",
        "w's numbers averaged",
        _penalty("gradients.square().mean((0, 2)).sqrt()"),
        expects="their squares add up",
    ),
    wrong(
        "penalty",
        "the old a",
        _penalty(_RIGHT, "(lengths - old).square().mean()"),
        expects="the old a is used",
    ),
    wrong("penalty", "a not moved", _penalty(_RIGHT, move="a + 0 * lengths.mean()"), expects="old a is used"),
    wrong("penalty", "the old a returned", _penalty(_RIGHT, keep="old"), expects="left where it was"),
    wrong("penalty", "a jumps", _penalty(_RIGHT, move="lengths.mean()"), expects="stands for a"),
    wrong(
        "penalty",
        "decay for 1 − decay",
        _penalty(_RIGHT, move="decay * a + (1 - decay) * lengths.mean()"),
        expects="the wrong way round",
    ),
    wrong("penalty", "a single number", _penalty(_RIGHT).replace(", a.detach()", ""), expects="two things"),
    wrong("penalty", "detached", _penalty("squares.detach().mean(0).sqrt()"), expects="no gradient"),
    wrong(
        "penalty",
        "a cut off before the penalty",
        _penalty(_RIGHT, move="a + decay * (lengths.mean().detach() - a)"),
        expects="part of it is detached",
    ),
    right(
        "penalty",
        "pictures first",
        """
        def penalty(gradients, a, decay):
            lengths = gradients.transpose(0, 1).square().sum(2).mean(1).sqrt()
            new = torch.lerp(a, lengths.mean(), decay)
            return ((lengths - new) ** 2).mean(), new.item()
        """,
    ),
    right(
        "penalty",
        "a loss of torch",
        """
        def penalty(gradients, a, decay):
            lengths = (gradients**2).sum(-1).mean(0) ** 0.5
            a = (1 - decay) * a + decay * lengths.mean()
            return F.mse_loss(lengths, a.expand_as(lengths)), a.data
        """,
    ),
    right(
        "penalty",
        "a loop",
        """
        def penalty(gradients, a, decay):
            lengths = []
            for b in range(gradients.shape[1]):
                squares = [(layer[b] ** 2).sum() for layer in gradients]
                lengths.append(torch.sqrt(sum(squares) / len(squares)))
            a = a + decay * (sum(lengths) / len(lengths) - a)
            return sum((each - a) ** 2 for each in lengths) / len(lengths), float(a)
        """,
    ),
    # 7 · published
    wrong("published", "exchanged", _published('{"page": 1.0, "training": 0.6}'), expects="exchanged"),
    wrong(
        "published",
        "always one face",
        _published('{"page": 0.2, "training": 0.2}'),
        expects="less than a tenth",
    ),
    wrong("published", "one number", _published("0.7"), expects="a dictionary"),
    wrong("published", "one use", _published('{"page": 0.7}'), expects="a dictionary"),
    wrong("published", "percent", _published('{"page": 70, "training": 100}'), expects="ψ lies between"),
    wrong("published", "below zero", _published('{"page": -0.5, "training": 1.0}'), expects="ψ lies between"),
    wrong("published", "no reason", _published('{"page": 0.7, "training": 1.0}', "Nice."), expects="too short"),
    right("published", "two values", _published('{"page": 0.6, "training": 1.0}')),
    right("published", "one for both", _published('{"page": torch.tensor(1.0), "training": 1.0}')),
    right("published", "NumPy", _published('{"page": __import__("numpy").float64(0.75), "training": 0.95}')),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "adain",
        "the shift detached",
        """
        def adain(x, scale, shift):
            return (
                F.group_norm(x, x.shape[1], eps=1e-8) * scale[:, :, None, None]
                + shift[:, :, None, None].detach()
            )
        """,
        expects="`shift` is zero",
    ),
    wrong(
        "adain",
        "the deviation clamped",
        """
        def adain(x, scale, shift):
            v, m = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
            return (x - m) / v.sqrt().clamp(min=1e-3) * scale[:, :, None, None] + shift[
                :, :, None, None
            ]
        """,
        expects="faint map",
    ),
    right(
        "adain",
        "a group a map, float64",
        """
        def adain(x, scale, shift):
            b, c, h, w = x.shape
            return torch.addcmul(
                shift[..., None, None],
                F.group_norm(x.double(), c, eps=1e-8),
                scale[..., None, None].double(),
            )
        """,
    ),
    right(
        "adain",
        "mean of squares less square of the mean, float64",
        """
        def adain(x, scale, shift):
            d = x.double()
            m = d.mean((2, 3), True)
            v = d.square().mean((2, 3), True) - m * m
            return (
                torch.einsum("bchw,bc->bchw", (d - m) * torch.rsqrt(v + 1e-8), scale.double())
                + shift[..., None, None]
            )
        """,
    ),
    wrong(
        "modulated_conv",
        "styles normalised in place",
        """
        def modulated_conv(x, weight, styles):
            with torch.no_grad():
                styles /= styles.norm(dim=1, keepdim=True)
            n = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / n[:, :, None, None]
        """,
        expects="writes to its input",
    ),
    wrong(
        "modulated_conv",
        "weights detached in the norm",
        """
        def modulated_conv(x, weight, styles):
            n = (styles.square() @ weight.detach().square().sum((2, 3)).T + 1e-8).sqrt()
            return F.conv2d(x * styles[:, :, None, None], weight, padding=1) / n[:, :, None, None]
        """,
        expects="`weight` is wrong",
    ),
    wrong(
        "modulated_conv",
        "a border that goes round",
        """
        def modulated_conv(x, weight, styles):
            n = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).sqrt()
            return (
                F.conv2d(F.pad(x * styles[:, :, None, None], (1,) * 4, mode="circular"), weight)
                / n[:, :, None, None]
            )
        """,
        expects="border goes round",
    ),
    right(
        "modulated_conv",
        "vmap",
        """
        def modulated_conv(x, weight, styles):
            def one(x, s):
                w = weight * s[:, None, None]
                w = w * torch.rsqrt(w.pow(2).sum((1, 2, 3), keepdim=True) + 1e-8)
                return F.conv2d(x[None], w, padding="same")[0]

            return torch.vmap(one)(x, styles)
        """,
    ),
    right(
        "lazy",
        "a list",
        """
        def lazy(gamma, lr, b1, b2, k):
            c = 1 / (1 + 1 / k)
            return list(
                {
                    "g": k * gamma,
                    "lr": c * lr,
                    "b1": pow(b1, c),
                    "b2": math.exp(c * math.log(b2)),
                }.values()
            )
        """,
    ),
    wrong(
        "path_lengths",
        "noise divided in place",
        """
        def path_lengths(images, ws, noise):
            noise /= math.sqrt(images.shape[2] * images.shape[3])
            (g,) = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)
            return g.square().sum(2).mean(1).sqrt()
        """,
        expects="writes to its input",
    ),
    wrong(
        "path_lengths",
        "the flag left on the noise",
        """
        def path_lengths(images, ws, noise):
            noise.requires_grad_(True)
            y = noise / math.sqrt(images.shape[2] * images.shape[3])
            (g,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)
            return g.square().sum(2).mean(1).sqrt()
        """,
        expects="`requires_grad` changed",
    ),
    right(
        "path_lengths",
        "row by row",
        """
        def path_lengths(images, ws, noise):
            b, l, d = ws.shape
            y = noise / (images.shape[-1] * images.shape[-2]) ** 0.5
            out = []
            for i in range(b):
                (g,) = torch.autograd.grad((images[i] * y[i]).sum(), ws, create_graph=True)
                out.append(g[i].norm() / l**0.5)
            return torch.stack(out)
        """,
    ),
    wrong(
        "truncate",
        "written through a view",
        """
        def truncate(ws, mean, psi, cutoff):
            ws[:, :cutoff].sub_(mean).mul_(psi).add_(mean)
            return ws
        """,
        expects="writes to its input",
    ),
    wrong(
        "truncate",
        "the average overwritten",
        """
        def truncate(ws, mean, psi, cutoff):
            out = ws.clone()
            mean.mul_(1 - psi)
            out[:, :cutoff] = mean + psi * ws[:, :cutoff]
            return out
        """,
        expects="writes to its input",
    ),
    right(
        "truncate",
        "lerp, float64",
        """
        def truncate(ws, mean, psi, cutoff):
            w, m = ws.double(), mean.double()
            return torch.stack(
                [
                    torch.lerp(m.expand_as(w[:, i]), w[:, i], psi if i < cutoff else 1.0)
                    for i in range(w.shape[1])
                ],
                1,
            )
        """,
    ),
    wrong(
        "penalty",
        "a overwritten",
        """
        def penalty(gradients, a, decay):
            l = gradients.square().sum(2).mean(0).sqrt()
            new = a + decay * (l.mean() - a)
            a.copy_(new.detach())
            return (l - new).square().mean(), new.detach()
        """,
        expects="writes to its input",
    ),
    wrong(
        "penalty",
        "a kept between calls",
        """
        A_ = []

        def penalty(gradients, a, decay):
            a = A_[-1] if A_ else a
            l = gradients.square().sum(2).mean(0).sqrt()
            new = a + decay * (l.mean() - a)
            A_.append(new.detach())
            return (l - new).square().mean(), new.detach()
        """,
        expects="two calls",
    ),
    wrong(
        "penalty",
        "a without a gradient in the penalty",
        """
        def penalty(gradients, a, decay):
            l = gradients.square().sum(2).mean(0).sqrt()
            new = (a + decay * (l.mean() - a)).detach()
            return (l - new).square().mean(), new
        """,
        expects="`gradients` is wrong",
    ),
    right(
        "penalty",
        "a number for a",
        """
        def penalty(gradients, a, decay):
            l = torch.einsum("lbd,lbd->b", gradients, gradients).div(len(gradients)).sqrt()
            new = (1 - decay) * a + decay * l.mean()
            return torch.mean((l - new) ** 2), new.item()
        """,
    ),
    right(
        "penalty",
        "norms, NumPy for a",
        """
        def penalty(gradients, a, decay):
            l = gradients.norm(dim=(0, 2)) / gradients.shape[0] ** 0.5
            new = torch.lerp(a, l.mean(), decay)
            return torch.nn.functional.mse_loss(l, new.expand_as(l)), new.detach().numpy()
        """,
    ),
]
