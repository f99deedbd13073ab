# Admits a model only where a review desk allows its subject, asked by HTTP (Open Policy Agent, Rego v1).
#   opa eval --data release.rego --input input.json 'data.cardwright.release'
# The input names the subject's identity (subject.identity_sha256 of its release); desk and token come from OPA's own environment:
# DESK (https://desk.example.org) and DESK_TOKEN, of the scope `decisions`.
package cardwright.release

import rego.v1

default allow := false

answer := http.send({
	"method": "GET",
	"url": sprintf("%s/v1/decisions/%s", [opa.runtime().env.DESK, input.subject]),
	"headers": {"Authorization": sprintf("Bearer %s", [opa.runtime().env.DESK_TOKEN])},
	"timeout": "5s",
	"enable_redirect": false,
	"raise_error": false,
})

# Fail closed: no answer, another status, another subject or anything but `true` admits nothing.
allow if {
	regex.match(`^[0-9a-f]{64}$`, input.subject)
	answer.status_code == 200
	answer.body.allowed == true
	answer.body.subject == input.subject
}

reason := answer.body.reason if answer.body.reason

reason := "the desk gives no answer" if not answer.body.reason
