# The health check of every lasting service. It also ends what is frozen, so that compose starts the
# service again: compose itself does nothing about a service that is unhealthy.
#
#   sh watchdog.sh [COMMAND...]
#
# A process that is stopped, as by SIGSTOP, at two looks in a row is killed. The whole service is
# killed when COMMAND, which asks it something, has succeeded before and now fails at three looks in
# a row. Looks count, not seconds: where the whole machine stood still, nothing is frozen.
#
# It runs in the service's container, where process 1 only hands on signals (init: true), and is
# written for any POSIX shell: the images have nothing else in common.

first=${WATCHDOG_FIRST:-1}
memory=${WATCHDOG_MEMORY:-/tmp/watchdog}

# Sets state and parent of a process. The name before them may hold anything.
look_at() {
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    state=$1 parent=$2
}

# Sets `service` to what process 1 has started, and `stopped` to what is stopped of that and of what
# was started by it in turn: web's and the worker's processes, Postgres' backends. What came from
# outside, as this look, has no parent here.
look_around() {
    service='' stopped=''
    for directory in /proc/[0-9]*; do
        pid=${directory#/proc/}
        look_at "$pid" || continue
        is_stopped=$state grandparent=$parent
        if [ "$parent" = "$first" ]; then
            service="$service $pid"
        else
            look_at "$parent" && grandparent=$parent
        fi
        [ "$is_stopped$grandparent" = "T$first" ] && stopped="$stopped $pid"
    done
}

# Process 1 cannot be killed from in here.
wake_first() {
    look_at "$first" && [ "$state" = T ] || return
    kill -CONT "$first"
    unwell="process $first was stopped, and is woken"
}

kill_stopped() {
    for pid in $stopped; do
        unwell="process $pid is stopped"
        case " $stopped_before " in
        *" $pid "*) kill -KILL "$pid" && unwell="process $pid was stopped, and is killed" ;;
        esac
    done
}

ask_service() {
    if [ $# -eq 0 ] || "$@"; then
        failures=0
        return
    fi
    unwell="no answer"
    [ "$failures" ] || return
    failures=$((failures + 1))
    [ "$failures" -lt 3 ] || kill -KILL $service
}

unwell='' failures='' stopped_before=''
{ read -r failures && read -r stopped_before; } 2>/dev/null <"$memory"
look_around
wake_first
kill_stopped
ask_service "$@"
printf '%s\n%s\n' "$failures" "$stopped" >"$memory"
[ -z "$unwell" ] || { echo "$unwell"; exit 1; }
