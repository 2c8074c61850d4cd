# shellcheck shell=bash
# Private servers for the tests: sourced by Scripts/test and Scripts/sanitize, which set $root.
# Everything is under one temporary folder with a short path, since the address of a unix socket
# holds 108 bytes, and everything stops with the script that sourced this, however that ends.

temporary=""
servers=()
command_process=""

stop_everything() {
    local status=$? process
    trap - EXIT
    trap '' INT TERM HUP
    # `timeout` passes SIGTERM on to all that it runs; SIGINT is PostgreSQL's fast shutdown.
    [[ -z $command_process ]] || kill -TERM "$command_process" 2>/dev/null || true
    for process in "${servers[@]}"; do
        kill -INT "$process" 2>/dev/null || true
    done
    for process in $command_process "${servers[@]}"; do
        wait_for_end "$process" || kill -KILL "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    end_session "$command_process"
    [[ -z $temporary ]] || rm -rf "$temporary"
    exit "$status"
}
trap stop_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# wait_for_end PROCESS: true once the process is gone, false after ten seconds.
wait_for_end() {
    local attempt
    for ((attempt = 0; attempt < 200; attempt++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    return 1
}

# end_session PROCESS: ends what is left of the session that the process led. `swift test` gives the
# tests a process group of their own, where the signals of `timeout` do not reach them.
end_session() {
    [[ -z $1 ]] || pkill -KILL -s "$1" || true
}

# run_within SECONDS COMMAND…: runs a command that must end before the script is that old. It runs in
# the background, because a trap waits for a command in the foreground.
run_within() {
    local remaining=$(($1 - SECONDS)) status=0
    shift
    if ((remaining <= 0)); then
        echo "The time limit passed before: $*" >&2
        return 124
    fi
    setsid setpriv --pdeathsig TERM timeout --kill-after=5 "$remaining" "$@" </dev/null &
    command_process=$!
    wait "$command_process" || status=$?
    end_session "$command_process"
    command_process=""
    if ((status == 124 || status == 137)); then
        echo "The time limit ended: $*" >&2
    fi
    return "$status"
}

# python_environment [FILE]: prints the interpreter of a virtual environment with the pinned packages,
# those of the tests if nothing is said, made on first need.
python_environment() {
    local name=${1:-Scripts/python-requirements.txt} requirements fingerprint folder
    requirements=${root:?}/$name
    fingerprint=$(cksum <"$requirements" | cut -d ' ' -f 1)
    folder=$root/.build/python-$fingerprint
    mkdir -p "$root/.build"
    (
        flock 9
        [[ -e $folder/complete ]] && exit 0
        echo "Installing Python packages …" >&2
        rm -rf "$folder"
        "$(python_interpreter)" -m venv "$folder" >&2
        "$folder/bin/python" -m pip --disable-pip-version-check --no-input install --quiet \
            --requirement "$requirements" >&2 </dev/null || {
            echo "pip could not install $name (its reason is above)." >&2
            exit 1
        }
        touch "$folder/complete"
    ) 9>"$root/.build/python.lock"
    printf '%s\n' "$folder/bin/python"
}

# An interpreter on PATH may come without venv; the distribution's has it from python3-venv.
python_interpreter() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "test: Python 3.10 or newer with venv is needed and was not found." >&2
    return 1
}

start_servers() {
    temporary=$(mktemp -d /tmp/tm-XXXXXX)
    # PostgreSQL runs as another user when we are root and has to reach its folder below this one.
    chmod 711 "$temporary"
    start_redis
    start_postgres
}

start_redis() {
    local server attempt port process socket=$temporary/redis.sock
    server=$(command -v redis-server) || { echo "test: redis-server was not found." >&2; return 1; }
    for ((attempt = 0; attempt < 5; attempt++)); do
        port=$(free_port)
        # The parent's death ends the server too: no trap runs after SIGKILL.
        setpriv --pdeathsig KILL "$server" --port "$port" --bind 127.0.0.1 --unixsocket "$socket" \
            --unixsocketperm 700 --dir "$temporary" --save '' --appendonly no --daemonize no \
            >"$temporary/redis.log" 2>&1 </dev/null &
        process=$!
        servers+=("$process")
        if wait_until "$process" redis-cli -s "$socket" ping; then
            export TRADERMIND_TEST_REDIS_SERVER=$server
            export TRADERMIND_TEST_REDIS_URL=unix:$socket
            export TRADERMIND_TEST_REDIS_TCP_URL=redis://127.0.0.1:$port
            return
        fi
        kill "$process" 2>/dev/null || true
    done
    echo "test: redis-server did not start:" >&2
    tail -n 20 "$temporary/redis.log" >&2
    return 1
}

free_port() {
    "$(python_interpreter)" -c \
        'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_postgres() {
    local programs process user folder=$temporary/postgres identity=()
    programs=$(postgres_programs)
    mkdir "$folder"
    if ((EUID == 0)); then
        # PostgreSQL refuses to run as root.
        user=$(id -un postgres 2>/dev/null || echo nobody)
        chown "$user" "$folder"
        identity=(--reuid "$user" --regid "$(id -g "$user")" --init-groups)
    fi
    (
        cd "$folder"
        setpriv "${identity[@]}" "$programs/initdb" --pgdata data --username tradermind --auth trust \
            --encoding UTF8 --locale C --no-sync
    ) >"$temporary/initdb.log" 2>&1 </dev/null || {
        echo "test: initdb failed:" >&2
        tail -n 20 "$temporary/initdb.log" >&2
        return 1
    }
    setpriv "${identity[@]}" --pdeathsig QUIT "$programs/postgres" -D "$folder/data" \
        -c listen_addresses= -c unix_socket_directories="$folder" -c unix_socket_permissions=0700 \
        -c fsync=off -c shared_buffers=32MB -c max_connections=50 \
        >"$temporary/postgres.log" 2>&1 </dev/null &
    process=$!
    servers+=("$process")
    if ! wait_until "$process" "$programs/psql" -qX -h "$folder" -U tradermind -d postgres \
        -c 'CREATE DATABASE tradermind'; then
        echo "test: PostgreSQL did not start:" >&2
        tail -n 20 "$temporary/postgres.log" >&2
        return 1
    fi
    export TRADERMIND_TEST_DATABASE_URL="postgresql://tradermind@/tradermind?host=$folder"
}

# The newest PostgreSQL of Debian's layout, else the one on PATH.
postgres_programs() {
    local newest
    newest=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null |
        sort -V | tail -n 1)
    [[ -n $newest ]] || newest=$(command -v initdb) || {
        echo "test: PostgreSQL's initdb was not found." >&2
        return 1
    }
    dirname "$(readlink -f "$newest")"
}

# wait_until PROCESS COMMAND…: true once the command succeeds, false when the process ended first or
# fifteen seconds have passed.
wait_until() {
    local attempt process=$1
    shift
    for ((attempt = 0; attempt < 300; attempt++)); do
        "$@" >/dev/null 2>&1 </dev/null && return 0
        kill -0 "$process" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# look_for_secrets FOLDER: no secret that the tests used may be in what was logged or printed.
look_for_secrets() {
    local folder=$1 hits count
    local logs=("$folder/evidence/logs" "$folder/evidence/output" "$folder/redis.log" "$folder/postgres.log")
    sort -u "$folder/evidence/secrets" -o "$folder/evidence/secrets"
    count=$(wc -l <"$folder/evidence/secrets")
    if ((count < 50)) || [[ ! -s $folder/evidence/logs ]]; then
        echo "test: the run noted $count secrets, or logged nothing: the look for secrets means nothing." >&2
        return 1
    fi
    hits=$(cat "${logs[@]}" | grep --count --fixed-strings --file="$folder/evidence/secrets") || true
    echo "$count secrets, $(cat "${logs[@]}" | wc -c) bytes of logs and output, $hits lines with a secret"
    # Not which: what is printed here would be a log too.
    ((hits == 0))
}
