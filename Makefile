# The two commands that matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export UV_NO_PROGRESS := 1

.PHONY: help demo test test-fast lint types bench lock clean

help: ## Lista os comandos
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: .venv/.demo ## Demonstração completa em http://campinas.localhost:$(PORT) (RESET=1 começa de novo)
	@$(BIN)/procon demo up --port $(PORT) $(if $(RESET),--reset) $(if $(TERRAFORM),--terraform)

test: .venv/.dev ## Todos os testes
	@$(BIN)/procon assets fetch
	@$(BIN)/pytest -m "not browser" -n 2 --dist loadfile
	@$(BIN)/pytest -m browser

test-fast: .venv/.dev ## Testes sem navegador
	@$(BIN)/procon assets fetch
	@$(BIN)/pytest -m "not browser" -n 2 --dist loadfile

lint: .venv/.dev ## Estilo, camadas, modelos de página e temas
	@$(BIN)/ruff check platform plugins tests bench
	@$(BIN)/ruff format --check platform plugins tests bench
	@$(BIN)/lint-imports
	@$(BIN)/procon tenant check
	@$(BIN)/procon theme check
	@$(BIN)/procon plugin check

types: .venv/.dev ## Tipos (mypy strict)
	@$(BIN)/mypy

bench: .venv/.dev ## Velocidade em relação a um piso, na mesma rodada
	@$(BIN)/python -m bench.web
	@$(BIN)/python -m bench.big
	@$(BIN)/python -m bench.letters
	@$(BIN)/python -m bench.autos

lock: .venv/.dev ## Refaz os arquivos de versões com hashes
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url --universal --python-version 3.11 --extra embedded pyproject.toml -o requirements/demo.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url --universal --python-version 3.11 --extra embedded --extra dev -c requirements/demo.txt pyproject.toml -o requirements/dev.txt

clean: ## Apaga o ambiente e os dados locais
	rm -rf .venv var

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "É preciso Python 3.11 ou mais novo. Indique um com: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "O Python não criou o ambiente .venv. No Debian e no Ubuntu, instale python3-venv."; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt

.venv/.demo: .venv/bin/uv requirements/demo.txt pyproject.toml
	@echo "Instalando o que a demonstração usa (uma vez)…"
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes -r requirements/demo.txt
	@$(BIN)/uv pip install -q -p $(BIN)/python --no-deps -e .
	@touch $@

.venv/.dev: .venv/.demo requirements/dev.txt
	@echo "Instalando o que os testes usam (uma vez)…"
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@
