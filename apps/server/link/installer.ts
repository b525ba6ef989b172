/** The one-line installer: what `curl … | sh` runs on a machine that has nothing of ours yet. */

export function installerScript(options: { readonly linkUrl: string; readonly pin: string }): string {
  return `#!/bin/sh
# Installs the Demarc agent on this machine and enrols it. Run as root with the token as its argument.
set -eu
token=\${1:-}
[ -n "$token" ] || { echo "demarc: no token given; copy the whole line" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "demarc: run this as root" >&2; exit 1; }
command -v dpkg >/dev/null || { echo "demarc: this machine has no dpkg; install the agent by hand" >&2; exit 1; }
file=$(mktemp)
trap 'rm -f "$file"' EXIT
curl -fsS --insecure --pinnedpubkey 'sha256//${options.pin}' -o "$file" '${options.linkUrl}/link/v1/demarc-agent.deb'
dpkg -i "$file"
# On standard input: arguments are read by every user of the machine.
printf '%s\\n' "$token" | demarc-agent enroll --server '${options.linkUrl}'
if [ -d /run/systemd/system ]; then
  systemctl enable --now demarc-agent
else
  echo "demarc: no systemd here; start the agent with: demarc-agent run"
fi
`;
}
