"""The colours: Okabe and Ito's eight, which people with any colour vision can tell apart.

Always pair a colour with a second sign (a label, a marker, a line style): print and projectors lose colour.
"""

from matplotlib.colors import LinearSegmentedColormap

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
PINK = "#CC79A7"
SKY = "#56B4E9"
VERMILION = "#D55E00"
GREY = "#6E7781"
INK = "#1B2733"
PAPER = "#FFFFFF"

CYCLE = (BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, GREY)

# Ten classes need ten colours; these are spread in lightness as well as in hue.
CLASSES = (BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, "#8C6D31", GREY, "#B8A800", INK)

# A density: paper to deep blue, steadily darker, so that it survives a grey print.
DENSITY = LinearSegmentedColormap.from_list("density", [PAPER, "#CFE3F1", "#7FB5DA", BLUE, "#073B5C"])
# A signed quantity: two hues that no kind of colour blindness confuses, paper at zero.
_SIGNED = ["#7A2E00", VERMILION, "#F6D3BD", PAPER, "#CFE3F1", BLUE, "#073B5C"]
SIGNED = LinearSegmentedColormap.from_list("signed", _SIGNED)
