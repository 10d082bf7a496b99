"""Jupyter Book's command in this interpreter: its package has no `__main__` of its own."""

from jupyter_book.cli.main import main

if __name__ == "__main__":
    main()
