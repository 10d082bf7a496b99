"""What a door of the package expects, and one way of refusing everything else: a `ValueError`.

A door is what people call: metrics, data, the zoo, figures, constructors, the public methods of models. It looks at
its arguments before it does anything, and says what it got, what it expected, and what to do. Inner layers and losses
do not look: there a NaN passes on, and no GPU waits. `door` stands above a function; its checks can be called alone.
"""

from gmcourse.expect.doors import door, drawing, fields
from gmcourse.expect.tensors import batch_of, cholesky, one_dtype, pictures, plain, same_device, same_shape, tensor
from gmcourse.expect.values import described, device, function, instance, number, one_of, path, refuse, whole
