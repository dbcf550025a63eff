#!/usr/bin/env bash
# Builds PJSIP and its Python binding pjsua2 as a wheel.
#
#   build.sh key PYTHON      prints the name of this recipe's directory in the cache
#   build.sh build PYTHON    prints the wheel's path; builds it if the cache lacks it
#
# PYTHON needs setuptools. The packages in ./build-packages must be installed.
# PJPROJECT_TARBALL   a PJSIP source archive to use instead of Debian's
# HOTLINE_CACHE       where wheels and sources are kept (default: ~/.cache/hotline)
set -euo pipefail

recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HOTLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotline}/pjsip
least_major=2 least_minor=15

say() { printf '%s\n' "$*" >&2; }
die() { say "PJSIP: $*"; exit 1; }

# A change of any file here makes another recipe. Hidden files and editors' backups are not part of it.
recipe_hash() {
  (cd "$recipe" && find . -type f ! -path '*/.*' ! -name '*~' ! -name '*.pyc' -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum | cut -c1-12)
}

# The wheel holds machine code linked to this release's libraries, hence the release in the name.
cache_key() {
  local python=$1 abi release
  abi=$("$python" -c 'import sys; print("%s%d%d" % ("cp", *sys.version_info[:2]))')
  release=$(. /etc/os-release && printf '%s%s' "${ID:-linux}" "${VERSION_ID:-}")
  printf '%s-%s-%s-%s\n' "$(recipe_hash)" "$abi" "$(uname -m)" "$release"
}

# The Debian archive that this machine already uses: prints "URI KEYRING", either form of apt source.
debian_mirror() {
  local etc=${1:-/etc/apt} file
  for file in "$etc"/sources.list.d/*.sources "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    case $file in
      *.sources)
        awk -v RS= '{
          types = uris = suites = components = key = ""
          n = split($0, line, "\n")
          for (i = 1; i <= n; i++) {
            if (line[i] ~ /^#/) continue
            f = tolower(line[i]); v = line[i]; sub(/^[^:]*:[ \t]*/, "", v)
            if (f ~ /^types:/) types = v
            else if (f ~ /^uris:/) { uris = v; sub(/[ \t].*/, "", uris) }
            else if (f ~ /^suites:/) suites = v
            else if (f ~ /^components:/) components = v
            else if (f ~ /^signed-by:/) key = v
            else if (f ~ /^enabled:[ \t]*no/) types = ""
          }
          if (types ~ /deb/ && uris != "" && suites !~ /security/ && (" " components " ") ~ / main /)
            print uris, (key ~ /^\// ? key : "-")
        }' "$file" ;;
      *)
        sed -nE 's/^deb(-src)?[ \t]+//p' "$file" | awk '{
          key = "-"
          if ($0 ~ /^\[/) {
            if (match($0, /signed-by=[^] \t]+/)) key = substr($0, RSTART + 10, RLENGTH - 10)
            sub(/^\[[^]]*\][ \t]*/, "")
          }
          if ($2 !~ /security/ && (" " $0 " ") ~ / main /) print $1, key
        }' ;;
    esac
  done | grep -v '^cdrom:' | grep debian | head -n1 || true
}

# Debian's asterisk source package carries PJSIP as a component; only sid's is new enough. The machine's own
# apt configuration is left alone: another list of sources, another state directory, gone afterwards.
fetch_from_debian() {
  local into=$1 uri key apt options found
  read -r uri key < <(debian_mirror) || die "no Debian mirror in the apt sources of this machine." \
    "Give a PJSIP source archive: PJPROJECT_TARBALL=/path/to/pjproject-2.17.tar.gz"
  apt=$(mktemp -d "$work/apt.XXXXXX")
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/source"
  [ "$key" = - ] && options= || options="[signed-by=$key] "
  printf 'deb-src %s%s sid main\n' "$options" "$uri" >"$apt/sources.list"
  local apt_get=(apt-get -q -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none -o Acquire::Retries=3
    -o Acquire::Check-Valid-Until=false)
  # apt's own user cannot write below a private cache directory.
  [ "$(id -u)" != 0 ] || apt_get+=(-o APT::Sandbox::User=root)
  say "fetching Debian's asterisk source package (it carries PJSIP) from the machine's own mirror"
  "${apt_get[@]}" update >&2 || die "the mirror's list of sid's source packages could not be read"
  (cd "$apt/source" && "${apt_get[@]}" source --download-only asterisk >&2) || die "the source package could not be fetched"
  found=$(find "$apt/source" -name 'asterisk_*.orig-Xpjproject.tar.*' | head -n1)
  [ -n "$found" ] || die "the asterisk source package no longer carries PJSIP. Give PJPROJECT_TARBALL=/path/to/archive"
  mv "$found" "$into/"
  rm -rf "$apt"
}

# Prints the path of a source archive: the user's, else the one fetched before, else Debian's.
source_archive() {
  local kept=$cache/source found
  if [ -n "${PJPROJECT_TARBALL:-}" ]; then
    [ -r "$PJPROJECT_TARBALL" ] || die "PJPROJECT_TARBALL=$PJPROJECT_TARBALL cannot be read"
    printf '%s\n' "$PJPROJECT_TARBALL"
    return
  fi
  mkdir -p "$kept"
  found=$(find "$kept" -name '*Xpjproject.tar.*' | LC_ALL=C sort | tail -n1)
  if [ -z "$found" ]; then
    fetch_from_debian "$kept"
    found=$(find "$kept" -name '*Xpjproject.tar.*' | head -n1)
  fi
  printf '%s\n' "$found"
}

unpack() {
  local archive=$1 tree major minor
  mkdir "$work/src"
  tar -xf "$archive" -C "$work/src" || die "$archive cannot be unpacked"
  tree=$(find "$work/src" -maxdepth 2 -name version.mak -printf '%h\n' | head -n1)
  [ -n "$tree" ] || die "$archive is not a PJSIP source archive (no version.mak in it)"
  major=$(sed -nE 's/^export PJ_VERSION_MAJOR *:= *([0-9]+).*/\1/p' "$tree/version.mak")
  minor=$(sed -nE 's/^export PJ_VERSION_MINOR *:= *([0-9]+).*/\1/p' "$tree/version.mak")
  if ((major < least_major || (major == least_major && minor < least_minor))); then
    die "$archive holds PJSIP $major.$minor; $least_major.$least_minor or newer is needed"
  fi
  say "PJSIP $major.$minor from $(basename "$archive")"
  printf '%s\n' "$tree"
}

prepare() {
  local tree=$1 stub
  cp "$recipe/config_site.h" "$tree/pjlib/include/pj/config_site.h"
  local change
  for change in "$recipe"/*.patch; do
    patch --batch -p1 -d "$tree" <"$change" >&2 || die "$(basename "$change") does not fit this PJSIP"
  done
  # Debian leaves out a sound driver that the build still lists.
  stub=$tree/pjmedia/src/pjmedia-audiodev/bdimad_dev.c
  [ -f "$stub" ] || printf 'typedef int hotline_no_bdimad;\n' >"$stub"
  # The wheel says which recipe made it, so that another recipe's is not taken for it.
  sed -i "s/version=pj_version,/version=pj_version + '+hotline.$(recipe_hash)',/" "$tree/pjsip-apps/src/swig/python/setup.py"
}

compile() {
  local tree=$1 python=$2 jobs
  jobs=$(nproc)
  export CFLAGS="-O2 -fPIC -DNDEBUG" CXXFLAGS="-O2 -fPIC -DNDEBUG"
  cd "$tree"
  say "configuring"
  # spandsp hears keys in speech (keys.patch).
  LIBS=-lspandsp ./configure --disable-shared --disable-sound --disable-video --enable-epoll --disable-libwebrtc --disable-libwebrtc-aec3 \
    --disable-libyuv --disable-sdl --disable-ffmpeg --disable-v4l2 --disable-openh264 --disable-opencore-amr --disable-silk \
    --disable-bcg729 --with-external-speex --with-external-gsm --with-external-srtp --disable-g7221-codec --disable-ilbc-codec \
    --enable-libsamplerate
  say "compiling PJSIP with $jobs jobs"
  make -s dep
  make -s -j"$jobs" lib
  say "compiling its Python binding"
  cd pjsip-apps/src/swig/python
  # 100,000 generated lines that run once a call, not once a packet: -O1 halves the time.
  CFLAGS="-O1 -g0 -fPIC" make -s wheel PYTHON_EXE="$python"
}

# The Debian packages that hold the libraries the module is linked to.
runtime_packages() {
  command -v dpkg-query >/dev/null || return 0
  ldd "$1" | awk '$3 ~ /^\// {print $3}' | while read -r library; do
    dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "$(readlink -f "$library")" 2>/dev/null ||
      dpkg-query -S "${library#/usr}" 2>/dev/null || true
  done | sed 's/:.*//' | LC_ALL=C sort -u
}

cached_wheel() { compgen -G "$cache/$1/pjsua2-*.whl" | head -n1 || true; }

main() {
  local verb=${1:-} python=${2:-} key wheel archive tree
  [ -n "$verb" ] && [ -n "$python" ] || die "usage: build.sh key|build PYTHON"
  case $python in /*) ;; */*) python=$PWD/$python ;; esac
  key=$(cache_key "$python")
  case $verb in
    key) printf '%s\n' "$key"; return ;;
    build) ;;
    *) die "unknown verb '$verb'; there are: key, build" ;;
  esac
  mkdir -p "$cache"
  exec 9>"$cache/$key.lock"
  flock -n 9 || { say "waiting for another checkout that builds the same PJSIP"; flock 9; }
  wheel=$(cached_wheel "$key")
  if [ -z "$wheel" ]; then
    rm -rf "$cache/build.$key".* # of a build that was killed: the lock is ours
    work=$(mktemp -d "$cache/build.$key.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    archive=$(source_archive)
    tree=$(unpack "$archive")
    prepare "$tree"
    (compile "$tree" "$python") >&2
    mkdir "$work/done"
    cp "$tree"/pjsip-apps/src/swig/python/dist/pjsua2-*.whl "$work/done/"
    runtime_packages "$(find "$tree/pjsip-apps/src/swig/python/build" -name '_pjsua2*.so' | head -n1)" >"$work/done/runtime-packages"
    (cd "$(dirname "$archive")" && sha256sum "$(basename "$archive")") >"$work/done/source"
    rm -rf "${cache:?}/$key"
    mv "$work/done" "$cache/$key"
    wheel=$(cached_wheel "$key")
  fi
  printf '%s\n' "$wheel"
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
