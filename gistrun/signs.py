"""Signs by which failures of programs in any language are explained. Pure.

A language's own are in its `language.toml`.
"""

from __future__ import annotations

from gistrun.languages.symptom import Symptom

#: Said of a program to which nobody answers on its own machine: there is no other machine that could refuse.
NOBODY_ANSWERS = (
    "It tried to reach a server on its own machine, and none is running. A sandbox has no database or other service: "
    "have the program start what it needs, or do without."
)
_NO_NETWORK = (
    r"[Nn]ame or service not known|[Tt]emporary failure in name resolution|[Nn]etwork is unreachable"
    r"|[Cc]ould ?n[o']t resolve (?:host|proxy)|\bENETUNREACH\b|\bEAI_AGAIN\b|\bENOTFOUND\b|UnknownHostException"
    r"|no such host|getaddrinfo|dial tcp: lookup|dial (?:tcp|udp) (?!127\.|\[::1\]|localhost)\S"
)
_REFUSED = (
    r"[Cc]onnection refused|\bECONNREFUSED\b|\bConnectionRefused|[Cc]onnect call failed \('(?:127\.|::1)"
    r"|[Cc]ould ?n[o']t connect to server|[Ii]s the (?:\w{1,20} )?(?:server|daemon) running"
    r"|[Cc]an't connect to (?:local )?\w{1,20} server"
    # Where a name such as localhost has an address of IPv6 too, which a sandbox lacks. A program that wants to be a
    # server at the address of another machine is told the same, so those are left out.
    r"|\A(?![\s\S]*\b(?:bind|listen)\b)[\s\S]*?(?:\bEADDRNOTAVAIL\b|[Cc]an(?:no|')t assign requested address)"
)
_NEEDS_DISPLAY = (
    r"\$DISPLAY\b|[Cc](?:annot|an't|ould not|ouldn't) (?:open|connect to) (?:the )?display|HeadlessException"
    r"|No available video device|Qt platform plugin"
)

#: What may stand before a program's own words, such as "main.sh: " or "[ERROR] ". Not what a runtime says of an error
#: in the program: its words are much alike, and mean a call of a function.
_BEFORE = r"^\s{0,8}(?:(?![^\n:]{0,60}\w(?:Error|Exception)\b)[^\n:!\]]{1,60}[:!\]] ){0,2}"
_GIVEN = r"(?:given|supplied|provided|specified|passed|entered)"
_GIVE = r"(?:give|specify|provide|pass|supply)"
_ARGUMENT = r"(?:arguments?|args?|parameters?|operands?)"
_FILE = r"(?:(?:input |file|path)[ -]?)?(?:names?|files?|paths?|directory|folder|urls?)"
_ANY_OF = rf"(?:{_ARGUMENT}|{_FILE})"
_THING = r"(?:numbers?|values?|words?|options?|dates?|hosts?|ports?|input)"
_KIND = r"(?:(?:required|positional|mandatory|command[- ]line|input|file|enough) ){0,2}"
#: Of a function and not of the program, if this stands behind.
_NOT_OF_A_CALL = r"\b(?! ?[(:]| (?:to|for|in|on|of|passed to)\b)"
_ASKS = "|".join(
    (
        # Usage: prog FILE; Usage of prog:; usage prog <file>. Not a figure, such as "Usage: 90 %".
        rf"{_BEFORE}(?:usage|uso|aufruf|verwendung|utilisation|использование|用法|使用法|使用方法|使い方|사용법)"
        r"(?: ?[:：](?!\s{0,4}\d)| of \S{1,60}:$| [\w./-]{1,60} [<\[])",
        r"arguments (?:are required|were not provided)",
        rf"{_BEFORE}(?:no|missing|too few|not enough|insufficient) {_KIND}(?:{_ARGUMENT}|file ?names?){_NOT_OF_A_CALL}",
        rf"{_BEFORE}(?:wrong|invalid|incorrect) number of {_KIND}{_ARGUMENT}(?:[.!,;]|\s*$| {_GIVEN}\b)",
        rf"\bno {_KIND}{_ANY_OF} (?:(?:was|were|is|are|has been) )?{_GIVEN}{_NOT_OF_A_CALL}",
        # Please give a file name.
        rf"\bplease {_GIVE}\b[^\n]{{1,60}}?\b(?:{_ANY_OF}|{_THING})\b",
        rf"{_BEFORE}(?:you )?(?:must|need to|have to) {_GIVE}\b[^\n]{{1,60}}?\b{_ANY_OF}\b",
        rf"\bplease enter\b[^\n]{{1,60}}?\b(?:as an? {_ARGUMENT}|on the command line)\b",
        rf"\b(?:program|script|tool|command) (?:needs|requires|expects|takes)\b[^\n]{{1,40}}?\b{_ANY_OF}\b",
        rf"{_BEFORE}(?:needs?|requires?|expect(?:s|ed|ing)) (?:(?:at least|exactly) )?(?:an?|one|two|three|some|\d)"
        rf" {_KIND}{_ARGUMENT}{_NOT_OF_A_CALL}",
        rf"{_BEFORE}(?:an? )?{_KIND}(?:{_ARGUMENT}|(?:input )?file ?names?) (?:(?:is|are) )?"
        rf"(?:required|missing|needed|expected){_NOT_OF_A_CALL}",
    )
)

#: How programs reach their arguments, in the words of most languages and of libraries for it. The same words printed by
#: a program without any of these are about something else.
_READS_ARGUMENTS = (
    r"(?i:\b(?:argv|argc|args?|arguments|getopts?|optparse|argparse|click|typer|docopt|commander|yargs|clap|cobra"
    r"|option_?parser|command_?-?line\w{0,20}|command_?args|get_?args?|(?:get_)?(?:command_)?argument\w{0,20}"
    r"|param_?(?:str|count)|param)\b)"
    r"|\$\{?[1-9@*#]|\bflag\.|\bmain\s{0,4}\(\s{0,4}(?!void\s{0,4}\))\w"
)
#: What a shell says of an argument that is missing: "main.sh: line 3: $1: unbound variable", and its `${1:?…}`.
_SHELL_ARGUMENT = r"^[^\n:]{1,100}:(?: ?line)? ?\d{1,6}: \$?[1-9]: \S"

#: In this order: a lookup that is refused is a lookup, and what says how it is to be called may say so after an error.
ANY_LANGUAGE = (
    Symptom("no-network", _NO_NETWORK),
    Symptom("no-network", _REFUSED, sentence=NOBODY_ANSWERS),
    Symptom("needs-display", _NEEDS_DISPLAY),
    Symptom("asked-for-arguments", _SHELL_ARGUMENT, r"\$\{?[1-9]"),
    Symptom("asked-for-arguments", f"(?i:{_ASKS})", _READS_ARGUMENTS),
)
#: Of a program that ended well and printed nothing: it draws, or writes a picture.
DREW = Symptom(
    "printed-nothing",
    source=r"\b(?:show|plot|plotly|ggplot|ggsave|hist|barplot|boxplot|savefig|imshow|imwrite|imsave)\s{0,4}\(|\bplt\.",
    sentence="It ended well and printed nothing. Pictures that it makes are not shown yet: have it print more.",
)
