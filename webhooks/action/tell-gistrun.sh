#!/usr/bin/env bash
# tell-gistrun.sh: has a gistrun service look at gists again. What the GitHub Action beside it runs.
#
#   GISTRUN_URL     the service, such as https://gistrun.example.org
#   GISTRUN_SECRET  its GITHUB_WEBHOOK_SECRET
#   GISTRUN_GISTS   ids or addresses of gists, separated by spaces, commas or line ends
#
# Needs curl and openssl. Ends with status 1 if gistrun has not accepted every one.
set -uo pipefail

# --- The sender, the same in gistrun-push and action/tell-gistrun.sh ---

# gist_in ADDRESS: sets $gist to the id at the end of a gist's address, or of an id itself; false if there is none.
gist_in() {
    gist=${1%/}
    gist=${gist%.git}
    gist=${gist##*[/:]}
    [[ $gist =~ ^([0-9]{1,19}|[0-9a-fA-F]{20,40})$ ]]
}

sha256() {
    openssl dgst -sha256 -r | cut -c 1-64
}

# hmac TEXT: the HMAC-SHA256 of the text with $secret (RFC 2104). Among the arguments of `openssl dgst -hmac` everybody
# on this machine could read the secret.
hmac() {
    local key inner='' outer='' byte i
    key=$(printf %s "$secret" | od -An -v -tx1 | tr -d ' \n')
    if [ ${#key} -gt 128 ]; then
        key=$(printf %s "$secret" | sha256)
    fi
    for ((i = 0; i < 128; i += 2)); do
        byte=${key:i:2}
        printf -v inner '%s\\x%02x' "$inner" $((0x${byte:-0} ^ 0x36))
        printf -v outer '%s\\x%02x' "$outer" $((0x${byte:-0} ^ 0x5c))
    done
    inner=$({ printf %b "$inner" && printf %s "$1"; } | sha256 | sed 's/../\\x&/g')
    printf %b "$outer$inner" | sha256
}

# tell GIST RETRIES: has the gistrun at $url look at the gist; otherwise $reason is a sentence why it does not.
# Every attempt is the same delivery, so that gistrun does the work once.
tell() {
    local body status answer needed
    for needed in curl openssl; do
        if ! command -v "$needed" >/dev/null; then
            reason="$needed is not installed here, and is needed to tell gistrun."
            return 1
        fi
    done
    secret=${secret//[$'\r\n']/} # a line end that came along from a file
    body="{\"action\":\"updated\",\"gist\":{\"id\":\"$1\"}}"
    if ! [[ $url =~ ^https?://[^[:space:]]+$ ]]; then
        reason="The address of gistrun must begin with https:// or http://."
        return 1
    fi
    if ! answer=$(curl --disable --silent --show-error --globoff --connect-timeout 5 --max-time 10 \
        --retry "$2" --retry-all-errors --retry-max-time 60 --write-out '\n%{http_code}' \
        --header 'Content-Type: application/json' --header 'X-GitHub-Event: gist' \
        --header "X-GitHub-Delivery: $(openssl rand -hex 16)" \
        --header "X-Hub-Signature-256: sha256=$(hmac "$body")" \
        --data-binary "$body" "${url%/}/webhooks/github" 2>&1); then
        reason="gistrun cannot be reached. $(sed -n 's/^curl: \(([0-9]*) \)\{0,1\}//p' <<<"$answer" | tail -n 1 | cut -c 1-200)"
        return 1
    fi
    status=${answer##*$'\n'}
    case $status in
        200 | 202) return 0 ;;
        401) reason="gistrun refuses the signature: the secret is not its GITHUB_WEBHOOK_SECRET." ;;
        404 | 405) reason="There is no gistrun at that address, or it is too old: /webhooks/github is not found." ;;
        3??) reason="The address leads elsewhere (status $status): give the one that it leads to." ;;
        *)
            # What a server says is not to be trusted: one line of plain characters.
            reason=$(sed -n 's/.*"error": *"\([^"]*\)".*/\1/p' <<<"$answer" | tail -n 1 | tr -cd '[:print:]' | cut -c 1-200)
            reason="gistrun answers with status $status. $reason"
            ;;
    esac
    return 1
}

# --- The end of the sender ---

# fail SENTENCE: one line, as GitHub shows errors, since its log takes other lines that begin with :: for commands.
fail() {
    echo "::error title=gistrun::$1"
    failed=yes
}

url=${GISTRUN_URL:-} secret=${GISTRUN_SECRET:-} failed=
listed=${GISTRUN_GISTS:-}
IFS=$' \t\r\n' read -r -d '' -a gists < <(printf '%s\0' "${listed//,/ }")
[ -n "$url" ] || fail "No service is named: set the input 'url'."
[ -n "$secret" ] || fail "There is no secret: set the input 'secret'. Forks and Dependabot are not given a repository's secrets."
[ ${#gists[@]} -gt 0 ] || fail "No gist is named: set the input 'gists'."
[ -z "$failed" ] || exit 1

for named in "${gists[@]}"; do
    if ! gist_in "$named"; then
        fail "'$(tr -cd '[:alnum:]./:_-' <<<"$named" | cut -c 1-80)' is neither the id nor the address of a gist."
    elif tell "$gist" 3; then
        echo "gistrun looks at gist $gist again."
    else
        fail "gist $gist: $reason"
    fi
done
[ -z "$failed" ]
