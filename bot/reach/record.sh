# A script that outlives the session which started it, and the record by which it is found again. POSIX sh, with
# coreutils' or busybox's tools. records.py sends this text to a shell, then what it sets (id, at, once, limit,
# interpreter, script, op), then a call of `main`. What is printed are frames.py's lines.
#
# A record is a folder of mode 0700 whose name nobody can guess. `leader` (boot id, pid, start of the supervisor) is
# the lock: who makes it starts the script; a finder makes it, too ("void"), and then nothing can be started under
# that id any more. It is a symbolic link: made in one go, whole, once.
#   run: pid and start of the script   status: its exit status   why: who ends it   end: how it ended, the last word
# What of it could not be ended stands with the end, and is looked at anew whenever that is told.
#   o.N: its output from byte N on, the last two pieces   drained: no more will come   dropped: some had no room
# The script may fill the disk that its record is on. So there is an empty file `.end` for `end`, and one for each other
# word, made while there was room; to say it is to rename that file to `end=exit 0`, which takes no room, and only one
# can do. Where even that fails, as on a full btrfs, `room` is deleted, and then the word is put where another record of
# that id would be. A record without such files, a void one, has symbolic links instead.

each() { # the first place for which this holds
  for place in ${HOME:+"$HOME/.local/state/caretaker/$id"} "/var/tmp/caretaker-script-$id" \
    "/dev/shm/caretaker-script-$id" "/tmp/caretaker-script-$id"; do
    "$@" && return
  done
  return 1
}

mine() { [ -d "$place" ] && [ ! -L "$place" ] && [ -O "$place" ]; }
other() { [ "$place" != "$own" ] && mine; }
forever() { said leader && [ "$word" = void ]; }

make() { # "$1": there must be room for output, too
  case $place in
    //*) return 1 ;;
    "${HOME:-/}"/*) [ -d "$HOME" ] && mkdir -p "${place%/*}" ;;
  esac
  (umask 077 && mkdir "$place") || { mine && return; return 1; }
  [ -z "$1" ] || prepared || { rm -rf "$place"; return 1; }
}

prepared() (
  for spare in run status why end drained dropped o; do : >"$place/.$spare" || exit 1; done
  head -c 65536 /dev/zero >"$place/room"
)

said() { # sets `word` to what the record says there, if it says so
  word=
  for spot in "$place" "/var/tmp/caretaker-script-$id" "/dev/shm/caretaker-script-$id" "/tmp/caretaker-script-$id"; do
    [ -O "$spot" ] || continue
    if [ -L "$spot/$1" ]; then
      word=$(readlink "$spot/$1")
      return
    fi
    set -- "$1" "$spot/$1="*
    [ ! -e "$2" ] || { word=${2#"$spot/$1="}; return; }
  done
  return 1
}

put() { # have the record say it, once: false where it does, or can't. A name holds 255 bytes
  said "$1" && return 1
  [ -e "$place/.$1" ] || { ln -s "$2" "$place/$1"; return; }
  set -- "$1" "$2" "$2"
  while [ ${#3} -gt 200 ]; do set -- "$1" "$2" "${3% *}"; done
  mv "$place/.$1" "$place/$1=$3" && return
  [ -d "$place" ] || return 1
  rm -f "$place/room"
  mv "$place/.$1" "$place/$1=$3" || elsewhere "$1" "$3"
} 2>/dev/null

elsewhere() {
  full=$place
  each apart "$@"
  set -- $?
  place=$full
  return "$1"
}

apart() { [ "$place" != "$full" ] && make '' && ln -s "$2" "$place/$1"; }

conclude() { # how it ended, whether that can be written or not
  told=$1
  put end "$1"
  return 0
}

unwritten() { # say why nothing can be written there; nothing, where it can be
  [ -d "$place" ] || return 0
  error=$(LC_ALL=C ln -s - "$place/try" 2>&1) || echo "f $place: ${error##*: }"
  rm -f "$place/try"
}

gone() { # someone has removed the record
  echo g
  exit
}

nap() { sleep "$1" 2>/dev/null || sleep 1; }

this_boot() {
  boot=
  read -r boot <"${HOST_PROC:-/proc}/sys/kernel/random/boot_id" || boot=$(sysctl -n kern.boottime | tr -c '0-9\n' _)
  boot=${boot:--}
} 2>/dev/null

began() { # sets when process $1 began, by which it is told from a later one of its number, and its state
  began= state=
  if [ -d /proc/self ]; then
    read -r line <"/proc/$1/stat" || return 1
    set -- ${line##*) }
    state=$1 began=${20}
  else
    began=$(ps -o lstart= -p "$1" | tr -d ' :')
  fi
} 2>/dev/null

alive() { began "$1" && [ "$began" = "$2" ] && [ -n "$began" ] && [ "$state" != Z ]; }

# --- ending a script's whole tree ---

marked() { # processes with the id in their environment, or in its control group
  marks=$(grep -sl "CARETAKER_RECORD=$id" /proc/[0-9]*/environ | tr -dc '0-9\n' | tr '\n' ' ')
  control=$(readlink "$place/group") && marks="$marks $(tr '\n' ' ' <"$control/cgroup.procs")"
} 2>/dev/null

tree() { # sets the living processes of the script: marked ones, its session's, and their children
  tree='' names=''
  marked
  said run
  set -- $word
  session=$1
  [ -z "$1" ] || { began "$1" && [ "$began" != "$2" ] && session=; } # its number is another process's now
  [ -d /proc/self ] || { [ -n "$session" ] && alive "$session" "$2" && tree=" $session"; return; }
  grown=1
  while [ -n "$grown" ]; do
    grown=
    for stat in /proc/[0-9]*/stat; do
      read -r line <"$stat" || continue
      pid=${line%% *} name=${line#*\(}
      case " $tree " in *" $pid "*) continue ;; esac
      set -- ${line##*) } # state, parent, process group, session
      [ "$1" != Z ] && [ "$1" != X ] || continue
      [ "$4" = "${session:-none}" ] || case " $marks $tree " in *" $pid "* | *" $2 "*) ;; *) continue ;; esac
      tree="$tree $pid" grown=1 names="$names $pid:$(printf %s "${name%%)*}" | tr -c 'A-Za-z0-9_.+-' _)"
    done
  done
} 2>/dev/null

still() { for pid in $tree; do kill -0 "$pid" && began "$pid" && [ "$state" != Z ] && return; done; return 1; } 2>/dev/null

finish() { # end all of it: TERM, a moment to tidy up, KILL; `end` names what can't be ended. $1: why
  tree
  kill -TERM $tree
  tries=20
  while still && [ $tries -gt 0 ]; do tries=$((tries - 1)); nap 0.1; done
  tries=5
  while tree; [ -n "$tree" ] && [ $tries -gt 0 ]; do
    kill -KILL $tree
    tries=$((tries - 1))
    nap 0.1
  done
  conclude "$1$names"
} 2>/dev/null

# --- the supervisor: its first line of output tells the follower where the record is ---

supervise() {
  each mine && { echo "found $place"; exit; }
  each make room || { echo none; exit; }
  this_boot
  began $$
  if ! ln -s "$boot $$ ${began:--}" "$place/leader"; then
    [ -L "$place/leader" ] && echo "found $place" || echo none
    exit
  fi
  own=$place
  if each other; then # someone who could not see this one has decided that nothing is to be started
    place=$own
    put end never
    echo "found $own"
    exit
  fi
  place=$own
  echo "made $place"
  exec >/dev/null
  control_group
  timer & timer=$!
  { printf %s "$script" | CARETAKER_RECORD=$id $(command -v setsid) $interpreter -c "$prelude" "${interpreter%% *}" "$place" 2>&1
    ended $?; } | keep
} 2>/dev/null

# The script's own first words: it says who it is before it does anything. Its input is itself, and then nothing.
prelude='read -r line </proc/$$/stat || line=; set -- "$1" ${line##*) }; mv "$1/.run" "$1/run=$$ ${21:--}" || exit 125
[ -e "$1/.why" ] && [ ! -L "$1/why" ] || exit 125
[ ! -L "$1/group" ] || echo $$ >"$1/group/cgroup.procs" || :; unset line; set --; eval "$(cat)"'

control_group() { # so that no child gets away, where this user may make one
  for control in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ -w "$control/cgroup.procs" ] || continue
    path=$(sed -n 's/^0:://p' /proc/self/cgroup)
    control=$control${path%/}/caretaker-$id
    mkdir "$control" && ln -s "$control" "$place/group" && return
  done
}

timer() {
  trap 'kill $sleeping; exit' TERM
  sleep "$limit" & sleeping=$!
  wait $sleeping
  put why limit || ! said why || exit # someone ends it already; without a record it ends, too
  finish limit
}

ended() { # the script is over, with that status; a child that holds its output is not waited for
  exec >/dev/null
  put status "$1"
  tries=100
  until said drained || [ $tries = 0 ]; do tries=$((tries - 1)); nap 0.02; done
  tries=80 # who ends the script has the last word, unless it is lost itself
  while said why && ! said end && [ $tries -gt 0 ]; do tries=$((tries - 1)); nap 0.1; done
  put end "exit $1"
  said why
  [ "$word" = limit ] || kill $timer
  control=$(readlink "$place/group") && rmdir "$control"
}

keep() { # the output, in pieces of 2 to 4 MB, of which the last two stay
  from=0 size=0 older='' out=$place/o.0
  while [ -d "$place" ]; do
    before=$size
    if ! opened; then
      put dropped -
      [ "$(dd bs=65536 count=32 | wc -c)" -gt 0 ] || { put drained -; return; }
      continue
    elif dd bs=65536 count=32 >>"$out"; then
      size=$(wc -c <"$out")
      [ "$size" -gt "$before" ] || { put drained -; return; }
    else
      put dropped -
      size=$(wc -c <"$out")
    fi
    if [ "$size" -ge 2097152 ]; then
      rm -f "$older"
      older=$out from=$((from + size)) size=0
      out=$place/o.$from
    fi
  done
  exec cat >/dev/null # nobody asks any more, but a daemon that the script left must not die of that
}

opened() { [ -e "$out" ] || (: >"$out") || mv "$place/.o" "$out"; } # the next piece

# --- the follower: tells the output from byte $at on, and the end ---

tell() { # the next part of the output; false where there is none
  here='' next=''
  for piece in "$place"/o.*; do
    piece=${piece##*/o.}
    [ "$piece" != '*' ] || return 1
    if [ "$piece" -gt "$at" ]; then
      [ -n "$next" ] && [ "$piece" -gt "$next" ] || next=$piece
    else
      [ -n "$here" ] && [ "$piece" -lt "$here" ] || here=$piece
    fi
  done
  [ -n "$here" ] || { at=$next here=$next; echo "d $at"; }
  size=$(wc -c <"$place/o.$here") || return 1
  size=$((here + size - at))
  [ "$size" -gt 0 ] || return 1
  [ "$size" -le 1048576 ] || size=1048576
  if [ "$here" != "$open" ]; then
    command exec 8<"$place/o.$here" || return 1
    open=$here
    [ "$at" = "$here" ] || dd bs=$((at - here)) count=1 of=/dev/null <&8
  fi
  echo "o $at $size"
  dd bs="$size" count=1 <&8 || exit
  at=$((at + size))
} 2>/dev/null

led() { # wait until it is known who starts the script; nobody, where nobody has said so in five seconds
  waited=0
  until said leader || said end; do
    [ -d "$place" ] || gone
    waited=$((waited + 1))
    [ $waited -lt 50 ] || ln -s void "$place/leader"
    [ $waited -lt 70 ] || { unwritten; exit; }
    nap 0.1
  done
} 2>/dev/null

over() { # whether it has ended, or can't be running any more
  said end && return
  [ -d "$place" ] || gone
  said leader || return 1
  set -- $word
  [ "$1" != void ] || { conclude never; return; }
  this_boot
  [ "$1" = "$boot" ] || { conclude restarted; return; }
  alive "$2" "$3" && return 1
  said end && return
  tree
  [ -z "$tree" ] || return 1
  said status
  conclude "${word:+exit }${word:-unknown}" # its supervisor was killed, or could not write how it ended
} 2>/dev/null

still_left() { # of what could not be ended, what runs now
  said leader
  set -- $word
  this_boot
  names=
  [ "${1:-$boot}" != "$boot" ] || tree
  end=${end%% *}$names
}

last_word() {
  said end || unwritten
  end=${word:-$told}
  case $end in
    never) up=; read -r up _ <"${HOST_PROC:-/proc}/uptime"; this_boot; end="never $boot ${up%%.*}" ;;
    *:*) still_left ;;
  esac
  ! said dropped || echo m
  echo "e $end"
} 2>/dev/null

follow() {
  led
  over && { said end; [ "${word:-$told}" = never ]; } || { this_boot; echo "b $boot"; }
  open='' polls=0
  while :; do
    done=
    [ $((polls % 8)) != 0 ] && ! said end || ! over || done=1
    while tell; do polls=1; done
    [ -z "$done" ] || { last_word; exit; }
    [ -z "$once" ] || { echo w; exit; }
    polls=$((polls + 1))
    case $polls in ?) nap 0.01 ;; 1?) nap 0.04 ;; *) nap 0.2 ;; esac
    [ $((polls % 50)) != 0 ] || echo h || exit # a session that is lost ends here
  done
}

# --- what can be asked ---

start() { # what waits for the supervisor here would outlive the follower for nothing: it is ended
  { echo role=supervise; printf %s "$text"; } | $(command -v setsid) sh -c 'eval "$(cat)"' 2>/dev/null | {
    (
      read -r made place && [ "$made" != none ] || { echo n; exit; }
      exec </dev/null
      follow
    )
    kill $$
  }
}

join() {
  each mine || void
  follow
}

void() { # there is no record; make one that says so, and nothing can be started under this id any more
  place=/nowhere
  marked
  [ -z "${marks% }" ] || { echo "x $marks"; exit; }
  each make '' || { echo n; exit; }
  ln -s void "$place/leader"
  own=$place
  each other || place=$own
} 2>/dev/null

end_marked() { # its record is gone, and some of it runs: whoever ends it leads, until it has ended
  marked
  [ -n "${marks% }" ] && each make '' || return 1
  this_boot
  began $$
  ln -s "$boot $$ ${began:--}" "$place/leader" && put why stop && finish stop
} 2>/dev/null

stop() {
  each mine || end_marked || void
  led
  put why stop
  tries=50
  until over || said run || [ $tries = 0 ]; do tries=$((tries - 1)); nap 0.1; done
  over || finish stop
  last_word
}

forget() { # its end was read
  while each mine; do
    forever && exit
    control=$(readlink "$place/group") && rmdir "$control"
    rm -rf "$place" || rm -rf "$place" || exit
  done
  sweep
} 2>/dev/null

sweep() { # records that nobody asked for in a month; a clock of 1970 is none
  old="-mindepth 1 -maxdepth 1 -type d -user $(id -u) -mtime +30 -mtime -7000"
  find "$HOME/.local/state/caretaker" $old -exec rm -rf {} +
  find /sys/fs/cgroup /sys/fs/cgroup/unified -maxdepth 4 -name 'caretaker-*' -mmin +60 -exec rmdir {} +  # empty ones
  find /var/tmp /dev/shm /tmp $old -name 'caretaker-script-*' -exec rm -rf {} +
}

main() { # $1: what is asked
  text=$2
  exec 2>/dev/null # what a shell says of its children is no line of frames.py's
  "${role:-$1}"
}
