"""What a door of the package expects, and one way of refusing everything else: a `ValueError`.

A door is what people call: metrics, data, the zoo, figures, constructors, the public methods of models. It looks at
its arguments before it does anything, and says what it got, what it expected, and what to do. Inner layers and losses
do not look: there a NaN passes on, and no GPU waits. `door` stands above a function; its checks can be called alone.
"""

from gmcourse.expect.checks import (
    batch_of,
    cholesky,
    described,
    device,
    factor,
    function,
    instance,
    number,
    one_of,
    path,
    pictures,
    refuse,
    same_device,
    same_shape,
    tensor,
    whole,
)
from gmcourse.expect.doors import door, drawing, fields
