# Without make: python tools/book.py build, and so on (see README.md).
ifeq ($(OS),Windows_NT)
PYTHON ?= python
else
PYTHON ?= python3
endif
PORT ?= 8000

.PHONY: book serve test lab teach notebooks bench clean

book:           ## build the site into _build/html
	@$(PYTHON) tools/book.py build

serve:          ## build it and open it on localhost:$(PORT)
	@$(PYTHON) tools/book.py serve --port $(PORT)

test:           ## run all tests; ARGS="tests/cells -x" are pytest's
	@$(PYTHON) tools/book.py test $(ARGS)

lab:            ## open the chapters in JupyterLab
	@$(PYTHON) tools/book.py lab $(ARGS)

teach:          ## build the book without its solutions into _build/teach
	@$(PYTHON) tools/book.py teach

notebooks:      ## write each chapter's .ipynb again from its .md
	@$(PYTHON) tools/book.py notebooks

bench:          ## measure speed beside other libraries; ARGS=--quick
	@$(firstword $(wildcard .venv/bin/python .venv/Scripts/python.exe) $(PYTHON)) \
	  benchmarks/bench.py $(ARGS)

clean:          ## remove what was built; .venv stays
	@$(PYTHON) tools/book.py clean
