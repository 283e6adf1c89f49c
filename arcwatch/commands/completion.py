"""``arcwatch completion``: a script that teaches a shell to complete arcwatch's commands.

Addresses come from the files of :mod:`arcwatch.engine.name_cache`, which the shell reads itself:
no program is started for them, and no server is asked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

_EPILOG = """\
Addresses are those that arcwatch saw the last time it was connected to the context.  In bash, those
with special characters, such as nats:orders.>, are completed within quotes.

examples:
  arcwatch completion bash > ~/.local/share/bash-completion/completions/arcwatch
  arcwatch completion zsh > "${fpath[1]}/_arcwatch"
"""

_FILE = """\
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/arcwatch/names"
  [ -d "$folder" ] || folder="$HOME/Library/Caches/arcwatch/names"
  local file="${context//[^[:alnum:]_@+-]/_}"
  file="$folder/${file:-.latest}"
  [ -r "$file" ] || return 0
"""

_AWK = 'index($0, ENVIRON["typed"]) == 1 { print substr($0, skip + 1); if (++n == 500) exit }'
"""Prints the addresses that begin with what is typed."""
_BASH_AWK = f'$0 !~ ENVIRON["obeyed"] && {_AWK}'
"""The same without those that bash would obey: it puts them on the line as they are."""

_BASH = f"""\
_arcwatch_names() {{
  local typed="${{COMP_LINE:0:COMP_POINT}}" context="${{ARCWATCH_CONTEXT:-}}" n skip
  typed="${{typed##*[ =]}}"
  local obeyed='[][$`"\\\\;&|<>(){{}}*?!~'"'"']'
  case "$typed" in
    \\"*) obeyed='[$`"\\\\!]' ;;
    \\'*) obeyed="'" ;;
  esac
  typed="${{typed#[\\"\\']}}"
  for (( n = 1; n < COMP_CWORD; n++ )); do
    [ "${{COMP_WORDS[n]}}" = --context ] && context="${{COMP_WORDS[n+1]}}"
  done
{_FILE}\
  # readline takes what follows a colon for a word of its own
  skip="${{typed%:*}}:"
  [ "$skip" = "$typed:" ] && skip=""
  typed="$typed" obeyed="$obeyed" LC_ALL=C awk -v skip="${{#skip}}" '{_BASH_AWK}' "$file"
}}
"""

_ZSH = f"""\
_arcwatch_names() {{
  local context="${{ARCWATCH_CONTEXT:-}}" typed="${{(Q)PREFIX}}"
  local -i at=${{words[(I)--context]}}
  (( at )) && context="${{words[at+1]}}"
{_FILE}\
  local -a found
  found=("${{(@f)$(typed="$typed" LC_ALL=C awk -v skip=0 '{_AWK}' "$file")}}")
  compadd -- $found
}}
"""

_FISH = """\
function _arcwatch_names
  set -l context $ARCWATCH_CONTEXT
  set -l words (commandline -opc)
  if set -l at (contains -i -- --context $words)
    set context $words[(math $at + 1)]
  end
  set -l folder "$XDG_CACHE_HOME/arcwatch/names"
  test -n "$XDG_CACHE_HOME"; or set folder "$HOME/.cache/arcwatch/names"
  test -d "$folder"; or set folder "$HOME/Library/Caches/arcwatch/names"
  set -l file "$folder/.latest"
  test -n "$context"; and set file "$folder/"(string replace -ra '[^\\w@+-]' _ -- $context)
  test -r "$file"; and head -n 5000 -- $file
end
"""

_NAMES: Mapping[str, str] = {
    "bash": "_arcwatch_names",
    "zsh": "_arcwatch_names",
    "fish": "(_arcwatch_names)",
}
_PREAMBLES: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    parser = args.every_verb()
    for action in _addressed(parser):
        # where shtab looks for it
        action.complete = _NAMES  # type: ignore[attr-defined]
    print(shtab.complete(parser, args.shell, preamble=_PREAMBLES.get(args.shell, "")))
    return 0


def _addressed(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _addressed(verb)
        elif action.dest in ("address", "addresses") or str(action.metavar).startswith("ADDRESS"):
            yield action
