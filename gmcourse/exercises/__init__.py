"""Exercises: the checks of each chapter, and what hands them out, judges them and grades a class.

A check takes what the learner wrote. It raises `NotDone` when nothing was written yet, `Mistake` when it is
wrong, and prints one line, always the same, when it is right.
"""
