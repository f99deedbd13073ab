#!/bin/sh
# Ada signs for her model, Ben approves, Cyn releases: each command is that person's own.
set -eu
export CARDWRIGHT_PASSPHRASE="${CARDWRIGHT_PASSPHRASE:-practice alone}" CARDWRIGHT_TRUST=trust.yaml
sign() { cardwright sign-off "$dossier" --decision approve --meaning "$1" --key "$2.key" --as "$3" --role "$4" --quiet --yes >/dev/null; }
dossier=$1
sign authorship ada "A. Okafor" owner
sign responsibility ada "A. Okafor" owner
sign approval ben "B. Lind" risk_head
cardwright countersign "$dossier" --key ada.key --as "A. Okafor" --role owner --quiet --yes >/dev/null
cardwright release "$dossier" --key cyn.key --as "C. Reyes" --artifact . --policy ./registry_policy.yaml --quiet --yes >/dev/null
echo "released: $dossier"
