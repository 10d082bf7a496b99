"""The HTML around the slides of a deck: what `tools/deck.py` fills in."""

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · slides</title>
<link rel="icon" href="../_static/favicon.svg">
<link rel="stylesheet" href="../_static/vendor/reveal/reveal.css">
<link rel="stylesheet" href="../_static/course.css">
<link rel="stylesheet" href="../_static/slides.css">
<link rel="stylesheet" href="../_static/vendor/katex/katex.min.css">
<script defer src="../_static/vendor/katex/katex.min.js"></script>
<script defer src="../_static/formulas.js"></script>
<script defer src="../_static/course.js"></script>
<script defer src="../_static/vendor/reveal/reveal.js"></script>
<script defer src="../_static/vendor/reveal/notes.js"></script>
<script defer src="../_static/slides.js"></script>
</head>
<body>
<main><div class="reveal"><div class="slides">
{sections}
</div></div></main>
</body>
</html>
"""
