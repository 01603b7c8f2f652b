#!/bin/sh
# `docker` for tests without an engine: Compose's own reading of the files, and a web as the file
# `services` says. `compose run` says what `refusal` does. Every command is noted in `commands`; the one that `failing` names fails.
here=$(dirname "$0")
echo "$*" >>"$here/commands"
case "$*" in
"compose version"*) echo 2.26.1 ;;
"compose config"*) shift && exec "$TOOLS/docker-compose" "$@" ;;
"compose run"*) cat "$here/refusal" 2>/dev/null ;;
ps*) echo a1b2c3 ;;
inspect*)
    cat "$here/services" 2>/dev/null || echo '{"Service": "web", "State": "running"}' ;;
logs*) echo "What is wrong." ;;
"image inspect"*) exit 0 ;;
"volume inspect"*) [ -e "$here/volume" ] && exit 0 || exit 1 ;;
run*) exec "$TOOLS/python" -m deploy.server.secret_files --check secrets ;;
esac
[ "$1 $2" != "$(cat "$here/failing" 2>/dev/null)" ]
