#!/bin/sh
# Three people make keys, and the owner of the registry enrols them and accepts the policy. In earnest each makes their own key,
# on their own machine, and tells its fingerprint by another way; here all of them are you.
set -eu
export CARDWRIGHT_PASSPHRASE="${CARDWRIGHT_PASSPHRASE:-practice alone}"
for who in "ada A. Okafor owner" "ben B. Lind risk_head" "cyn C. Reyes release"; do
    key=${who%% *} role=${who##* } name=${who#* }
    name=${name% *}
    fingerprint=$(cardwright keys new "$key.key" --as "$name" --role "$role" | sed -n 's/.*Fingerprint: //p')
    cardwright keys enrol "$key.enrol.json" --trust trust.yaml --role "$role" --fingerprint "$fingerprint" --quiet >/dev/null
done
cardwright keys accept ./registry_policy.yaml --trust trust.yaml --quiet >/dev/null
echo "3 people and 1 policy in trust.yaml"
